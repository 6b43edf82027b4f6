"""Contrasts of the means of a grid."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

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
    names = [axis.name for axis in grid.axes]
    arranged = grid.arranged(grid.by if by == AS_IS else names_among(by, names, "by"))
    inner = tuple(axis for axis in arranged.axes if axis.name not in arranged.by)
    outer = arranged.axes[len(inner) :]
    cells = arranged.groups(arranged.by)
    made = contrasts(method, means_labels(inner), options)
    L = np.einsum("qm,mgp->gqp", made.coefficients, arranged.L[cells]).reshape(-1, grid.L.shape[1])
    transformation, remark = grid.transformation, grid.remark
    if transformation is not None:
        zero = bool(np.all(np.abs(made.coefficients.sum(axis=1)) < SUM_TO_ZERO))
        ratios = transformation.ratios if zero else None
        remark = remark if ratios is not None else f"Note: contrasts are still on the {_scale(grid)} scale"
        transformation = ratios
    return replace(
        arranged,
        axes=(Axis("contrast", made.labels), *outer),
        L=L,
        offset=np.zeros(len(L)),
        frequency=np.ones(len(L)),
        label="estimate",
        means=made.means,
        transformation=transformation,
        remark=remark,
        infer=(False, True),
        adjust=made.adjust if adjust is None else check_adjust(adjust),
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
