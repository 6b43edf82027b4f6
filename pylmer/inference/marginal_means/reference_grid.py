"""The reference grid: the combinations of predictors at which a fit predicts (Searle, Speed & Milliken 1980).

Factors, texts and logicals stand at their levels, numbers at their mean, or at their values where they have at most two
or where the formula makes a factor of them. Everything that the formula makes of them (poly, scale, ns, log, ...) is
evaluated at these values.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ...arguments import call_given, is_number
from ...design import Design
from ...errors import ArgumentError, DataError
from ...extract import word
from ...fitting import FittedModel
from ...functions import Factor, Logical, Strings, Value, as_factor
from ...functions.values import kind
from ...language import did_you_mean, known_as, variables
from ...language.nodes import Call, Name, Node
from ...language.walk import nodes
from ...linalg import Array, Codes, dense
from ...regression import LinearFit
from ..used_data import used_values
from .basis import Basis, basis_of
from .grids import EmmGrid
from .options import check_type
from .records import Axis, Level, level_text
from .transformations import transformation_of

LARGEST = 10_000  # cells of a grid
FEW = 2  # values up to which a number counts as a factor
MAKES_FACTORS = frozenset(["factor", "ordered", "as.factor", "as.ordered"])
DDF = "kenward-roger"

Reduce = Callable[[Array], Any]


@word
def ref_grid(
    fit: FittedModel | LinearFit,
    *,
    at: Mapping[str, Any] | None = None,
    cov_reduce: Reduce = np.mean,
    offset: float | None = None,
    type: str | None = None,
    lmer_df: str = DDF,
) -> EmmGrid:
    """The reference grid of a fit of `lmer` or `lm`, with its predictions, as emmeans' `ref_grid`.

    at          values of some variables: {"Days": [0, 9], "recipe": "A"}
    cov_reduce  function of a numeric variable that gives the value or values it stands at
    offset      a number in place of the fit's offset. By default offset() of the formula is evaluated at the grid, as
                emmeans documents (its release 1.8.4 adds the mean offset), and the argument `offset=` of the fit
                stands at its mean over the rows
    type        "response" to print on the scale of the response
    lmer_df     "kenward-roger", "satterthwaite" or "asymptotic". Kenward-Roger needs sums only, so it has no limit on
                the number of rows (R's emmeans turns to "asymptotic" beyond 3,000)

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
    return Grid.of(fit, at, cov_reduce).functions(basis_of(fit, lmer_df), offset, type)


ref_grid.register(LinearFit, ref_grid.dispatch(FittedModel))


@dataclass(frozen=True, eq=False)
class Grid:
    """The variables of a reference grid, not yet tied to coefficients.

    frequency (k,): rows of data in each cell;  shift: the mean of the offset that was given as an argument
    """

    design: Design
    axes: tuple[Axis, ...]
    frequency: Array
    terms: tuple[frozenset[str], ...]
    shift: float = 0.0

    @classmethod
    def of(cls, fit: FittedModel | LinearFit, at: Mapping[str, Any] | None, cov_reduce: Reduce) -> Grid:
        """The grid of a fit's predictors."""
        names = list(predictors(fit.design))
        if at is not None and not isinstance(at, Mapping):
            raise ArgumentError(f'at: wanted values by variable, as {{"x": [0, 1]}}, found {at!r}')
        if not callable(cov_reduce):
            raise ArgumentError(
                f"cov_reduce: wanted a function of a variable's values, such as np.mean, found {cov_reduce!r}"
            )
        given = {known_as(name, names) or name: value for name, value in dict(at or {}).items()}
        values = used_values(fit, names)
        for name in given:
            if name not in names:
                raise ArgumentError(
                    f"at: the model has no variable {name!r}{did_you_mean(str(name), names)}; "
                    f"it has {', '.join(names) or 'none'}"
                )
        factors = made_factors(fit.design)
        axes = [_axis(name, values[name], name in factors, given.get(name), cov_reduce) for name in names]
        cells = math.prod(len(axis.values) for axis in axes)
        if cells > LARGEST:
            raise ArgumentError(
                f"the reference grid has {cells:,} cells, more than {LARGEST:,}: fix some variables with at=, "
                f"the largest are {', '.join(_largest(axes))}"
            )
        terms = tuple(_predictors_of(fit.design, [fit.design.fixed_terms.variables[i] for i in each]) for each in
                      fit.design.fixed_terms.factors)  # fmt: skip
        return cls(fit.design, tuple(axes), _frequencies(axes, values), terms, _given_offset(fit))

    def columns(self) -> dict[str, list[Level]]:
        """The variables of all cells, as new data."""
        sizes = [len(axis.values) for axis in self.axes]
        places = np.unravel_index(np.arange(len(self.frequency)), sizes, order="F") if sizes else ()
        columns = {a.name: [a.values[i] for i in at] for a, at in zip(self.axes, places, strict=True)}
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
            transformation=transformation_of(self.design),
            terms=self.terms,
        )


def check_offset(offset: Any) -> float:
    """The number given in place of the offset of the fit."""
    if not is_number(offset) or not np.isfinite(offset):
        raise ArgumentError(f"offset={offset!r}: wanted a number, in place of the offset of the fit")
    return float(offset)


def _given_offset(fit: FittedModel | LinearFit) -> float:
    """The mean of the argument `offset` of a fit: its whole offset less what the formula adds."""
    spec = fit.design.spec
    if "offset" not in spec.arguments or fit.design.offset is None:
        return 0.0
    if not spec.offsets:
        return float(np.mean(fit.design.offset))
    names = sorted({name for node in spec.offsets for name in _columns_of(fit.design, node)})
    return float(np.mean(fit.design.offset - spec.offset(used_values(fit, names))))


def predictors(design: Design) -> dict[str, None]:
    """The columns of the data that the fixed part uses, in order of appearance."""
    used = [*design.fixed_terms.used, *design.spec.offsets]
    return {name: None for node in used for name in _columns_of(design, node)}


def _columns_of(design: Design, node: Node) -> Iterator[str]:
    return (each.name for each in variables(node) if each.name in design.spec.columns)


def _predictors_of(design: Design, used: Sequence[Node]) -> frozenset[str]:
    return frozenset(name for node in used for name in _columns_of(design, node))


def made_factors(design: Design) -> set[str]:
    """Columns that the formula turns into factors, factor(x)."""
    calls = (inner for node in design.fixed_terms.used for inner in nodes(node) if isinstance(inner, Call))
    arguments = (call.arguments[0].value for call in calls if call.function in MAKES_FACTORS and call.arguments)
    return {node.name for node in arguments if isinstance(node, Name)}


def _axis(name: str, value: Value, is_factor: bool, at: Any, cov_reduce: Reduce) -> Axis:
    if isinstance(value, Logical):
        found = [bool(code) for code in np.unique(value.codes)]
        return Axis(name, _chosen(name, found, at), "logical")
    if isinstance(value, Factor | Strings):
        factor = as_factor(value)
        labels = factor.levels.labels()
        return Axis(name, _chosen(name, [labels[code] for code in np.unique(factor.codes)], at))
    if kind(value) != "numeric":
        raise DataError(f"marginal means want factors, texts, logicals and numbers; {name!r} is a {kind(value)}")
    numbers = np.asarray(value, float)
    if at is not None:
        return Axis(name, _numbers(name, at), "numeric", covariate=not is_factor)
    distinct = np.unique(numbers)
    if is_factor or len(distinct) <= FEW:
        return Axis(name, tuple(distinct.tolist()), "numeric")
    reduced = call_given(cov_reduce, f"cov_reduce of {name!r}", numbers)
    return Axis(name, _numbers(name, reduced), "numeric", covariate=True)


def _chosen(name: str, found: Sequence[Level], at: Any) -> tuple[Level, ...]:
    """The levels asked for."""
    if at is None:
        return tuple(found)
    by_text = {level_text(level): level for level in found}
    wanted = [level_text(value) for value in listed(at)]
    for text in wanted:
        if text not in by_text:
            raise ArgumentError(
                f"at: {name!r} has no level {text!r}{did_you_mean(text, list(by_text))}; it has {', '.join(by_text)}"
            )
    return tuple(by_text[text] for text in dict.fromkeys(wanted))


def _numbers(name: str, at: Any) -> tuple[Level, ...]:
    values = listed(at)
    try:
        numbers = [float(value) for value in values]
    except (TypeError, ValueError):
        raise ArgumentError(f"at: {name!r} is a number, wanted one or more numbers, found {at!r}") from None
    if not numbers or not np.isfinite(numbers).all():
        raise ArgumentError(f"at: {name!r} wants one or more finite numbers, found {at!r}")
    return tuple(numbers)


def listed(given: Any) -> list[Any]:
    """One value, or several, as a list."""
    if isinstance(given, Sequence) and len(given) > LARGEST:
        raise ArgumentError(f"at: {len(given):,} values of one variable are more than a grid has, {LARGEST:,} cells")
    return [given] if isinstance(given, str) or not np.ndim(given) else list(given)


def _frequencies(axes: Sequence[Axis], values: Mapping[str, Value]) -> Array:
    """Rows of data in each cell, told apart by factors alone: (k,)."""
    sizes = [len(axis.values) for axis in axes]
    counted = [axis for axis in axes if not axis.covariate]
    if not counted:
        return np.ones(math.prod(sizes))
    codes = [_codes(axis, values[axis.name]) for axis in counted]
    inside = np.all([code >= 0 for code in codes], axis=0)
    shape = [len(axis.values) for axis in counted]
    flat = np.ravel_multi_index([code[inside] for code in codes], shape)
    counts = np.bincount(flat, minlength=math.prod(shape)).reshape(shape)
    spread = counts.reshape([1 if axis.covariate else len(axis.values) for axis in axes])
    return np.asarray(np.broadcast_to(spread, sizes).ravel(order="F"), float)


def _codes(axis: Axis, value: Value) -> Codes:
    """Position of each row's value on an axis, -1 where it is not there: (n,)."""
    place = {level_text(level): i for i, level in enumerate(axis.values)}
    if isinstance(value, Logical):
        lookup = np.array([place.get("FALSE", -1), place.get("TRUE", -1), -1])
        return lookup[value.codes]
    if isinstance(value, Factor | Strings):
        factor = as_factor(value)
        return np.array([*(place.get(label, -1) for label in factor.levels.labels()), -1])[factor.codes]
    numbers, which = np.unique(np.asarray(value, float), return_inverse=True)
    return np.array([place.get(level_text(number), -1) for number in numbers.tolist()])[which]


def _largest(axes: Sequence[Axis]) -> list[str]:
    ordered = sorted(axes, key=lambda axis: -len(axis.values))
    return [f"{axis.name} ({len(axis.values)})" for axis in ordered[:3]]
