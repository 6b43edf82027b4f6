"""Wald_test: several contrasts at once with a cluster-robust covariance, as clubSandwich's."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ...errors import ArgumentError
from ...numerics.distributions import f_upper
from ...numerics.linalg import Array
from ...text.arguments import plain
from ..contrasts.contrasts import contrast_matrix
from ..records import TestTable, table
from .clusters import Fit
from .robust import check_fit, chosen, estimates, given_covariance
from .sandwich import ABSORBED, Sandwich

DEPENDENT = 1e-8  # singular value of unit rows below which one follows from the others
WALD = ("chi-sq", "Naive-F", "Naive-Fp", "HTZ")


class RobustWald(TestTable):
    """Tests of several contrasts at once: test, Fstat, delta, df_num, df_denom, p_val."""


@plain
def Wald_test(
    fit: Fit, constraints: Any, vcov: Any = "CR2", cluster: Any = None, test: str | Sequence[str] = "HTZ"
) -> RobustWald:
    """Test L beta = 0 for several rows at once with a cluster-robust covariance, as clubSandwich's `Wald_test`.

    fit          a fit of `lmer` or `lm`
    constraints  L: (q, p) numbers, a coefficient's name or a list of names, {"Days": 1}, a DataFrame (see `contest`)
    vcov         the covariance: a type of `vcovCR`, by default "CR2", or what `vcovCR` returned for this fit
    cluster      the clusters, as in `vcovCR`, where `vcov` is a type; None, the default, as there
    test         "HTZ", the default: the approximate Hotelling test with degrees of freedom from the working model;
                 "chi-sq"; "Naive-F" and "Naive-Fp" on m - 1 and m - p for m clusters; several of them, or "All"

    A DataFrame test, Fstat, delta (what scales F), df_num, df_denom, p_val. Source: Pustejovsky & Tipton (2018),
    section 3.2. Raises ArgumentError for constraints that follow from each other, and for more than the clusters allow.

    >>> import pylmer
    >>> fit = pylmer.lmer("angle ~ recipe + temp + (1 | recipe:replicate)", pylmer.datasets.load("cake"))
    >>> pylmer.Wald_test(fit, ["recipeB", "recipeC"], vcov="CR2")
     test Fstat df_num df_denom p_val sig
      HTZ 0.288      2     30.5 0.751
    """
    check_fit(fit, "Wald_test")
    covariance, tests = given_covariance(fit, vcov, cluster), chosen(test, WALD)
    L = contrast_matrix(fit, constraints)
    if not L.size:
        raise ArgumentError("constraints: there is nothing to test; give a row for each contrast")
    q, made = len(L), covariance.sandwich
    Q = _distance(made, L, L @ estimates(fit))
    rows = [_wald(made, L, Q, each) for each in tests]
    F, delta, denominators = (np.array(column) for column in zip(*rows, strict=True))
    p = [f_upper(f, q, df) if df > 0 else np.nan for f, df in zip(F, denominators, strict=True)]
    columns = {"test": tests, "Fstat": F, "delta": delta, "df_num": [q] * len(tests), "df_denom": denominators}
    shown: RobustWald = table(RobustWald, {**columns, "p_val": p}, [str(k + 1) for k in range(len(tests))])
    return shown


def _distance(made: Sandwich, L: Array, distance: Array) -> float:
    """(L beta)' (L V L')^-1 (L beta), in units in which the working covariance of every row is one."""
    unit = np.linalg.norm(L @ made.C, axis=1)
    if not unit.all() or np.linalg.matrix_rank((L @ made.C) / unit[:, None], DEPENDENT) < len(L):
        raise ArgumentError("constraints: a row is zero or follows from the others; leave it out")
    V = L @ made.covariance @ L.T / np.outer(unit, unit)
    if np.linalg.eigvalsh(V)[0] < ABSORBED:
        raise ArgumentError(
            f"the robust covariance of these {len(L)} constraints is singular: {made.m} clusters do not determine it; "
            "test fewer at once"
        )
    return float((distance / unit) @ np.linalg.solve(V, distance / unit))


def _wald(made: Sandwich, L: Array, Q: float, test: str) -> tuple[float, float, float]:
    """F, its scale and its denominator degrees of freedom."""
    q = len(L)
    if test == "HTZ":
        eta = made.hotelling(L)
        delta = (eta - q + 1) / eta
        return delta * Q / q, delta, eta - q + 1
    return Q / q, 1.0, {"chi-sq": np.inf, "Naive-F": made.m - 1.0, "Naive-Fp": float(made.m - made.p)}[test]
