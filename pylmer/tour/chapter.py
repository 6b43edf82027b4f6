"""The data and models of the chapter, each computed when first asked for."""

from __future__ import annotations

from functools import cached_property

import pandas as pd

from .. import datasets
from ..api.linear import LmFit, lm
from ..api.mixed import lmer
from ..api.models import LmerFit
from ..partial_pooling import Pooling, pooling

EIGHT = ("LAC QUI PARLE", "AITKIN", "KOOCHICHING", "DOUGLAS", "CLAY", "STEARNS", "RAMSEY", "ST LOUIS")


class Chapter:
    """Radon in 919 houses of 85 counties of Minnesota, and the models fitted to it."""

    @cached_property
    def radon(self) -> pd.DataFrame:
        """log_radon, floor (0 measured in the basement, 1 on the first floor), county, log_uranium of the county."""
        return datasets.load("radon")

    @cached_property
    def sizes(self) -> pd.Series[int]:
        """Houses by county, in the order of the counties."""
        return self.radon.groupby("county", observed=True).size()

    @cached_property
    def uranium(self) -> pd.Series[float]:
        """log_uranium by county."""
        return self.radon.groupby("county", observed=True)["log_uranium"].first()

    @cached_property
    def complete(self) -> LmFit:
        """Complete pooling."""
        return lm("log_radon ~ floor", self.radon)

    @cached_property
    def none(self) -> LmFit:
        """No pooling: a coefficient for each county."""
        return lm("log_radon ~ floor + county - 1", self.radon)

    @cached_property
    def M0(self) -> LmerFit:
        """Without predictors."""
        return lmer("log_radon ~ 1 + (1 | county)", self.radon)

    @cached_property
    def M1(self) -> LmerFit:
        """With the floor of the measurement."""
        return lmer("log_radon ~ floor + (1 | county)", self.radon)

    @cached_property
    def M2(self) -> LmerFit:
        """With the uranium of the county too."""
        return lmer("log_radon ~ floor + log_uranium + (1 | county)", self.radon)

    @cached_property
    def pooled(self) -> Pooling:
        """How M1 pools the counties."""
        return pooling(self.M1)
