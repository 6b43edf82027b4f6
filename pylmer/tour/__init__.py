"""The worked chapter: chapter 12 of Gelman & Hill (2007) on the real radon data, step by step (`pylmer tour`).

In: nothing but a folder for pictures.
Out: text and pictures.
Must not know: anything that is not public.
"""

from __future__ import annotations

from .walk import walk

__all__ = ["walk"]
