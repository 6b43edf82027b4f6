"""From what is asked to grids of averages."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from scipy import special

from ...errors import ArgumentError
from ...numerics.linalg import Array, Codes
from ..marginal_means.cells import product
from ..marginal_means.grids import EmmGrid
from ..marginal_means.links import odds_ratio
from ..marginal_means.records import Axis
from ..marginal_means.transformations import Transformation, named
from .asking import Averaging
from .averaging import Averages, Setting, SetTo, Together, average_predictions, average_slopes
from .changes import Change, asked_variables, changes, default_variables, values_of, variable_of
from .rows import Fit

TERM, CONTRAST, SLOPE = "term", "contrast", "dY/dX"
Forward = Callable[[Array], tuple[Array, Array]]  # averages -> a function of them, and its slope
COMPARISONS: dict[str, tuple[Forward, Transformation | None]] = {
    "difference": (lambda a: (a, np.ones_like(a)), None),
    "ratio": (lambda a: (np.log(a), 1 / a), replace(named("log"), ratio="ratio")),
    "odds.ratio": (lambda a: (special.logit(a), 1 / (a * (1 - a))), odds_ratio()),
}


def predicted(fit: Fit, asked: Averaging, variables: Any) -> EmmGrid:
    """Averages of predictions, of each combination of values of some variables."""
    wanted = {} if variables is None else asked_variables(variables, asked.known)
    if both := set(wanted) & set(asked.by):
        raise ArgumentError(f"{both.pop()!r} is in variables, which set it in every row, and in by: give one of them")
    values = [values_of(variable_of(fit, name), given) for name, given in wanted.items()]
    cells = product([len(each) for each in values])
    settings = [Together(tuple(SetTo(name, each[i]) for name, each, i in zip(wanted, values, at, strict=True)))
                for at in cells]  # fmt: skip
    found = average_predictions(asked.predictor, asked.rows, asked.groups, settings)
    axes = tuple(Axis(name, each, _kind(each)) for name, each in zip(wanted, values, strict=True))
    return _grid(asked, axes, cells, found, asked.scale if asked.predictor.back is None else None)


RANGES = {"ratio": "above 0", "odds.ratio": "between 0 and 1"}


def _kind(values: Sequence[Any]) -> str:
    return {bool: "logical", str: "factor"}.get(type(values[0]), "numeric")


def compared(fit: Fit, asked: Averaging, variables: Any, comparison: str) -> EmmGrid:
    """Comparisons of averages of predictions."""
    on_link = asked.predictor.back is None and asked.scale is not None
    if on_link and comparison != "difference":
        raise ArgumentError(f"comparison={comparison!r} is one of means: ask for type='response'")
    wanted = asked_variables(default_variables(fit) if variables is None else variables, asked.known)
    listed = [each for name, given in wanted.items() for each in changes(variable_of(fit, name), given)]
    forward, ratio = COMPARISONS[comparison]
    found = _differences(asked, listed, forward)
    if comparison in RANGES and not np.isfinite(found.values).any():
        raise ArgumentError(
            f"comparison={comparison!r} is of averages {RANGES[comparison]}, and those of this fit are not: "
            "ask for comparison='difference'"
        )
    transformation = asked.scale.ratios if on_link and asked.scale is not None else ratio
    made = _listed(asked, [(each.name, each.label) for each in listed], found, transformation)
    return made if ratio is None else replace(made, type="response")


def _differences(asked: Averaging, listed: Sequence[Change], forward: Forward) -> Averages:
    """Differences of functions of averages; each setting is averaged once."""
    settings: list[Setting] = list(dict.fromkeys(each for change in listed for each in (change.high, change.low)))
    found = average_predictions(asked.predictor, asked.rows, asked.groups, settings)
    with np.errstate(invalid="ignore", divide="ignore"):
        values, slopes = forward(found.values)
        values = np.where(np.isfinite(values), values, np.nan)
        gradients = slopes[..., None] * found.gradients
    high, low = ([settings.index(each) for each in side] for side in zip(*((c.high, c.low) for c in listed),
                 strict=True))  # fmt: skip
    return Averages(values[high] - values[low], gradients[high] - gradients[low])


def sloped(fit: Fit, asked: Averaging, variables: Any) -> EmmGrid:
    """Averages of slopes; of what is no number differences from the first level."""
    wanted = asked_variables(default_variables(fit) if variables is None else variables, asked.known)
    rows: list[tuple[str, str]] = []
    parts: list[Averages] = []
    for variable in (variable_of(fit, name) for name in wanted):
        if variable.levels:
            listed = changes(variable, None)
            rows += [(each.name, each.label) for each in listed]
            parts.append(_differences(asked, listed, COMPARISONS["difference"][0]))
        else:
            rows.append((variable.name, SLOPE))
            parts.append(average_slopes(asked.predictor, asked.rows, asked.groups, variable.name, variable.range))
    values, gradients = (np.concatenate([getattr(each, field) for each in parts]) for field in ("values", "gradients"))
    made = _listed(asked, rows, Averages(values, gradients), None)
    on_link = asked.predictor.back is None and asked.scale is not None
    return replace(made, remark=f"{made.remark}, on the {asked.scale.label} scale") if on_link and asked.scale else made


def _listed(
    asked: Averaging, rows: Sequence[tuple[str, str]], found: Averages, transformation: Transformation | None
) -> EmmGrid:
    """A grid with a row for each term and contrast."""
    if taken := {TERM, CONTRAST} & set(asked.by):
        raise ArgumentError(f"by: a column called {taken.pop()!r} is one of the table's own; rename it")
    terms, contrasts = (tuple(dict.fromkeys(column)) for column in zip(*rows, strict=True))
    places = np.array([(terms.index(term), contrasts.index(contrast)) for term, contrast in rows])
    return _grid(asked, (Axis(TERM, terms), Axis(CONTRAST, contrasts)), places, found, transformation)


def _grid(
    asked: Averaging, axes: tuple[Axis, ...], cells: Codes, found: Averages, transformation: Transformation | None
) -> EmmGrid:
    """Averages (k, g) as functions of beta: the gradient times beta, and what is left of the value as an offset."""
    basis, (k, g) = asked.predictor.basis, found.values.shape
    known = np.isfinite(found.values).reshape(-1)
    gradients = found.gradients.reshape(k * g, -1)
    L = np.where(known[:, None], gradients, np.nan)
    counts = asked.groups.sums(np.ones(asked.rows.n), np.ones(asked.rows.n))
    return EmmGrid(
        basis=basis,
        axes=(*axes, *asked.axes) or (Axis("1", ("overall",)),),
        L=L,
        offset=found.values.reshape(-1) - L[:, basis.kept] @ basis.beta,
        frequency=np.tile(counts, k),
        label="estimate",
        transformation=transformation,
        remark=asked.remark,
        infer=(True, True),
        level=asked.level,
        places=_places(cells, asked.places, bool(axes or asked.axes)),
    )


def _places(cells: Codes, groups: Codes, any_axis: bool) -> Codes:
    """Each cell with each group, the groups running faster; one place where there is neither."""
    pairs = list(itertools.product(range(len(cells)), range(len(groups))))
    first, second = np.array(pairs).T
    return np.column_stack([cells[first], groups[second]]) if any_axis else np.zeros((1, 1), np.int64)
