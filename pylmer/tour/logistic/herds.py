"""The data and models of the logistic chapter, each computed when first asked for."""

from __future__ import annotations

import warnings
from functools import cached_property

import pandas as pd

from ... import FitNote, GeneralizedPooling, GlmerFit, GlmFit, datasets, glm, glmer, pooling

CASES = "cbind(incidence, size - incidence)"
NODES = (0, 1, 5, 9, 25)  # of the quadratures


class Herds:
    """New cases among the cattle of 15 herds in four quarters of a year, and the models fitted to them."""

    @cached_property
    def cbpp(self) -> pd.DataFrame:
        """herd, incidence (new cases), size (animals at risk), period (quarter)."""
        return datasets.load("cbpp")

    @cached_property
    def by_herd(self) -> pd.DataFrame:
        """Cases and animals, counted once each quarter, by herd."""
        sums = self.cbpp.groupby("herd", observed=True)[["incidence", "size"]].sum().astype(int)
        return sums.rename(columns={"incidence": "cases", "size": "animals"})

    @cached_property
    def by_quarter(self) -> pd.Series[float]:
        """The proportion of cases in each quarter."""
        sums = self.cbpp.groupby("period", observed=True)[["incidence", "size"]].sum()
        return sums["incidence"] / sums["size"]

    @cached_property
    def complete(self) -> GlmFit:
        """Complete pooling."""
        return glm(f"{CASES} ~ period", self.cbpp, family="binomial")

    @cached_property
    def none(self) -> GlmFit:
        """No pooling: a coefficient for each herd."""
        return glm(f"{CASES} ~ herd + period - 1", self.cbpp, family="binomial")

    @cached_property
    def M(self) -> GlmerFit:
        """The multilevel model, by Laplace's approximation."""
        return glmer(f"{CASES} ~ period + (1 | herd)", self.cbpp, "binomial")

    @cached_property
    def pooled(self) -> GeneralizedPooling:
        """How M pools the herds."""
        return pooling(self.M)  # type: ignore[return-value]

    @cached_property
    def third(self) -> GlmerFit:
        """The third quarter alone."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", FitNote)
            return glmer(f"{CASES} ~ 1 + (1 | herd)", self.cbpp, "binomial", subset="period == '3'")

    @cached_property
    def third_pooled(self) -> GeneralizedPooling:
        """How the third quarter is pooled."""
        return pooling(self.third)  # type: ignore[return-value]

    @cached_property
    def quadratures(self) -> dict[int, GlmerFit]:
        """M by numbers of nodes; 0: the fixed effects found with the modes, 1: Laplace."""
        return {
            count: self.M if count == 1 else glmer(f"{CASES} ~ period + (1 | herd)", self.cbpp, "binomial", nAGQ=count)
            for count in NODES
        }
