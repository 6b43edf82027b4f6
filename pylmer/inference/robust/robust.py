"""vcovCR, coef_test, conf_int: inference that does not trust the working covariance, as clubSandwich's."""

from __future__ import annotations

from collections.abc import Sequence
from functools import singledispatch
from typing import Any

import numpy as np
import pandas as pd

from ...errors import ArgumentError
from ...fit.fitted_model import FittedModel
from ...fit.linear.regression import LinearFit
from ...fit.words import several, word_of
from ...language import known_as
from ...language.suggest import did_you_mean
from ...numerics.distributions import student_two_sided, two_sided_quantile
from ...numerics.linalg import Array
from ...text import Copied
from ...text.arguments import check_level, plain
from ..records import TestTable, table
from .clusters import Fit, cluster_codes, clusters_of
from .sandwich import TYPES, Sandwich, sandwich

SHORT = {"z": "z", "naive-t": "t", "naive-tp": "tp", "Satterthwaite": "Satt"}  # in the names of columns


class ClusterRobust(Copied, pd.DataFrame):  # type: ignore[misc]  # the stubs call copy() final
    """A cluster-robust covariance matrix (p, p); `adjustment` ("CR2", ...) and `sandwich` say how it was made."""

    _metadata = ["adjustment", "sandwich"]  # noqa: RUF012  # pandas' own protocol
    adjustment: str
    sandwich: Sandwich

    @property
    def _constructor(self) -> type[pd.DataFrame]:
        return pd.DataFrame


class RobustTests(TestTable):
    """Tests of coefficients: Coef, beta, SE, tstat, and df_ and p_ for each test."""


class RobustIntervals(TestTable):
    """Intervals of coefficients: Coef, beta, SE, df, CI_L, CI_U, and p_val if asked for."""

    _metadata = [*TestTable._metadata, "level"]  # noqa: RUF012
    level: float


@word_of(FittedModel, LinearFit)
def vcovCR(fit: Fit, cluster: Any = None, type: str = "CR2") -> ClusterRobust:
    """Cluster-robust ("sandwich") covariance of the fixed effects, as clubSandwich's: DataFrame (p, p).

    fit      a fit of `lmer` or `lm`; coefficients of an `lm` that have no estimate are left out
    cluster  a grouping factor, a column of the data, or an array (n,) with the cluster of each row (a Series goes by
             its labels). None, the default: the grouping factor within which all others are nested; an `lm` needs one
    type     "CR0" no correction; "CR1", "CR1p", "CR1S" it times m/(m - 1), m/(m - p), m(n - 1)/((m - 1)(n - p)) for m
             clusters; "CR2", the default, unbiased under the working model; "CR3" near the jackknife

    The working covariance is that of the fit (an `lm`: independent rows of equal variance; its prior weights are
    weights). Raises ArgumentError for crossed grouping factors, clusters that cut one, or a single cluster, DataError
    for a clustering of the wrong length or with missing values.
    Cost: a cluster of n_c rows with k random effects takes n_c (k + p)^2, with prior weights n_c^3; clusters of one
    size are done together.
    Sources: Liang & Zeger (1986); Bell & McCaffrey (2002); Pustejovsky & Tipton (2018), equations 5 to 8.

    >>> import pylmer
    >>> fit = pylmer.lmer("log_radon ~ floor + (1 | county)", pylmer.datasets.load("radon"))
    >>> pylmer.vcovCR(fit, type="CR2").round(6)
                 (Intercept)     floor
    (Intercept)     0.002846 -0.001647
    floor          -0.001647  0.006468
    """
    if type not in TYPES:
        raise ArgumentError(f"type={type!r}: wanted one of {', '.join(map(repr, TYPES))}")
    codes, _ = cluster_codes(fit, cluster)
    clusters, C = clusters_of(fit, codes)
    made = sandwich(clusters, C, type, fit.design.n)
    names = list(fit.design.X_names)
    frame = ClusterRobust(made.covariance, index=names, columns=names)
    frame.adjustment, frame.sandwich = type, made
    return frame


def given_covariance(fit: Fit, vcov: Any, cluster: Any) -> ClusterRobust:
    """The covariance asked for: a type, or one that vcovCR() made of this fit."""
    if isinstance(vcov, str):
        return vcovCR(fit, cluster, vcov)
    if not isinstance(vcov, ClusterRobust):
        raise ArgumentError(f"vcov= is a type such as 'CR2' or what vcovCR() gave, found {vcov.__class__.__name__}")
    if cluster is not None:
        raise ArgumentError("cluster= belongs to vcovCR() where vcov= is its result")
    if list(vcov.index) != list(fit.design.X_names):
        raise ArgumentError(f"vcov= is of another model, with the coefficients {', '.join(map(str, vcov.index))}")
    return vcov


@plain
def coef_test(
    fit: Fit, vcov: Any = "CR2", cluster: Any = None, test: str | Sequence[str] = "Satterthwaite", coefs: Any = "All"
) -> RobustTests:
    """t tests of the coefficients with a cluster-robust covariance, as clubSandwich's `coef_test`.

    fit      a fit of `lmer` or `lm`
    vcov     the covariance: a type of `vcovCR`, by default "CR2", or what `vcovCR` returned for this fit
    cluster  the clusters, as in `vcovCR`, where `vcov` is a type; None, the default, as there
    test     "Satterthwaite", the default (degrees of freedom of the robust variance under the working model), "z",
             "naive-t" (m - 1 for m clusters), "naive-tp" (m - p), several of them, or "All"
    coefs    names or positions of the coefficients to test; "All", the default

    A DataFrame Coef, beta, SE, tstat and, for each test, df_ and p_: df_Satt, p_Satt. Sources: Bell & McCaffrey
    (2002); Pustejovsky & Tipton (2018), section 3.1.

    >>> import pylmer
    >>> fit = pylmer.lmer("log_radon ~ floor + (1 | county)", pylmer.datasets.load("radon"))
    >>> pylmer.coef_test(fit, vcov="CR2")
           Coef. Estimate     SE t-stat d.f. (Satt) p-val (Satt) Sig.
     (Intercept)    1.462 0.0533  27.40        68.7       <0.001  ***
           floor   -0.693 0.0804  -8.62        26.9       <0.001  ***
    """
    check_fit(fit, "coef_test")
    covariance, tests = given_covariance(fit, vcov, cluster), chosen(test, tuple(SHORT))
    at = _positions(coefs, list(covariance.index))
    beta, error = _with_errors(fit, covariance, at)
    with np.errstate(divide="ignore", invalid="ignore"):
        t = beta / error
    columns: dict[str, Any] = {"Coef": [covariance.index[k] for k in at], "beta": beta, "SE": error, "tstat": t}
    for each in tests:
        df = _df(covariance.sandwich, each, at)
        columns |= {f"df_{SHORT[each]}": df, f"p_{SHORT[each]}": student_two_sided(t, df)}
    made: RobustTests = table(RobustTests, columns, columns["Coef"])
    return made


@plain
def conf_int(
    fit: Fit,
    vcov: Any = "CR2",
    level: float = 0.95,
    test: Any = "Satterthwaite",
    cluster: Any = None,
    coefs: Any = "All",
    p_values: bool = False,
) -> RobustIntervals:
    """Confidence intervals of the coefficients with a cluster-robust covariance, as clubSandwich's `conf_int`.

    fit       a fit of `lmer` or `lm`
    vcov      the covariance: a type of `vcovCR`, by default "CR2", or what `vcovCR` returned for this fit
    level     coverage of the intervals, between 0 and 1; default 0.95
    test      whose degrees of freedom they have, one of the tests of `coef_test`; default "Satterthwaite"
    cluster   the clusters, as in `vcovCR`, where `vcov` is a type; None, the default, as there
    coefs     names or positions of the coefficients; "All", the default
    p_values  True adds the p-value of each coefficient; default False

    A DataFrame Coef, beta, SE, df, CI_L, CI_U, and p_val if asked for. Sources as of `coef_test`.

    >>> import pylmer
    >>> fit = pylmer.lmer("log_radon ~ floor + (1 | county)", pylmer.datasets.load("radon"))
    >>> pylmer.conf_int(fit, vcov="CR2")
           Coef. Estimate     SE d.f. Lower 95% CI Upper 95% CI
     (Intercept)    1.462 0.0533 68.7        1.355        1.568
           floor   -0.693 0.0804 26.9       -0.858       -0.528
    """
    check_fit(fit, "conf_int")
    check_level(level)
    if not isinstance(test, str) or test not in SHORT:
        raise ArgumentError(f"test={test!r}: wanted one of {', '.join(map(repr, SHORT))}")
    covariance = given_covariance(fit, vcov, cluster)
    at = _positions(coefs, list(covariance.index))
    beta, error = _with_errors(fit, covariance, at)
    df = _df(covariance.sandwich, test, at)
    half = error * two_sided_quantile(level, df)
    columns: dict[str, Any] = {"Coef": [covariance.index[k] for k in at], "beta": beta, "SE": error, "df": df}
    columns |= {"CI_L": beta - half, "CI_U": beta + half}
    if p_values:
        with np.errstate(divide="ignore", invalid="ignore"):
            columns["p_val"] = student_two_sided(beta / error, df)
    made: RobustIntervals = table(RobustIntervals, columns, columns["Coef"])
    made.level = level
    return made


@singledispatch
def check_fit(fit: Any, name: str) -> None:
    """ArgumentError unless this is a fit of lmer() or lm()."""
    raise ArgumentError(f"{name}() wants a fit of lmer() or lm(), found {type(fit).__name__}")


@check_fit.register(FittedModel)
@check_fit.register(LinearFit)
def _linear(fit: FittedModel | LinearFit, name: str) -> None:
    """These have a cluster-robust covariance."""


def estimates(fit: Fit) -> Array:
    """Estimates (p,), aliased ones left out."""
    return fit.beta[fit.solution.kept] if isinstance(fit, LinearFit) else fit.beta


def _with_errors(fit: Fit, covariance: ClusterRobust, at: list[int]) -> tuple[Array, Array]:
    return estimates(fit)[at], np.sqrt(np.diag(covariance.to_numpy())[at])


def _df(made: Sandwich, test: str, at: list[int]) -> Array:
    if test == "Satterthwaite":
        return made.satterthwaite(np.eye(made.p)[at])
    return np.full(len(at), {"z": np.inf, "naive-t": made.m - 1.0, "naive-tp": float(made.m - made.p)}[test])


def chosen(given: str | Sequence[str], known: Sequence[str]) -> list[str]:
    """The tests asked for, in the order of `known`."""
    wanted = several(given)
    if wanted == ["All"]:
        return list(known)
    for each in wanted:
        if each not in known:
            raise ArgumentError(f"test={each!r}: wanted {', '.join(map(repr, known))}, several of them, or 'All'")
    if not wanted:
        raise ArgumentError(f"test= names no test; wanted {', '.join(map(repr, known))}, several of them, or 'All'")
    return [each for each in known if each in wanted]


def _positions(coefs: Any, names: list[str]) -> list[int]:
    """Positions of the coefficients asked for."""
    if isinstance(coefs, str):
        if coefs == "All" and "All" not in names:
            return list(range(len(names)))
        coefs = [coefs]
    wanted = several(coefs) if isinstance(coefs, Sequence | np.ndarray | pd.Index) else [coefs]
    return [_position(each, names) for each in wanted]


def _position(given: Any, names: list[str]) -> int:
    if isinstance(given, int | np.integer) and not isinstance(given, bool) and 0 <= given < len(names):
        return int(given)
    meant = known_as(given, names)
    if meant not in names:
        raise ArgumentError(
            f"coefs: there is no coefficient {given!r}{did_you_mean(str(given), names)}; they are {', '.join(names)}"
        )
    if names.count(meant) > 1:
        raise ArgumentError(f"coefs: {names.count(meant)} coefficients are called {meant!r}; give their positions")
    return names.index(meant)
