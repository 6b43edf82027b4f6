"""Words on variances and correlations: VarCorr, sigma, sigma_hat, rePCA, isSingular."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import pandas as pd

from ..errors import ArgumentError
from ..fit.fitted_model import FittedModel
from ..fit.words import word
from ..numerics.linalg import Array, block_diagonal
from ..text import Copied
from ..text.arguments import is_one_of, written
from .random import factors
from .records import PrincipalComponents, ReadOnly, RePCA, SigmaHat
from .system import Mixed

ORDERS = ("cov.last", "lower.tri")
FRAME_COLUMNS = ("grp", "var1", "var2", "vcov", "sdcor")


class Covariance(Copied, pd.DataFrame):  # type: ignore[misc]  # the stubs call copy() final
    """Covariance matrix (l, l) of one random-effects term, with `stddev` and `correlation`."""

    @property
    def _constructor(self) -> type[pd.DataFrame]:
        return pd.DataFrame

    @property
    def stddev(self) -> pd.Series[float]:
        """Standard deviations (l,)."""
        return pd.Series(np.sqrt(np.diag(self)), index=self.index)

    @property
    def correlation(self) -> pd.DataFrame:
        """Correlations (l, l); NaN where a variance is zero, 1 on the diagonal."""
        return pd.DataFrame(correlations(self.to_numpy()), index=self.index, columns=self.columns)


def correlations(covariance: Array) -> Array:
    """Correlation matrix; NaN beside a variance of zero, 1 on the diagonal."""
    sd = np.sqrt(np.diag(covariance))
    with np.errstate(invalid="ignore", divide="ignore"):
        out = covariance / np.outer(sd, sd)
    np.fill_diagonal(out, 1.0)
    return np.asarray(out)


@dataclass(frozen=True)
class TermStructure:
    """How a term's covariance is built: us, diag, cs or ar1; `hom`: one common standard deviation."""

    kind: str = "us"
    hom: bool = False


class VarCorrs(ReadOnly[Covariance]):
    """Term -> covariance matrix; `sc` is the residual standard deviation.

    `use_scale` says whether there is one: not for a binomial, Poisson or negative binomial family, whose `sc` is 1.
    A second term on the factor g is called g.1. R's print(VarCorr(fit), comp=, digits=) is the text
    `to_string(comp=, digits=5)`: comp "Std.Dev." (the default), "Variance", or both, ("Variance", "Std.Dev.").
    """

    __slots__ = ("sc", "structures", "use_scale")
    sc: float
    structures: Mapping[str, TermStructure]
    use_scale: bool

    def __init__(
        self,
        entries: Mapping[str, Covariance],
        sc: float,
        structures: Mapping[str, TermStructure],
        use_scale: bool = True,
    ) -> None:
        super().__init__(entries)
        object.__setattr__(self, "sc", sc)
        object.__setattr__(self, "structures", dict(structures))
        object.__setattr__(self, "use_scale", use_scale)

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self._entries, self.sc, self.structures, self.use_scale)

    def as_frame(self, order: str = "cov.last") -> pd.DataFrame:
        """One row per variance and covariance: grp, var1, var2, vcov, sdcor (None for what R prints as NA).

        order  "cov.last", the default: of each term the variances, then the covariances; "lower.tri": the lower
               triangle of its matrix, column by column

        Raises ArgumentError for another order.
        """
        if not is_one_of(order, ORDERS):
            raise ArgumentError(f"order={written(order)}: wanted one of {', '.join(map(repr, ORDERS))}")
        rows = [row for name, covariance in self.items() for row in _rows(name, covariance, order)]
        if self.use_scale:
            rows.append(("Residual", None, None, self.sc**2, self.sc))
        kinds = (object, object, object, float, float)
        columns = zip(FRAME_COLUMNS, kinds, zip(*rows, strict=True), strict=True)
        return pd.DataFrame({name: pd.Series(list(values), dtype=kind) for name, kind, values in columns})


def _rows(name: str, covariance: Covariance, order: str) -> Iterator[tuple[Any, ...]]:
    names, values = list(covariance.columns), covariance.to_numpy()
    sd, correlation = np.sqrt(np.diag(values)), correlations(values)
    below = [(i, j) for j in range(len(names)) for i in range(j, len(names))]
    if order == "cov.last":
        below.sort(key=lambda place: place[0] != place[1])
    for i, j in below:
        if i == j:
            yield name, names[i], None, values[i, i], sd[i]
        else:
            yield name, names[j], names[i], values[i, j], correlation[i, j]


class ScaledMixed(Mixed, Protocol):
    """Any fit with random effects and a scale."""

    @property
    def sigma(self) -> float:
        """1 where there is none."""


@word
def VarCorr(fit: FittedModel) -> VarCorrs:
    """Variances and correlations of the random effects: read-only mapping term -> covariance DataFrame (l, l).

    fit  a fit of `lmer`

    Each has `.stddev` (Series) and `.correlation` (DataFrame); `.sc` is the residual standard deviation, `.as_frame()`
    R's as.data.frame. R's print(VarCorr(fit), comp=, digits=) is `VarCorr(fit).to_string(comp=, digits=5)`, with comp
    "Std.Dev." (the default), "Variance" or both.

    >>> import pylmer
    >>> fit = pylmer.lmer("log_radon ~ floor + (1 | county)", pylmer.datasets.load("radon"))
    >>> pylmer.VarCorr(fit)
     Groups   Name        Std.Dev.
     county   (Intercept) 0.32822
     Residual             0.75559
    >>> print(pylmer.VarCorr(fit).to_string(comp=("Variance", "Std.Dev.")))
     Groups   Name        Variance Std.Dev.
     county   (Intercept) 0.10773  0.32822
     Residual             0.57091  0.75559
    """
    return variances(fit, True)


def variances(fit: ScaledMixed, use_scale: bool) -> VarCorrs:
    """The covariances sigma^2 T T' by their names."""
    names = term_names([term.group for term in fit.design.random])
    entries, structures = {}, {}
    for name, term, T in zip(names, fit.design.random, fit.solution.T, strict=True):
        entries[name] = Covariance(fit.sigma**2 * (T @ T.T), index=list(term.columns), columns=list(term.columns))
        structures[name] = TermStructure(term.structure, term.hom)
    return VarCorrs(entries, fit.sigma, structures, use_scale)


def term_names(groups: Sequence[str]) -> list[str]:
    """Groups made unique as R does: g, g.1, g.2."""
    taken: list[str] = []
    for group in groups:
        name, k = group, 0
        while name in taken or (k and name in groups):
            k += 1
            name = f"{group}.{k}"
        taken.append(name)
    return taken


@word
def sigma(fit: FittedModel) -> float:
    """Residual standard deviation.

    fit   a fit of `lmer`, `lm` or `lmList`
    pool  of `lmList`: True, the default: pooled over groups; False: a Series (J,), each group's own

    >>> import pylmer
    >>> fit = pylmer.lmer("Reaction ~ Days + (Days | Subject)", pylmer.datasets.load("sleepstudy"))
    >>> round(pylmer.sigma(fit), 3)
    25.592
    """
    return fit.sigma


@word
def sigma_hat(fit: FittedModel) -> SigmaHat:
    """arm's sigma.hat: residual and random-effects standard deviations, and the correlations, by term.

    fit  a fit of `lmer` or `glmer`; or draws of `sim`: sigma in each draw (n_sims,)

    >>> import pylmer
    >>> fit = pylmer.lmer("Reaction ~ Days + (Days | Subject)", pylmer.datasets.load("sleepstudy"))
    >>> pylmer.sigma_hat(fit).sigma["Subject"].round(2).to_dict()
    {'(Intercept)': 24.74, 'Days': 5.92}
    """
    terms = VarCorr(fit)
    sds: dict[str, float | pd.Series[float]] = {"data": fit.sigma}
    cors: dict[str, pd.DataFrame | None] = {"data": None}
    for name, covariance in terms.items():
        sds[name] = covariance.stddev
        cors[name] = covariance.correlation if len(covariance) > 1 else None
    return SigmaHat(sds, cors)


@word
def rePCA(fit: FittedModel) -> RePCA:
    """Principal components of the random effects' covariance, in units of sigma: mapping factor -> components.

    fit  a fit of `lmer`

    `summary(rePCA(fit))` shows their importance; a standard deviation near zero says that the model has more random
    effects than the data support.

    >>> import pylmer
    >>> fit = pylmer.lmer("Reaction ~ Days + (Days | Subject)", pylmer.datasets.load("sleepstudy"))
    >>> pylmer.rePCA(fit).Subject.sdev.round(3).tolist()
    [0.967, 0.231]
    """
    return RePCA({group: _components([fit.solution.T[i] for i in where]) for group, where in factors(fit).items()})


def _components(templates: Sequence[Array]) -> PrincipalComponents:
    directions, sdev, _ = np.linalg.svd(block_diagonal(templates))
    return PrincipalComponents(sdev, directions)


@word
def isSingular(fit: FittedModel, tol: float = 1e-4) -> bool:
    """Whether a random-effects covariance is singular: a standard deviation in some direction, scaled, below `tol`.

    fit  a fit of `lmer`
    tol  in units of sigma, the columns of Z brought to one scale, so that the answer does not depend on the units of x
         (lme4 looks at theta itself); default 1e-4

    >>> import pylmer
    >>> fit = pylmer.lmer("Reaction ~ Days + (Days | Subject)", pylmer.datasets.load("sleepstudy"))
    >>> pylmer.isSingular(fit)
    False
    """
    if not isinstance(tol, int | float | np.number):
        raise ArgumentError(f"isSingular(): tol must be a number, found {tol!r}")
    return fit.optimum.points.singular(float(tol))
