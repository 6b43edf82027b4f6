"""A table of models in texts, of no format yet."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from ...inference.performance.indices import CRITERIA
from ...inference.tables.record import Look, ModelSummary
from ...inference.tables.statistics import GROUPS
from ...text import format_fixed

HEADINGS = {"fixed": "", "ran_pars": "Random effects", "fit": ""}
LINES = {
    "nobs": "Observations",
    "df_residual": "Residual df",
    "R2_conditional": "R2 (conditional)",
    "R2_marginal": "R2 (marginal)",
    "R2_adjusted": "R2 (adjusted)",
    "R2_Tjur": "R2 (Tjur)",
    "R2_Nagelkerke": "R2 (Nagelkerke)",
    "logLik": "Log-likelihood",
    "REMLcrit": "REML criterion",
    "deviance": "Deviance",
    "Log_loss": "Log loss",
    "Score_log": "Log score",
}
ONE_DECIMAL = {*CRITERIA, "logLik", "REMLcrit", "deviance"}
WHOLE = {"nobs", "df_residual"}
SMALLEST = 1e-3  # p-values below it are shown as such
EXPLAINED = {
    "std.error": "standard errors in parentheses",
    "conf.int": "{:g} % confidence intervals in brackets",
}


@dataclass(frozen=True)
class Cell:
    """A text, and the marks behind it."""

    text: str = ""
    marks: str = ""


@dataclass(frozen=True)
class Line:
    """A row: its label, and a cell for each model."""

    label: str
    cells: tuple[Cell, ...]


@dataclass(frozen=True)
class Section:
    """Lines that belong together: of fixed effects, of random ones, of the fit."""

    part: str
    lines: tuple[Line, ...]

    @property
    def heading(self) -> str:
        return HEADINGS[self.part]


@dataclass(frozen=True)
class ModelGrid:
    """The whole table."""

    title: str | None
    names: tuple[str, ...]
    responses: tuple[str, ...]
    sections: tuple[Section, ...]
    notes: tuple[str, ...]


def grid(record: ModelSummary) -> ModelGrid:
    """The texts of a record."""
    found = {part: tuple(_estimate_lines(record, part)) for part in ("fixed", "ran_pars")}
    found["fit"] = tuple(_statistic_lines(record))
    sections = tuple(Section(part, lines) for part, lines in found.items() if lines)
    return ModelGrid(record.look.title, record.names, record.responses, sections, tuple(_notes(record)))


def _estimate_lines(record: ModelSummary, part: str) -> Iterator[Line]:
    rows = record.estimates[record.estimates["effect"] == part]
    for label in dict.fromkeys(rows["label"]):
        own = {row["model"]: row for row in rows[rows["label"] == label].to_dict("records")}
        yield Line(label, tuple(_estimate(own.get(name), record.look) for name in record.names))
        for each in record.look.statistic:
            cells = tuple(_beneath(own.get(name), each, record.look.digits) for name in record.names)
            if any(cell.text for cell in cells):
                yield Line("", cells)


def _estimate(row: dict[Any, Any] | None, look: Look) -> Cell:
    if row is None:
        return Cell()
    below = [mark for mark, limit in look.stars if row["p.value"] < limit]
    return Cell(number(row["estimate"], look.digits), below[-1] if below else "")


def _beneath(row: dict[Any, Any] | None, each: str, digits: int) -> Cell:
    if row is None or math.isnan(row["conf.low" if each == "conf.int" else each]):
        return Cell()
    return Cell(BENEATH[each](row, digits))


BENEATH: dict[str, Callable[[dict[Any, Any], int], str]] = {
    "std.error": lambda row, digits: f"({number(row['std.error'], digits)})",
    "conf.int": lambda row, digits: f"[{number(row['conf.low'], digits)}, {number(row['conf.high'], digits)}]",
    "p.value": lambda row, digits: "p < 0.001" if row["p.value"] < SMALLEST else f"p = {row['p.value']:.3f}",
    "statistic": lambda row, digits: f"{row['test']} = {number(row['statistic'], digits)}",
    "df": lambda row, digits: f"df = {number(row['df'], 1)}",
}


def number(value: float, digits: int) -> str:
    """So many decimals; by two digits what would round to zero; "" for NaN."""
    if math.isnan(value):
        return ""
    if value and abs(value) < 0.5 * 10.0**-digits:
        return f"{value:.1e}"
    return format_fixed(value, digits)


def _statistic_lines(record: ModelSummary) -> Iterator[Line]:
    labels = record.look.labels
    for name, values in record.fit_statistics.iterrows():
        line = str(name)
        factor = line.removeprefix(GROUPS)
        label = labels.get(line, LINES.get(line, line))
        if factor != line:
            label = f"{labels.get('groups', 'Groups')}: {factor}"
        digits = 0 if line in WHOLE or factor != line else 1 if line in ONE_DECIMAL else record.look.digits
        yield Line(label, tuple(Cell("" if math.isnan(x) else format_fixed(x, digits)) for x in map(float, values)))


def _notes(record: ModelSummary) -> Iterator[str]:
    """What marks and brackets mean, then the user's notes."""
    look = record.look
    tested = (record.estimates["effect"] == "fixed").any()
    said = [EXPLAINED[each].format(100 * look.level) for each in look.statistic if each in EXPLAINED and tested]
    if said:
        text = "; ".join(said)
        yield f"{text[0].upper()}{text[1:]}."
    if look.ratios:
        every = set(look.ratios) == set(record.names)
        yield f"Effects{'' if every else ' of ' + ', '.join(look.ratios)} are exp of coefficients."
    if look.stars:
        yield ", ".join(f"{mark} p < {limit:g}" for mark, limit in look.stars)
    yield from look.notes
