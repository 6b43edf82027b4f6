"""Contrasts of the means of a grid."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from scipy import linalg

from ...errors import ArgumentError
from ...fit.words import several
from ...numerics.linalg import Array, Codes
from .adjustments import check_adjust
from .cells import product
from .families import ContrastCoefficients, contrasts
from .grids import EmmGrid
from .options import groups_asked
from .records import Axis
from .specs import names_among

SPECIAL = frozenset("-+*/")  # in a level's label they would be read as part of a contrast's
SUM_TO_ZERO = 1e-8


def contrasted(
    grid: EmmGrid, method: Any, by: str | Sequence[str] | None, adjust: str | None, options: Mapping[str, Any]
) -> EmmGrid:
    """The contrasts `method` of the means in each group; see `contrast`."""
    arranged, inner = _arranged(grid, by)
    if not inner:
        raise ArgumentError("by= takes every variable of the means: none are left to compare")
    groups = arranged.groups(arranged.by)
    labels = means_labels(inner, arranged.cells[:, : len(inner)])
    made = [contrasts(method, _parted([labels[i] for i in rows]), options) for rows in groups]
    axis, places = _axis("contrast", [each.labels for each in made])
    cells = [
        arranged.cells[np.repeat(rows[:1], len(each.labels)), len(inner) :]
        for rows, each in zip(groups, made, strict=True)
    ]
    blocks = [each.coefficients for each in made]
    return _compared(
        arranged,
        axes=(axis, *arranged.axes[len(inner) :]),
        places=np.column_stack([places, np.concatenate(cells)]),
        blocks=blocks,
        zero=all(_sums_to_zero(block) for block in blocks),
        adjust=made[0].adjust if adjust is None else adjust,
        means=None if any(each.means is None for each in made) else tuple(each.means or 0 for each in made),
    )


def interactions(
    grid: EmmGrid, methods: Any, by: str | Sequence[str] | None, adjust: str | None, options: Mapping[str, Any]
) -> EmmGrid:
    """Contrasts of contrasts: of each variable its own, all their products; see `contrast`.

    Where variables are nested each table must have all combinations of the levels in it.
    """
    arranged, inner = _arranged(grid, by)
    chosen = _methods(methods, inner)
    order = [[axis.name for axis in inner].index(name) for name in chosen]
    blocks, labels, cells = [], [], []
    for rows in arranged.groups(arranged.by):
        made, block = _product(inner, arranged.cells[rows][:, : len(inner)], chosen, order, options)
        blocks.append(block)
        labels.append([each.labels for each in made])
        cells.append(arranged.cells[np.repeat(rows[:1], len(block)), len(inner) :])
    axes, places = [], []
    for i, name in enumerate(chosen):
        shown = chosen[name] if isinstance(chosen[name], str) else "custom"
        axis, column = _axis(f"{name}_{shown}", [_run(each, i) for each in labels])
        axes.append(axis)
        places.append(column)
    return _compared(
        arranged,
        axes=(*axes, *arranged.axes[len(inner) :]),
        places=np.column_stack([*places, np.concatenate(cells)]),
        blocks=blocks,
        zero=all(_sums_to_zero(block) for block in blocks),
        adjust="none" if adjust is None else adjust,
        means=None,
    )


def _product(
    inner: Sequence[Axis], places: Codes, chosen: Mapping[str, Any], order: Sequence[int], options: Mapping[str, Any]
) -> tuple[list[ContrastCoefficients], Array]:
    """The contrasts of each variable in one table, and those of their products, the first variable running fastest."""
    present = [np.unique(column) for column in places.T]
    if math.prod(map(len, present)) != len(places):
        raise ArgumentError(
            "interaction: a table has not all combinations of its levels, as where variables are nested in others; "
            "make tables of those with by="
        )
    texts = [_parted([inner[i].texts()[at] for at in present[i]]) for i in range(len(inner))]
    made = [contrasts(chosen[inner[i].name], texts[i], options) for i in order]
    by_place = {i: each.coefficients for i, each in zip(order, made, strict=True)}
    block: Array = np.ones((1, 1))
    for i in range(len(inner)):
        block = np.kron(by_place[i], block)
    sizes = [len(by_place[i]) for i in range(len(inner))]
    rows = np.arange(len(block)).reshape(sizes, order="F").transpose(order).ravel(order="F")
    return made, block[rows]


def _run(labels: Sequence[Sequence[str]], i: int) -> list[str]:
    """The labels of variable i over all products, the first variable running fastest."""
    places = product([len(each) for each in labels])
    return [labels[i][at] for at in places[:, i]]


def _axis(name: str, labels: Sequence[Sequence[str]]) -> tuple[Axis, Codes]:
    """A variable whose levels are the labels of all tables in order, and where each of them stands."""
    every = [label for each in labels for label in each]
    place = {label: i for i, label in enumerate(dict.fromkeys(every))}
    return Axis(name, tuple(place)), np.array([place[label] for label in every], int)


def _methods(methods: Any, axes: Sequence[Axis]) -> dict[str, Any]:
    """The contrasts of each variable; one name stands for all, a list is used up in order and then again."""
    names = [axis.name for axis in axes]
    if isinstance(methods, Mapping):
        names_among(list(methods), names, "interaction")
        left = [name for name in names if name not in methods]
        if left:
            raise ArgumentError(
                f"interaction: no contrasts for {', '.join(left)}; group by them with by=, or give some"
            )
        return dict(methods)
    given = several(methods)
    if not given:
        raise ArgumentError("interaction: no contrasts are given")
    return {name: given[i % len(given)] for i, name in enumerate(names)}


def _arranged(grid: EmmGrid, by: str | Sequence[str] | None) -> tuple[EmmGrid, tuple[Axis, ...]]:
    """The grid with its groups last, and the variables that are compared."""
    arranged = grid.arranged(groups_asked(grid, by))
    return arranged, tuple(axis for axis in arranged.axes if axis.name not in arranged.by)


def _sums_to_zero(coefficients: Array) -> bool:
    sums = coefficients.sum(axis=1)
    return bool(np.all(np.abs(sums[~np.isnan(sums)]) < SUM_TO_ZERO))


def _compared(
    grid: EmmGrid,
    axes: tuple[Axis, ...],
    places: Codes,
    blocks: Sequence[Array],
    zero: bool,
    adjust: str,
    means: tuple[int, ...] | None,
) -> EmmGrid:
    """The grid of contrasts, blocks (contrasts, means) of the tables of a grid that stand below each other.

    Differences of logarithms are logarithms of ratios, others keep the model's scale.
    """
    transformation, remark = grid.transformation, grid.remark
    if transformation is not None:
        transformation = transformation.ratios if zero else None
        remark = remark if transformation is not None else f"Note: contrasts are still on the {_scale(grid)} scale"
    starts = np.cumsum([0, *(block.shape[1] for block in blocks)])
    L = np.concatenate(
        [block @ grid.L[start : start + block.shape[1]] for block, start in zip(blocks, starts, strict=False)]
    )
    return replace(
        grid,
        axes=axes,
        places=places,
        L=L,
        offset=np.zeros(len(L)),
        frequency=np.ones(len(L)),
        label="estimate",
        means=means,
        transformation=transformation,
        remark=remark,
        infer=(False, True),
        adjust=check_adjust(adjust),
        terms=(),
        nesting={},
        partly=grid.partly or bool(grid.nesting and grid.by),
        origin=(grid.grid, linalg.block_diag(*blocks)),
    )


def _scale(grid: EmmGrid) -> str:
    """What contrasts call the scale of the model."""
    assert grid.transformation is not None
    return grid.transformation.label if grid.transformation.name == "scale" else grid.transformation.name


def means_labels(axes: Sequence[Axis], places: Codes) -> list[str]:
    """Labels of cells: levels one blank apart, numeric ones behind their variable's name: A temperature175."""
    texts = [_enhanced(axis) for axis in axes]
    return [" ".join(text[i] for text, i in zip(texts, cell, strict=True)) for cell in places.tolist()] if axes else []


def _parted(labels: Sequence[str]) -> list[str]:
    """Labels in parentheses where they hold signs."""
    return [f"({label})" if SPECIAL & set(label) else label for label in labels]


def _enhanced(axis: Axis) -> list[str]:
    texts = axis.texts()
    return [f"{axis.name}{text}" for text in texts] if all(map(_is_numeral, texts)) else texts


def _is_numeral(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
