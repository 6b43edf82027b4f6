"""The logistic chapter in small: cases of a cattle disease in fifteen herds (`pylmer tour glmer`).

In: nothing but a folder for pictures.
Out: text and pictures.
Must not know: anything that is not public; every word is taken from `pylmer` itself.
"""

from __future__ import annotations

from .herds import Herds
from .steps import FIGURES, STEPS

__all__ = ["FIGURES", "STEPS", "Herds"]
