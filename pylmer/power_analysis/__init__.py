"""Power by simulation, as R's simr (Green & MacLeod 2016, Methods in Ecology and Evolution 7, 493-498).

In: a fit, a test, sizes.
Out: power with its interval.
Must not know: printing.
"""

from __future__ import annotations

from . import generalized
from .extending import extend
from .records import Power, PowerCurve
from .words import power, powerCurve

__all__ = ["Power", "PowerCurve", "extend", "generalized", "power", "powerCurve"]
