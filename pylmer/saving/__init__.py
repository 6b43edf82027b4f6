"""Fits as files: `save` and `load`, without the rows of the data, or with them.

In: a fit; out: an .npz file of JSON and arrays, and a fit again.
A record joins by a row of `admitted.ADMITTED`; nothing else can be made of a file, and nothing in one is ever run.
Must not know: what words do with a fit.
"""

from __future__ import annotations

from .words import load, save

__all__ = ["load", "save"]
