"""Formula and data -> X, y, Z columns and codes. Here and in `functions` alone formulaic is used."""

from __future__ import annotations

from .build import build_design
from .nesting import isNested
from .record import Design, RandomDesign

__all__ = ["Design", "RandomDesign", "build_design", "isNested"]
