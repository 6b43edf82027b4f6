"""The reference grid: the combinations of predictors at which a fit predicts (Searle, Speed & Milliken 1980).

Factors, texts and logicals stand at their levels, numbers at their mean, or at their values where they have at most two
or where the formula makes a factor of them. Everything that the formula makes of them (poly, scale, ns, log, ...) is
evaluated at these values.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from ...design import Design
from ...errors import ArgumentError, note
from ...fit.fitted_model import FittedModel
from ...fit.generalized import GeneralizedFittedModel
from ...fit.linear.regression import LinearFit
from ...fit.words import word_of
from ...language import variables
from ...language.nodes import Node
from ...numerics.linalg import Array, Codes, dense
from ...text.arguments import is_number
from . import regridding
from .axes import FEW, axis_of, given_values, is_numeric, kept_values, made_factors
from .basis import Basis, basis_of
from .cells import product
from .covariates import Reduce, Reduction, distinct, reduction, values_at
from .grids import EmmGrid
from .nesting import AUTO, DETECTED, Nesting, check_nesting, detected, nesting_text
from .observed import frequencies, observed, places_of
from .options import check_type
from .records import Axis, Level
from .seen import Seen
from .transformations import Transformation, response_scale
from .used_data import Fit, used_values


@word_of(FittedModel, GeneralizedFittedModel, LinearFit)
def ref_grid(
    fit: Fit,
    *,
    at: Mapping[str, Any] | None = None,
    cov_reduce: Reduce = np.mean,
    cov_keep: str | Sequence[str] | int = FEW,
    offset: float | None = None,
    type: str | None = None,
    regrid: str | None = None,
    lmer_df: str | None = None,
    nesting: Any = AUTO,
) -> EmmGrid:
    """The reference grid of a fit of `lmer` or `lm`, with its predictions, as emmeans' `ref_grid`.

    fit         a fit of `lmer` or `lm`
    at          values of some variables: {"Days": [0, 9], "recipe": "A"}; None, the default: as the next two say
    cov_reduce  what numeric variables stand at: a function of a variable that gives the value or values, by default
                their mean; False, all their values; {"temp": function} for some; or a formula, "humidity ~ temp",
                whose least-squares predictions in the cells they take; or a list of these
    cov_keep    numeric variables that keep all their values, by name; or up to how many values a variable keeps them,
                by default 2
    offset      a number in place of the fit's offset. None, the default: offset() of the formula is evaluated in each
                cell, as emmeans documents (its release 1.8.4 adds the mean of the offset instead; later ones do not),
                and the argument `offset=` of the fit stands at its mean over the rows
    type        "response" to print on the scale of the response; None, the default: on that of the model
    regrid      "response": predictions on the scale of the response from here on, "log", ...; see `regrid`. None: not
    lmer_df     "kenward-roger" (the default), "satterthwaite" or "asymptotic". Kenward-Roger needs sums only, so it has
                no limit on the number of rows (R's emmeans turns to "asymptotic" beyond 3,000)
    nesting     variables whose levels have a meaning only within the levels of others: "t %in% s", several such texts,
                {"t": "s"} or {"t": ["district", "s"]}. "auto", the default, finds them, with a note, where each level
                occurs with one level of another variable alone, or where the model has s and s:t but not t; None for
                none. The grid has the cells alone in which they occur

    Raises ArgumentError for unknown variables, levels and methods, and for a grid of more than 10,000 cells.

    >>> import pylmer
    >>> fit = pylmer.lmer("angle ~ recipe + temp + (1 | recipe:replicate)", pylmer.datasets.load("cake"))
    >>> pylmer.ref_grid(fit)
     recipe temp prediction   SE df
     A       200       33.1 1.74 42
     B       200       31.6 1.74 42
     C       200       31.6 1.74 42
    <BLANKLINE>
    Degrees-of-freedom method: kenward-roger
    """
    if not len(fit.design.X_names):
        raise ArgumentError("the model has no fixed effects: there are no marginal means; ranef(fit) has its effects")
    grid = Grid.of(fit, at, cov_reduce, cov_keep, nesting)
    if grid.found:
        note(DETECTED + nesting_text(grid.nesting))
    made = grid.functions(basis_of(fit, lmer_df), offset, type)
    return made if regrid is None else regridding.regrid(made, regrid)


@dataclass(frozen=True, eq=False)
class Grid:
    """The variables of a reference grid, not yet tied to coefficients.

    places (k, variables), None for all combinations;  frequency (k,): rows of data in each cell
    nesting  nested variables;  found  whether it was found, not given
    shift    the mean of the offset that was given as an argument;  transformation  of the response
    sigma    the standard deviation that a bias adjustment takes by default
    """

    design: Design
    axes: tuple[Axis, ...]
    places: Codes | None
    frequency: Array
    terms: tuple[frozenset[str], ...]
    nesting: Nesting = field(default_factory=dict)
    found: bool = False
    shift: float = 0.0
    sigma: float | None = None
    transformation: Transformation | None = None

    @classmethod
    def of(
        cls,
        fit: Fit,
        at: Mapping[str, Any] | None,
        cov_reduce: Reduce,
        cov_keep: Any = FEW,
        nesting: Any = AUTO,
    ) -> Grid:
        """The grid of a fit's predictors."""
        names = list(predictors(fit.design))
        known = Seen.of(fit, names)
        given, keep = given_values(at, names), kept_values(cov_keep, names)
        numeric = [name for name in names if is_numeric(name, known)]
        reduced, factors = reduction(cov_reduce, numeric), made_factors(fit.design)
        axes = [axis_of(name, known, name in factors, given.get(name), reduced, keep) for name in names]
        terms = tuple(_predictors_of(fit.design, [fit.design.fixed_terms.variables[i] for i in each]) for each in
                      fit.design.fixed_terms.factors)  # fmt: skip
        if not known.tells([axis.name for axis in axes if not axis.covariate]):
            known = Seen.of_rows(fit, names)
        seen, counts = observed(axes, known.values, known.counts)
        several = [axis.name for axis in axes if len(axis.values) > 1 and axis.name not in reduced.formulas]
        asked = isinstance(nesting, str) and nesting == AUTO
        nested = (
            detected(several, {name: seen[name] for name in several if name in seen}, terms)
            if asked
            else check_nesting(nesting, names)
        )
        places = places_of(axes, nested, seen)
        frequency = frequencies(axes, places, seen, counts)
        scale = response_scale(fit)
        made = cls(fit.design, tuple(axes), places, frequency, terms, nested, asked and bool(nested),
                   given_offset(fit), scale.sigma, scale.transformation)  # fmt: skip
        return made.following(fit, reduced)

    def following(self, fit: Fit, reduced: Reduction) -> Grid:
        """The grid with the variables that follow formulas at their predictions in the cells."""
        made = self
        for name, formula in reduced.formulas.items():
            here = [axis.name for axis in made.axes].index(name)
            values, which = distinct(values_at(formula, fit, made.columns()))
            axes, places = list(made.axes), made.cells.copy()
            axes[here] = Axis(name, values, "numeric", covariate=True, follows=True)
            places[:, here] = which
            made = replace(made, axes=tuple(axes), places=places)
        return made

    @property
    def cells(self) -> Codes:
        """The place of each cell on each variable: (k, variables)."""
        return product([len(axis.values) for axis in self.axes]) if self.places is None else self.places

    def columns(self) -> dict[str, list[Level]]:
        """The variables of all cells, as new data."""
        columns = {a.name: [a.values[i] for i in at] for a, at in zip(self.axes, self.cells.T, strict=True)}
        return columns or {"": [0.0]}

    def matrix(self, columns: Mapping[str, Sequence[Level]]) -> Array:
        """All columns of X (k, P) at some values."""
        return np.asarray(dense(self.design.spec.all_fixed(columns)), float)

    def functions(self, basis: Basis, offset: float | None = None, type: str | None = None) -> EmmGrid:
        """The predictions in the cells."""
        columns = self.columns()
        added = self.shift + self.design.spec.offset(columns) if offset is None else check_offset(offset)
        return EmmGrid(
            basis=basis,
            axes=self.axes,
            L=self.matrix(columns),
            offset=np.broadcast_to(added, self.frequency.shape),
            frequency=self.frequency,
            type=check_type(type),
            transformation=self.transformation,
            terms=self.terms,
            places=self.places,
            nesting=self.nesting,
            sigma=self.sigma,
        )


def check_offset(offset: Any) -> float:
    """The number given in place of the offset of the fit."""
    if not is_number(offset) or not np.isfinite(offset):
        raise ArgumentError(f"offset={offset!r}: wanted a number, in place of the offset of the fit")
    return float(offset)


def given_offset(fit: Any) -> float:
    """The mean of the argument `offset` of a fit: its whole offset less what the formula adds."""
    spec = fit.design.spec
    if "offset" not in spec.arguments or fit.rows.offset is None:
        return 0.0
    if not spec.offsets:
        return float(np.mean(fit.rows.offset))
    names = sorted({name for node in spec.offsets for name in _columns_of(fit.design, node)})
    return float(np.mean(fit.rows.offset - spec.offset(used_values(fit, names))))


def predictors(design: Design) -> dict[str, None]:
    """The columns of the data that the fixed part uses, in order of appearance."""
    used = [*design.fixed_terms.used, *design.spec.offsets]
    return {name: None for node in used for name in _columns_of(design, node)}


def _columns_of(design: Design, node: Node) -> Iterator[str]:
    return (each.name for each in variables(node) if each.name in design.spec.columns)


def _predictors_of(design: Design, used: Sequence[Node]) -> frozenset[str]:
    return frozenset(name for node in used for name in _columns_of(design, node))
