"""Contrasts of the means of a grid."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from ...errors import ArgumentError
from ...extract.words import several
from ...linalg import Array
from .adjustments import check_adjust
from .families import contrasts
from .grids import EmmGrid
from .options import AS_IS
from .records import Axis
from .specs import names_among

SPECIAL = frozenset("-+*/")  # in a level's label they would be read as part of a contrast's
SUM_TO_ZERO = 1e-8


def contrasted(
    grid: EmmGrid, method: Any, by: str | Sequence[str] | None, adjust: str | None, options: Mapping[str, Any]
) -> EmmGrid:
    """The contrasts `method` of the means in each group; see `contrast`."""
    arranged, inner = _arranged(grid, by)
    made = contrasts(method, means_labels(inner), options)
    cells = arranged.L[arranged.groups(arranged.by)]
    L = np.einsum("qm,mgp->gqp", made.coefficients, cells).reshape(-1, grid.L.shape[1])
    axes = (Axis("contrast", made.labels), *arranged.axes[len(inner) :])
    zero = _sums_to_zero(made.coefficients)
    return _compared(arranged, axes, L, zero, made.adjust if adjust is None else adjust, made.means)


def interactions(
    grid: EmmGrid, methods: Any, by: str | Sequence[str] | None, adjust: str | None, options: Mapping[str, Any]
) -> EmmGrid:
    """Contrasts of contrasts: of each variable its own, all their products; see `contrast`."""
    arranged, inner = _arranged(grid, by)
    chosen = _methods(methods, inner)
    order = [next(axis for axis in inner if axis.name == name) for name in chosen]
    made = [contrasts(chosen[axis.name], _parted(axis.texts()), options) for axis in order]
    table = arranged.L.reshape((*(len(axis.values) for axis in inner), -1, grid.L.shape[1]), order="F")
    table = table.transpose([*(inner.index(axis) for axis in order), len(inner), len(inner) + 1])
    for place, each in enumerate(made):
        table = np.moveaxis(np.tensordot(each.coefficients, table, axes=(1, place)), 0, place)
    L = table.reshape((-1, grid.L.shape[1]), order="F")
    names = [f"{axis.name}_{chosen[axis.name] if isinstance(chosen[axis.name], str) else 'custom'}" for axis in order]
    axes = (*(Axis(n, each.labels) for n, each in zip(names, made, strict=True)), *arranged.axes[len(inner) :])
    zero = any(_sums_to_zero(each.coefficients) for each in made)
    return _compared(arranged, axes, L, zero, "none" if adjust is None else adjust, None)


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
    names = [axis.name for axis in grid.axes]
    arranged = grid.arranged(grid.by if isinstance(by, str) and by == AS_IS else names_among(by, names, "by"))
    return arranged, tuple(axis for axis in arranged.axes if axis.name not in arranged.by)


def _sums_to_zero(coefficients: Array) -> bool:
    return bool(np.all(np.abs(coefficients.sum(axis=1)) < SUM_TO_ZERO))


def _compared(grid: EmmGrid, axes: tuple[Axis, ...], L: Array, zero: bool, adjust: str, means: int | None) -> EmmGrid:
    """The grid of contrasts; differences of logarithms are logarithms of ratios, others keep the model's scale."""
    transformation, remark = grid.transformation, grid.remark
    if transformation is not None:
        transformation = transformation.ratios if zero else None
        remark = remark if transformation is not None else f"Note: contrasts are still on the {_scale(grid)} scale"
    return replace(
        grid,
        axes=axes,
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
    )


def _scale(grid: EmmGrid) -> str:
    """What contrasts call the scale of the model."""
    assert grid.transformation is not None
    return grid.transformation.label if grid.transformation.name == "scale" else grid.transformation.name


def means_labels(axes: Sequence[Axis]) -> list[str]:
    """Labels of all cells: levels one blank apart, numeric ones behind their variable's name: A temperature175."""
    texts = [_enhanced(axis) for axis in axes]
    sizes = [len(each) for each in texts]
    places: Sequence[Array] = np.unravel_index(np.arange(int(np.prod(sizes))), sizes, order="F") if sizes else ()
    labels = [" ".join(text[i] for text, i in zip(texts, cell, strict=True)) for cell in zip(*places, strict=True)]
    return _parted(labels)


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
