"""Anova: Wald tests of the terms of a fit, of types II and III as in R's car (Fox & Weisberg 2019, section 5.3.4)."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import numpy as np

from ...design import Design
from ...errors import ArgumentError, note
from ...extract import vcov, word
from ...fit.fitted_model import FittedModel
from ...fit.generalized import GeneralizedFittedModel
from ...fit.linear.regression import LinearFit
from ...language import deparse
from ...numerics.distributions import chisquare_upper, f_upper
from ...numerics.linalg import Array, chunks, dense, triangular_factor
from ...numerics.rank import independent_columns
from ..contrasts.contrasts import f_test
from ..degrees_of_freedom.choice import vcovAdj
from ..records import AnovaTable, table
from .hypotheses import TYPES

TESTS = ("Chisq", "F")
INTERCEPT = "(Intercept)"
ONLY_INTERCEPT = "the model has no term but its intercept, which type 2 does not test: this is the test of type 3"
ALIASED = (
    "type=3 of a model with coefficients that have no estimate ({lost}) tests no hypothesis that can be named: type=2 "
    "compares models instead, or leave the columns out"
)
KENWARD_ROGER = "Kenward-Roger"


@word
def Anova(fit: FittedModel, type: int | str = 2, test: str | None = None) -> AnovaTable:
    """Wald tests of the fixed-effects terms, as car's `Anova`.

    fit   a fit of `lmer` or `lm`
    type  2 (or "II"), the default: each term after all others but those that contain it (all its variables and more);
          3 (or "III"): each term after all others, the intercept too
    test  "Chisq" (None, the default of mixed models): chi-square tests, which take the covariances of the estimates for
          known; "F": Kenward and Roger's, of fits by REML. Of an `lm`, F tests from sums of squares are the only ones

    Type 3 sets the coefficients of a term to zero as they are coded, as car does: where the term is part of an
    interaction, under R's default contr.treatment these are effects at the other factors' first levels. Contrasts that
    sum to zero (contrasts={"a": "contr.sum"}) give tests of averages; `anova(fit)` gives these whatever the contrasts.
    Type 2 adjusts terms for each other by the covariances of the estimates, not, as lmerTest's, by X'X: unbalanced data
    tell them apart. A term without columns of its own has no test.

    A DataFrame with car's columns (Chisq, Df, Pr(>Chisq); F, Df, Df.res, Pr(>F); of an `lm` Sum Sq, Df, F value,
    Pr(>F) and the residuals below) that prints as R does. Raises ArgumentError for other types and tests, for
    test="F" of a fit by ML, and for type=3 of an `lm` with coefficients that have no estimate.
    Sources: Fox & Weisberg (2019), An R Companion to Applied Regression; Kenward & Roger (1997).

    >>> import pylmer
    >>> cake = pylmer.datasets.load("cake")
    >>> pylmer.Anova(pylmer.lmer("angle ~ recipe * temp + (1 | recipe:replicate)", cake))
    Analysis of Deviance Table (Type II Wald chisquare tests)
    <BLANKLINE>
    Response: angle
                  Chisq Df Pr(>Chisq)
    recipe       0.4976  2     0.7797
    temp        94.1632  1     <2e-16 ***
    recipe:temp  0.0834  2     0.9592
    ---
    Signif. codes:  0 ‘***’ 0.001 ‘**’ 0.01 ‘*’ 0.05 ‘.’ 0.1 ‘ ’ 1
    """
    roman = _type(fit.design, type)
    chosen = _test(test, TESTS[0])
    if chosen == "F" and not fit.REML:
        raise ArgumentError("test='F' takes Kenward and Roger's covariances, which are those of a fit by REML: refit")
    return _f_table(fit, roman) if chosen == "F" else _chisquare_table(fit, roman)


@Anova.register(GeneralizedFittedModel)
def Anova_generalized(fit: GeneralizedFittedModel, type: int | str = 2, test: str | None = None) -> AnovaTable:
    """Wald chi-square tests of the terms of a fit of `glmer`, by its `vcov`."""
    if _test(test, TESTS[0]) == "F":
        raise ArgumentError("test='F' needs denominators, which glmer() has not: leave test out, for chi-square tests")
    return _chisquare_table(fit, _type(fit.design, type))


@Anova.register(LinearFit)
def Anova_linear(fit: LinearFit, type: int | str = 2, test: str | None = None) -> AnovaTable:
    """F tests of the terms of an `lm`, of type 2 or 3, each against the residual variance of the whole model."""
    roman = _type(fit.design, type)
    if _test(test, "F") != "F":
        raise ArgumentError("test='Chisq': the tests of an lm() are F tests; leave test out")
    if roman == "III" and fit.design.dropped:
        raise ArgumentError(ALIASED.format(lost=", ".join(fit.design.dropped)))
    places = _full_places(fit.design)
    R = _factor(fit)
    found = {label: _squares(R, *_compared(fit.design, places, label, roman)) for label in _tested(fit.design, roman)}
    left, rss = fit.solution.df_residual, fit.solution.rss
    Df = np.array([*(df for _, df in found.values()), left], int)
    squares = np.array([*(value for value, _ in found.values()), rss])
    with np.errstate(divide="ignore", invalid="ignore"):
        F = np.append(squares[:-1] / Df[:-1] / (rss / left if left else math.nan), np.nan)
    p = [f_upper(f, df, left) if f == f else math.nan for f, df in zip(F, Df, strict=True)]
    columns = {"Sum Sq": squares, "Df": Df, "F value": F, "Pr(>F)": p}
    return _table(fit, columns, [*found, "Residuals"], f"Anova Table (Type {roman} tests)")


# --- what is asked ---------------------------------------------------------------------------------------------------


def _type(design: Design, given: Any) -> str:
    """II or III; a model with nothing but an intercept has III alone."""
    named = isinstance(given, int | str | np.integer) and not isinstance(given, bool)
    roman = TYPES.get(given, "") if named else ""
    if roman not in ("II", "III"):
        shown = repr(given) if named else given.__class__.__name__
        way_out = "; anova() gives the sequential table of an lm(), and type=1 of lmer()" if roman == "I" else ""
        raise ArgumentError(f"type={shown}: the types of Anova() are 2 and 3{way_out}")
    if roman == "II" and not design.fixed_terms.labels and design.X_names:
        note(ONLY_INTERCEPT)
        return "III"
    return roman


def _test(given: str | None, default: str) -> str:
    if given is not None and given not in TESTS:
        raise ArgumentError(f"test={given!r}: wanted {' or '.join(map(repr, TESTS))}")
    return default if given is None else given


def _tested(design: Design, roman: str) -> list[str]:
    """Labels of the terms of the table."""
    intercept = [INTERCEPT] if roman == "III" and design.fixed_terms.intercept else []
    return [*intercept, *design.fixed_terms.labels]


def _containing(design: Design, label: str) -> list[str]:
    """Terms with all variables of a term and more; the intercept counts as a term of its own."""
    if label == INTERCEPT:
        return []
    terms = design.fixed_terms
    factors = dict(zip(terms.labels, map(frozenset, terms.factors), strict=True))
    return [other for other, its in factors.items() if factors[label] < its]


def _places(design: Design, assign: Iterable[int]) -> dict[str, list[int]]:
    """Positions of the columns of the intercept and of each term."""
    labels = [INTERCEPT, *design.fixed_terms.labels]
    numbers = list(assign)
    return {label: [j for j, t in enumerate(numbers) if t == k] for k, label in enumerate(labels)}


# --- mixed models ----------------------------------------------------------------------------------------------------


def _hypotheses(fit: FittedModel | GeneralizedFittedModel, roman: str, V: Array) -> dict[str, Array]:
    """L (q, p) of each term, given the covariances V (p, p) of the estimates up to a factor."""
    places = _places(fit.design, fit.design.assign)
    behind = {label: _containing(fit.design, label) if roman == "II" else [] for label in _tested(fit.design, roman)}
    return {label: _conjugate(V, places[label], [j for t in over for j in places[t]]) for label, over in behind.items()}


def _conjugate(V: Array, own: list[int], over: list[int]) -> Array:
    """Rows that set the columns `own` to zero and are uncorrelated with the estimates of the columns `over`.

    beta_own - V_oo' V_o'o'^-1 beta_over: what is tested is the term in the model without those that contain it.
    """
    L = np.zeros((len(own), len(V)))
    L[np.arange(len(own)), own] = 1.0
    if over and own:
        L[:, over] = -np.linalg.solve(V[np.ix_(over, over)], V[np.ix_(over, own)]).T
    return L


def _chisquare_table(fit: FittedModel | GeneralizedFittedModel, roman: str) -> AnovaTable:
    V = vcov(fit).to_numpy()
    tests = _hypotheses(fit, roman, V)
    found = [(_wald(fit.beta, V, L), len(L)) for L in tests.values()]
    Chisq, Df = np.array([value for value, _ in found]), np.array([df for _, df in found], int)
    p = [chisquare_upper(x, df) if df else math.nan for x, df in found]
    columns = {"Chisq": Chisq, "Df": Df, "Pr(>Chisq)": p}
    return _table(fit, columns, list(tests), f"Analysis of Deviance Table (Type {roman} Wald chisquare tests)")


def _wald(beta: Array, V: Array, L: Array) -> float:
    """(L beta)' (L V L')^-1 L beta."""
    if not len(L):
        return math.nan
    distance = L @ beta
    return float(distance @ np.linalg.solve(L @ V @ L.T, distance))


def _f_table(fit: FittedModel, roman: str) -> AnovaTable:
    hypotheses = _hypotheses(fit, roman, vcovAdj(fit).to_numpy())
    tests = [f_test(fit, L, KENWARD_ROGER) for L in hypotheses.values()]
    columns = {
        "F": np.array([test.F for test in tests]),
        "Df": np.array([test.numerator for test in tests], int),
        "Df.res": np.array([test.denominator for test in tests]),
        "Pr(>F)": np.array([test.p for test in tests]),
    }
    heading = f"Analysis of Deviance Table (Type {roman} Wald F tests with Kenward-Roger df)"
    return _table(fit, columns, list(hypotheses), heading)


# --- linear models ---------------------------------------------------------------------------------------------------


def _full_places(design: Design) -> dict[str, list[int]]:
    """Positions among all columns of X, those without an estimate too."""
    return _places(design, design.spec.fixed_coder.assign)


def _factor(fit: LinearFit) -> Array:
    """R (p + 1, p + 1) with R'R the weighted cross-products of X and y; X has the columns that were dropped too."""
    design, rows = fit.design, fit.rows
    X = dense(rows.X if not design.dropped else design.spec.fixed_coder.matrix(rows.variables, rows.n))
    y = rows.y if rows.offset is None else rows.y - rows.offset
    root = np.ones(rows.n) if rows.weights is None else np.sqrt(rows.weights)
    blocks = (root[at, None] * np.column_stack([X[at], y[at]]) for at in chunks(rows.n))
    return triangular_factor(blocks, X.shape[1] + 1)


def _compared(design: Design, places: dict[str, list[int]], label: str, roman: str) -> tuple[list[int], list[int]]:
    """Columns of two models of which the second has a term besides."""
    behind = _containing(design, label) if roman == "II" else []
    without = [j for other, at in places.items() if other not in (label, *behind) for j in at]
    return without, sorted([*without, *places[label]])


def _squares(R: Array, small: list[int], large: list[int]) -> tuple[float, int]:
    """The sum of squares that the larger model explains besides, and its degrees of freedom; NaN where these are 0."""
    (more, least), (less, most) = _residual(R, large), _residual(R, small)
    return (most - least if more > less else math.nan), more - less


def _residual(R: Array, columns: list[int]) -> tuple[int, float]:
    """Rank and residual sum of squares of y on some columns, in the coordinates of R."""
    chosen = R[:, columns]
    Q = np.linalg.qr(chosen[:, independent_columns(chosen)])[0]
    rest = R[:, -1] - Q @ (Q.T @ R[:, -1])
    return Q.shape[1], float(rest @ rest)


def _table(
    fit: FittedModel | GeneralizedFittedModel | LinearFit, columns: dict[str, Any], rows: list[str], title: str
) -> AnovaTable:
    response = fit.design.formula.response
    heading = (f"{title}\n", f"Response: {'' if response is None else deparse(response)}")
    made: AnovaTable = table(AnovaTable, columns, rows, heading)
    return made
