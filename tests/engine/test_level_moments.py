"""Where a descent on one factor begins: the moments of the levels' own effects."""

from __future__ import annotations

import numpy as np
import pytest

import pylmer
from pylmer.engine.factorization.level_moments import LEAST, moment_template
from pylmer.engine.sums.arrange import form_gram
from pylmer.engine.sums.rows import Rows, TermRows
from pylmer.numerics.linalg import Array

J, N = 12, 5
RNG = np.random.default_rng(3)
CODES = np.repeat(np.arange(J), N)
Y = 2.0 * RNG.normal(size=J)[CODES] + RNG.normal(size=J * N)


def rows_of(codes: Array, y: Array) -> Rows:
    levels = int(codes.max()) + 1
    return Rows(np.ones((len(y), 1)), y, None, (TermRows(codes, levels, None, 0),))


@pytest.mark.parametrize("REML", [True, False])
def test_a_balanced_one_way_layout_is_solved(REML: bool) -> None:
    """sigma_a^2 = SSB / (n (J - 1)) - MSW / n by REML, with J for J - 1 by ML (Searle, Casella & McCulloch 1992, 4)."""
    means = Y.reshape(J, N).mean(axis=1)
    between = ((means - Y.mean()) ** 2).sum() / (J - 1 if REML else J)
    within = ((Y - means[CODES]) ** 2).sum() / (J * (N - 1))
    template = moment_template(form_gram(rows_of(CODES, Y)), REML)
    assert template is not None
    assert float(template[0, 0] ** 2) == pytest.approx((between - within / N) / within, rel=1e-8)


@pytest.mark.parametrize("REML", [True, False])
def test_what_varies_within_levels_is_estimated_there(REML: bool) -> None:
    """As for panels (Swamy & Arora 1972): x within levels, then the means of what is left, one of p = 2 theirs."""
    x = RNG.normal(size=J * N) + np.linspace(0, 3, J)[CODES]
    y = Y + 2 * x

    def centred(v: Array) -> Array:
        return v - v.reshape(J, N).mean(axis=1)[CODES]

    slope = centred(x) @ y / (centred(x) @ x)
    rest = centred(y - slope * x)
    within = rest @ rest / (J * (N - 1) - (1 if REML else 0))
    # the response is shifted by its least-squares fit, which leaves means that are not about zero
    intercept, total = np.linalg.lstsq(np.column_stack([np.ones(J * N), x]), y)[0]
    means = (y - intercept - total * x - (slope - total) * (x - x.mean())).reshape(J, N).mean(axis=1)
    between = means @ means / (J - 1 if REML else J)
    X = np.column_stack([np.ones(J * N), x])
    template = moment_template(form_gram(Rows(X, y, None, (TermRows(CODES, J, None, 0),))), REML)
    assert template is not None
    assert float(template[0, 0] ** 2) == pytest.approx((between - within / N) / within, rel=1e-8)


def test_levels_that_differ_weigh_as_they_know() -> None:
    """Of one column: the sum of w^2 (b^2 / (s2 known) - k - sigma^2) is zero, with w = 1 / (sigma_0^2 + k)."""
    sizes = np.arange(2, 14)
    codes = np.repeat(np.arange(J), sizes)
    y = 2 * RNG.normal(size=J)[codes] + RNG.normal(size=len(codes))
    b = np.bincount(codes, y - y.mean()) / sizes
    s2 = ((y - y.mean() - b[codes]) ** 2).sum() / (len(y) - J)
    k, square = 1 / sizes, b**2 / (s2 * (J - 1) / J)
    sure = k <= 5 * np.sort(k)[J // 2]
    first = (square - k)[sure].mean()
    w = 1 / (first + k)
    template = moment_template(form_gram(rows_of(codes, y)), True)
    assert template is not None
    assert float(template[0, 0] ** 2) == pytest.approx(w**2 @ (square - k) / (w @ w), rel=1e-6)


def test_a_variance_below_nothing_begins_near_zero() -> None:
    y = np.tile(np.arange(float(N)), J)  # all levels alike
    template = moment_template(form_gram(rows_of(CODES, y)), True)
    assert template is not None
    assert float(template[0, 0] ** 2) == pytest.approx(LEAST)


@pytest.mark.parametrize("codes", [np.arange(J * N), np.zeros(J * N, np.int64)])
def test_where_there_are_no_degrees_of_freedom_there_are_no_moments(codes: Array) -> None:
    """A level for each row leaves nothing within levels, a single level nothing between them."""
    assert moment_template(form_gram(rows_of(codes, Y)), True) is None


@pytest.mark.parametrize("knowing", [0, 1, 4])
def test_levels_that_know_nothing_of_a_slope_leave_the_moments_finite(knowing: int) -> None:
    """All others have one x each: their slopes are unknown, not zero."""
    x = np.where(np.less(CODES, knowing), np.tile(np.linspace(-1, 1, N), J), CODES / J)
    X = np.column_stack([np.ones(J * N), x])
    template = moment_template(form_gram(Rows(X, Y, None, (TermRows(CODES, J, X, 0),))), True)
    assert template is not None
    assert np.isfinite(template).all()


@pytest.mark.parametrize(
    ("REML", "criterion"),
    [(True, 1743.628272), (False, 1751.939344)],  # lme4 2.1: REMLcrit(fm1), deviance(fm1ML)
)
def test_equal_rows_in_all_levels_need_no_descent(REML: bool, criterion: float) -> None:
    fit = pylmer.lmer("Reaction ~ Days + (Days | Subject)", pylmer.datasets.load("sleepstudy"), REML)
    assert fit.optimum.evaluations == 1
    assert fit.optimum.value == pytest.approx(criterion, abs=1e-6)
    assert fit.optimum.certificate.holds


def test_fewer_rows_in_one_level_take_a_descent_to_the_same_minimum() -> None:
    data = pylmer.datasets.load("sleepstudy").iloc[4:]
    near = pylmer.lmer("Reaction ~ Days + (Days | Subject)", data)
    far = pylmer.lmer("Reaction ~ Days + (Days | Subject)", data, start=[3.0, 0.0, 3.0])
    assert 1 < near.optimum.evaluations < far.optimum.evaluations
    assert near.optimum.value == pytest.approx(far.optimum.value, abs=1e-9)
