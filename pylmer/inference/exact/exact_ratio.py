"""exactRLRT, exactLRT: is a variance zero? Tests by the simulated finite-sample distribution, as RLRsim's."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from ...engine.sums.gram import Gram
from ...errors import ArgumentError, DataError, note
from ...extract import logLik, word
from ...fit.fitted_model import FittedModel
from ...fit.linear.regression import LinearFit
from ...numerics.linalg import Array
from ...simulation.drawing import generator, replicates
from ...text import Shown
from ..analysis_of_variance.likelihood_ratio import describe
from ..contrasts.restrictions import restriction
from .spectral import Spectrum, diagonal_spectrum, projected, simulated_lrt, simulated_rlrt

ZERO = 1e-7  # a likelihood ratio that is rounding
UNRESTRICTED = "no fixed effect is restricted: a test by restricted likelihood, exactRLRT(), is preferable"


@dataclass(frozen=True, eq=False, repr=False)
class SimulatedTest(Shown):
    """A likelihood ratio beside draws of its null distribution.

    name       "RLRT" or "LRT"
    statistic  the observed ratio
    p_value    share of the draws beyond it; its Monte-Carlo error is `p_error`
    sample     the draws (nsim,); none where the statistic is zero, whose p-value is 1
    """

    name: str
    statistic: float
    p_value: float
    sample: Array

    @property
    def p_error(self) -> float:
        """The Monte-Carlo standard error of the p-value."""
        return math.sqrt(self.p_value * (1 - self.p_value) / max(len(self.sample), 1))


@word
def exactRLRT(
    fit: FittedModel,
    mA: FittedModel | None = None,
    m0: FittedModel | None = None,
    nsim: int = 10_000,
    seed: Any = None,
) -> SimulatedTest:
    """Test that the variance of a random effect is zero, as RLRsim's `exactRLRT`, by restricted likelihood.

    fit   the model with that random effect alone, a fit of `lmer` by REML
    mA    where there are other random effects: the full model; `fit` then still has the one tested alone. The other
          variances are taken as known (Greven, Crainiceanu, Kuechenhoff & Peters 2008). None, the default: there are
          none
    m0    the full model without the effect; None, the default: there are no other random effects
    nsim  draws of the null distribution; default 10000
    seed  a whole number or a numpy Generator; None, the default: other draws every time

    Raises ArgumentError for a fit by maximum likelihood, for several variances or correlated effects in `fit`, and for
    models that do not fit together. Sources: Crainiceanu & Ruppert (2004), J. R. Stat. Soc. B 66:165; Scheipl, Greven &
    Kuechenhoff (2008), Comput. Stat. Data Anal. 52:3283.

    >>> import pylmer
    >>> fit = pylmer.lmer("Yield ~ 1 + (1 | Batch)", pylmer.datasets.load("Dyestuff"))
    >>> test = pylmer.exactRLRT(fit, seed=1)
    >>> round(test.statistic, 4), abs(test.p_value - 0.0045) < 0.003
    (6.369, True)
    """
    count, rng = replicates(nsim), generator(seed)
    _check_reml(fit, "the model")
    gram = _single(fit)
    if mA is None and m0 is None:
        null = fit.criterion.at(fit.covariances.multiple(0.0)).value
        statistic = null - fit.at.value
    else:
        full, small = _check_three(fit, mA, m0)
        statistic = small.at.value - full.at.value
    mu = _projected(gram)
    return _test("RLRT", statistic, lambda: simulated_rlrt(mu, gram.n - gram.p, count, rng))


@word
def exactLRT(fit: FittedModel, m0: LinearFit, nsim: int = 10_000, seed: Any = None) -> SimulatedTest:
    """Test a variance, and fixed effects if some are left out of `m0`, by likelihood, as RLRsim's `exactLRT`.

    fit   the model with the random effect, a fit of `lmer` by maximum likelihood
    m0    the `lm` of the hypothesis, its fixed effects those of `fit` or some of them
    nsim  draws of the null distribution; default 10000
    seed  a whole number or a numpy Generator; None, the default: other draws every time

    Raises ArgumentError for a REML fit, several variances, and models that are not nested; a FitNote where no fixed
    effect is restricted. Source: Crainiceanu & Ruppert (2004), theorem 1.

    >>> import pylmer
    >>> sleep = pylmer.datasets.load("sleepstudy")
    >>> fit = pylmer.lmer("Reaction ~ Days + (1 | Subject)", sleep, REML=False)
    >>> test = pylmer.exactLRT(fit, pylmer.lm("Reaction ~ 1", sleep), seed=1)
    >>> round(test.statistic, 2), test.p_value
    (166.97, 0.0)
    """
    count, rng = replicates(nsim), generator(seed)
    if fit.REML:
        raise ArgumentError("exactLRT() compares likelihoods, and this fit is by REML: give it refitML(fit)")
    if not isinstance(m0, LinearFit):
        raise ArgumentError(f"m0 must be a fit of lm(), found {type(m0).__name__}")
    gram = _single(fit)
    _check_rows(fit, m0, "m0")
    q = len(restriction(fit.rows.X, m0.rows.X))
    if not q:
        note(UNRESTRICTED)
    statistic = 2 * (float(logLik(fit)) - float(logLik(m0)))
    mu, xi = _projected(gram), diagonal_spectrum(gram.factors[0].ZtZ[:, 0, 0])
    return _test("LRT", statistic, lambda: simulated_lrt(mu, xi, gram.n, gram.p, q, count, rng))


def _test(name: str, statistic: float, draw: Any) -> SimulatedTest:
    if statistic <= ZERO:
        return SimulatedTest(name, 0.0, 1.0, np.zeros(0))
    sample = draw()
    return SimulatedTest(name, statistic, float(np.mean(sample > statistic)), sample)


def _projected(gram: Gram) -> Spectrum:
    sums = gram.factors[0]
    return projected(sums.ZtZ[:, 0, 0], sums.ZtXy[:, 0, :-1], gram.XytXy[:-1, :-1])


def _single(fit: FittedModel) -> Gram:
    """The sums of a model with one random effect; ArgumentError for another."""
    terms = fit.design.random
    if len(terms) > 1:
        listed = ", ".join(f"({term.label})" for term in terms)
        raise ArgumentError(
            f"the model has several variances of random effects, {listed}: exact tests know one at a time. Give "
            "exactRLRT(m, mA, m0): m with the one to test alone, mA with all, m0 with all others"
        )
    if len(terms[0].columns) > 1:
        raise ArgumentError(
            f"the term ({terms[0].label}) has several variances{_or_correlations(fit)}: exact tests "
            "know one; write uncorrelated terms, (x || g), and give exactRLRT(m, mA, m0)"
        )
    return fit.gram


def _or_correlations(fit: FittedModel) -> str:
    return " and correlated effects" if fit.covariances.families[0].pairs else ""


def _check_reml(fit: FittedModel, what: str) -> None:
    if not fit.REML:
        raise ArgumentError(
            f"exactRLRT() compares restricted likelihoods, and {what} was fitted by maximum likelihood: refit it with "
            "update(fit, REML=True), or see exactLRT()"
        )


def _check_three(fit: FittedModel, mA: Any, m0: Any) -> tuple[FittedModel, FittedModel]:
    """The full model and that of the hypothesis; ArgumentError unless they are `fit`'s random effect apart."""
    for other, name in ((mA, "mA"), (m0, "m0")):
        if not isinstance(other, FittedModel):
            found = "nothing" if other is None else type(other).__name__
            raise ArgumentError(
                f"{name} must be a fit of lmer(), found {found}: give m, mA and m0, or with one variance m alone"
            )
        _check_reml(other, name)
        _check_rows(fit, other, name)
        if len(restriction(fit.rows.X, other.rows.X)) or len(restriction(other.rows.X, fit.rows.X)):
            raise ArgumentError(f"{name} has other fixed effects than m: restricted likelihoods are not comparable")
    full, small, tested = (sorted(_random_terms(each)) for each in (mA, m0, fit))
    if full != sorted([*small, *tested]):
        raise ArgumentError(
            f"the random effects of mA must be those of m0 and that of m: mA is {describe(mA)}, m0 is {describe(m0)}, "
            f"m is {describe(fit)}"
        )
    return mA, m0


def _random_terms(fit: FittedModel) -> list[tuple[str, ...]]:
    return [(term.group, term.structure if len(term.columns) > 1 else "", *term.columns) for term in fit.design.random]


def _check_rows(fit: FittedModel, other: FittedModel | LinearFit, name: str) -> None:
    if other.design.n != fit.design.n:
        raise DataError(f"{name} was fitted to {other.design.n} rows, the model to {fit.design.n}")
    for what, mine, theirs in (
        ("another response", fit.rows.y, other.rows.y),
        ("other prior weights", fit.rows.weights, other.rows.weights),
        ("another offset", fit.rows.offset, other.rows.offset),
    ):
        if not _equal(mine, theirs):
            raise DataError(f"{name} was fitted with {what}")


def _equal(one: Array | None, other: Array | None) -> bool:
    if one is None or other is None:
        return one is other
    return np.allclose(one, other, rtol=1e-12, atol=0.0)
