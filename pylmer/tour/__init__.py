"""Worked chapters, step by step: chapter 12 of Gelman & Hill (2007) on the real radon data (`pylmer tour`), and the
logistic one in small (`pylmer tour glmer`).

In: nothing but a folder for pictures.
Out: text and pictures.
Must not know: anything that is not public.
"""

from __future__ import annotations

from .walk import CHAPTERS, walk

__all__ = ["CHAPTERS", "walk"]
