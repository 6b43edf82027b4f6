"""Degrees of freedom of a fit's contrasts: Satterthwaite's, or Kenward and Roger's; computed once for each fit."""

from __future__ import annotations

from typing import Protocol

import numpy as np
import pandas as pd

from ...errors import ArgumentError
from ...extract import word
from ...fit.fitted_model import FittedModel
from ...fit.per_fit import once_per_fit
from ...numerics.linalg import Array
from ...text.arguments import is_one_of, written
from .kenward_roger import KenwardRoger, kenward_roger
from .satterthwaite import Satterthwaite, satterthwaite

METHODS = ("Satterthwaite", "Kenward-Roger")


class Method(Protocol):
    """A way to judge contrasts L (q, p) of the fixed effects."""

    def covariance(self, L: Array) -> Array:
        """Covariance of L beta-hat: (q, q)."""

    def single(self, L: Array) -> Array:
        """Degrees of freedom of the t test of each row: (q,)."""

    def rank(self, L: Array) -> int:
        """How many rows are independent, whatever their units."""

    def joint(self, L: Array) -> tuple[float, float]:
        """Denominator degrees of freedom of the F test of all rows, and what F must be multiplied by."""


def method_of(fit: FittedModel, ddf: str) -> Method:
    """The method called `ddf`; ArgumentError if there is none, or if the fit is not by REML and it needs that."""
    check_ddf(ddf, METHODS)
    return satterthwaite_of(fit) if ddf == "Satterthwaite" else kenward_roger_of(fit)


def check_ddf(ddf: str, known: tuple[str, ...]) -> None:
    """ArgumentError for an unknown method."""
    if not is_one_of(ddf, known):
        raise ArgumentError(f"ddf={written(ddf)}: wanted one of {', '.join(map(repr, known))}")


@once_per_fit
def satterthwaite_of(fit: FittedModel) -> Satterthwaite:
    """Satterthwaite's method for a fit."""
    return satterthwaite(fit.at)


@once_per_fit
def kenward_roger_of(fit: FittedModel) -> KenwardRoger:
    """Kenward and Roger's method for a REML fit."""
    if not fit.REML:
        raise ArgumentError(
            "Kenward-Roger needs a REML fit, and this one is by maximum likelihood: "
            "refit it with update(fit, REML=True), or use Satterthwaite"
        )
    return kenward_roger(fit.at)


@word
def vcovAdj(fit: FittedModel) -> pd.DataFrame:
    """Kenward and Roger's adjusted covariance of the fixed effects: DataFrame (p, p), as pbkrtest's `vcovAdj`.

    fit  a fit of `lmer` by REML

    Source: Kenward & Roger (1997), Biometrics 53, equation 5. Raises ArgumentError for a fit by maximum likelihood.

    >>> import pylmer
    >>> fit = pylmer.lmer("Yield ~ 1 + (1 | Batch)", pylmer.datasets.load("Dyestuff"))
    >>> pylmer.vcovAdj(fit).round(3)
                 (Intercept)
    (Intercept)      375.717
    """
    names = list(fit.design.X_names)
    return pd.DataFrame(kenward_roger_of(fit).covariance(np.eye(len(names))), index=names, columns=names)
