"""Formula and data -> X, y, Z columns and codes. Here and in `functions` alone formulaic is used.

In: a formula's tree and a data frame.
Out: `Design`: rows and their meaning.
Must not know: criteria, fits, printing.
"""

from __future__ import annotations

from .build import build_design
from .contrasts import Contrasts
from .record import Design, RandomDesign
from .rows import DesignRows, RandomRows
from .ruling import changed, ruled, set_contrasts
from .source import (
    Designed,
    InMemory,
    ModelData,
    NoRows,
    Source,
    Sourced,
    SummedRows,
    sort_of_response,
    summed_columns,
)

__all__ = [
    "Contrasts",
    "Design",
    "DesignRows",
    "Designed",
    "InMemory",
    "ModelData",
    "NoRows",
    "RandomDesign",
    "RandomRows",
    "Source",
    "Sourced",
    "SummedRows",
    "build_design",
    "changed",
    "ruled",
    "set_contrasts",
    "sort_of_response",
    "summed_columns",
]
