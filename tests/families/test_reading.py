"""Families in R's spelling, and what wrong ones are told."""

from __future__ import annotations

import pickle

import numpy as np
import pytest

from pylmer import families
from pylmer.errors import ArgumentError, DataError
from pylmer.families import Gamma, binomial, inverse_gaussian, negative_binomial, poisson, read_family

SPELLED = [
    ("binomial", binomial()),
    ('binomial("probit")', binomial("probit")),
    ("binomial(link = cloglog)", binomial("cloglog")),
    ("stats::binomial(link='cauchit')", binomial("cauchit")),
    ("binomial()", binomial()),
    ("Gamma('log')", Gamma("log")),
    ("inverse.gaussian", inverse_gaussian()),
    ("inverse.gaussian(link = 1/mu^2)", inverse_gaussian()),
    ("inverse_gaussian('log')", inverse_gaussian("log")),
    ("negative.binomial(2)", negative_binomial(2)),
    ("MASS::negative.binomial(theta = 0.5, link = sqrt)", negative_binomial(0.5, "sqrt")),
    ("negative.binomial(link = 'identity', 3)", negative_binomial(3, "identity")),
]
WRONG = [
    ("binomal", "did you mean 'binomial'"),
    ("gamma", "did you mean 'Gamma'"),
    ("normal", "did you mean 'gaussian'"),
    ("quasipoisson", "no likelihood"),
    ("binomial(link = log-log)", "it has logit, probit, cloglog, cauchit, log"),
    ("binomial('probti')", "did you mean 'probit'"),
    ("poisson(logit)", "poisson has no link 'logit': it has log, sqrt, identity"),
    ("negative.binomial", "the shape is missing"),
    ("negative.binomial(-1)", "a number above 0"),
    ("negative.binomial(two)", "a number above 0"),
    ("poisson(2, log)", "the arguments are poisson(link)"),
    ("poisson(lnk = log)", "the arguments are poisson(link)"),
    ("poisson(", "is no family"),
    ("poisson(link = )", "cannot read"),
    ("__import__('os')", "is no family"),
    ("", "is no family"),
    (3, "wanted binomial, poisson"),
    (np.exp, "wanted binomial, poisson"),
    (None, "wanted binomial, poisson"),
]


@pytest.mark.parametrize(("text", "wanted"), SPELLED)
def test_spelled_as_in_r(text: str, wanted: families.Family) -> None:
    assert read_family(text) == wanted
    assert read_family(wanted) is wanted
    assert read_family(wanted.spelled) == wanted
    assert eval(repr(wanted), vars(families)) == wanted  # noqa: S307
    assert pickle.loads(pickle.dumps(wanted)) == wanted


def test_a_function_of_the_package_stands_for_its_default() -> None:
    assert read_family(poisson) == poisson()
    with pytest.raises(ArgumentError, match="the shape is missing"):
        read_family(negative_binomial)


@pytest.mark.parametrize(("given", "said"), WRONG)
def test_wrong_families(given: object, said: str) -> None:
    with pytest.raises(ArgumentError) as error:
        read_family(given)
    assert said in str(error.value)


def test_printed_as_r_prints_a_family() -> None:
    assert str(binomial()) == "\nFamily: binomial \nLink function: logit \n"
    assert str(negative_binomial(2.03432)) == "\nFamily: Negative Binomial(2.0343) \nLink function: log \n"


def test_only_the_negative_binomial_has_a_shape() -> None:
    assert negative_binomial(2).with_theta(5) == negative_binomial(5)
    assert negative_binomial(2).theta == 2
    assert poisson().theta is None
    with pytest.raises(ArgumentError, match="poisson has no shape theta"):
        poisson().with_theta(2)


@pytest.mark.parametrize(
    ("family", "y", "said"),
    [
        (poisson(), [1, -2, 3], "counts, 0 or more; found -2 in 1 row"),
        (negative_binomial(1), [-1, -2, -3, -4], "found -1, -2, -3, ... in 4 rows"),
        (binomial(), [0, 1, 1.2], "between 0 and 1"),
        (Gamma(), [0, 1, 2], "above 0; found 0 in 1 row"),
        (inverse_gaussian(), [1, -1, 2], "above 0"),
    ],
)
def test_responses_that_are_none(family: families.Family, y: list[float], said: str) -> None:
    with pytest.raises(DataError) as error:
        family.check_response(np.array(y, float))
    assert said in str(error.value)


def test_counts_that_are_not_whole_are_said() -> None:
    assert poisson().check_response(np.array([1, 2.5])) == (
        "poisson: counts that are not whole in 1 row, the first 2.5",
    )
    assert binomial().check_response(np.array([0.5, 0.25]), np.array([3.0, 4])) == (
        "binomial: the number of successes (weights times y) is not whole in 1 row",
    )
    assert binomial().check_response(np.array([1 / 3]), np.array([3.0])) == ()


def test_draws_have_mean_and_variance_of_the_family() -> None:
    rng, n = np.random.default_rng(7), 40_000
    mu, w, phi = np.full(n, 0.4), np.full(n, 5.0), 0.3
    drawn = [*(f.simulate(rng, mu, w, phi) for f in (binomial(), Gamma(), inverse_gaussian(), families.gaussian()))]
    variances = [0.24 / 5, 0.3 * 0.16 / 5, 0.3 * 0.064 / 5, 0.3 / 5]
    drawn += [poisson().simulate(rng, mu), negative_binomial(0.8).simulate(rng, mu)]
    variances += [0.4, 0.4 + 0.16 / 0.8]
    for y, variance in zip(drawn, variances, strict=True):
        assert abs(y.mean() - 0.4) < 5 * np.sqrt(variance / n)
        assert abs(y.var() / variance - 1) < 0.1
