"""Tables of variances, standard deviations and correlations of the random effects."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from ..engine.covariance.family import covariance_family
from ..errors import ArgumentError
from ..extract import TermStructure, VarCorrs
from ..text import Column, format_numbers, print_columns, round_number, show
from ..text.arguments import written

COMPONENTS = ("Variance", "Std.Dev.")
Format = Callable[[Sequence[float]], list[str]]


@dataclass(frozen=True)
class TermLines:
    """What one term puts into the table: its names and deviations, and its correlations as a lower triangle."""

    group: str
    names: tuple[str, ...]
    deviations: tuple[float, ...]
    below: tuple[tuple[float, ...], ...] = ()  # row i holds i correlations
    suffix: str = ""  # of the one correlation of a structured term


def term_rows(varcorr: VarCorrs) -> list[TermLines]:
    """Per term and for the residual: the rows of the table."""
    terms = [_term(name, varcorr, varcorr.structures[name]) for name in varcorr]
    return [*terms, TermLines("Residual", ("",), (varcorr.sc,))] if varcorr.use_scale else terms


def _term(name: str, varcorr: VarCorrs, structure: TermStructure) -> TermLines:
    covariance = varcorr[name]
    names = tuple(map(str, covariance.columns))
    deviations = tuple(map(float, covariance.stddev))
    correlation = covariance.correlation.to_numpy()
    family = covariance_family(structure.kind, len(names), structure.hom)
    below = tuple(tuple(float(correlation[i, j]) for i, j in line) for line in family.printed_pairs)
    return TermLines(name, names[: family.n_sd], deviations[: family.n_sd], below, family.suffix if below else "")


def variance_table(varcorr: VarCorrs, components: Sequence[str], numbers: Format, correlations: Format) -> str:
    """The table; `numbers` formats a column of variances or deviations, `correlations` all correlations together."""
    terms = term_rows(varcorr)
    deviations = [value for term in terms for value in term.deviations]
    columns = [
        Column("Groups", tuple(_groups(terms)), to_right=False),
        Column("Name", tuple(name for term in terms for name in term.names), to_right=False),
    ]
    for component in components:
        values = deviations if component == "Std.Dev." else [float(np.square(value)) for value in deviations]
        columns.append(Column(component, tuple(numbers(values)), to_right=False))
    columns += _correlation_columns(terms, correlations)
    return print_columns([""] * len(deviations), columns, width=10_000)


def _groups(terms: Sequence[TermLines]) -> list[str]:
    return [term.group if i == 0 else "" for term in terms for i in range(len(term.names))]


def _correlation_columns(terms: Sequence[TermLines], correlations: Format) -> list[Column]:
    """Under one header, as many columns as the widest unstructured term has effects: the last stays empty in lme4."""
    flat = [value for term in terms for row in term.below for value in row]
    if not flat:
        return []
    texts = iter(correlations(flat))
    rows = [row for term in terms for row in _text_rows(term, texts)]
    width = max(1 if term.suffix else len(term.below) for term in terms)
    columns = zip(*(row + [""] * (width - len(row)) for row in rows), strict=True)
    return [Column("" if j else "Corr", cells, to_right=False) for j, cells in enumerate(columns)]


def _text_rows(term: TermLines, texts: Iterator[str]) -> list[list[str]]:
    rows = [[next(texts) + term.suffix for _ in row] for row in term.below]
    empty: list[list[str]] = [[]]
    return rows + empty * (len(term.names) - len(rows))


def format_columns(digits: int) -> Format:
    """R's format(x, digits): as print and summary show variances."""
    return lambda values: format_numbers(values, digits, na="NaN")


def format_decimals(decimals: int, digits: int = 7) -> Format:
    """R's format(round(x, decimals), nsmall=decimals): correlations, and all numbers of display."""
    return lambda values: format_numbers([round_number(v, decimals) for v in values], digits, decimals, na="NaN")


def print_variances(varcorr: VarCorrs, components: Sequence[str] = ("Std.Dev.",), digits: int = 5) -> str:
    """The table of print and summary (digits=4) and of VarCorr (digits=5)."""
    return variance_table(varcorr, components, format_columns(digits), format_decimals(max(2, digits - 2)))


@show.register
def show_varcorr(varcorr: VarCorrs, comp: str | Sequence[str] = "Std.Dev.", digits: int = 5) -> str:
    """R's print(VarCorr(fit), comp=, digits=)."""
    return print_variances(varcorr, chosen_components(comp, "comp"), digits)


def chosen_components(given: str | Sequence[str], name: str) -> tuple[str, ...]:
    """What is shown of each variance, one or both."""
    components = (given,) if isinstance(given, str) else tuple(given)
    unknown = [component for component in components if component not in COMPONENTS]
    if unknown or not components:
        raise ArgumentError(f"{name}={written(given)}: wanted 'Variance', 'Std.Dev.' or both")
    return components
