"""exactRLRT and exactLRT against RLRsim (tests/data/inference/exact_ratio.R, 100,000 draws) and the definitions."""

from __future__ import annotations

import functools
import json
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy import stats

import pylmer
from pylmer.inference.exact.spectral import Spectrum, projected, simulated_lrt, simulated_rlrt
from tests.printing.pages import lines, same_numbers

FILE = Path(__file__).resolve().parents[1] / "data" / "inference" / "exact_ratio.json"
R: dict[str, Any] = json.loads(FILE.read_text(encoding="utf-8"))
CASES = [(kind, i) for kind in ("RLRT", "LRT") for i in range(len(R[kind]))]
NSIM, SIGMAS = 10_000, 4.0  # Monte-Carlo standard errors, of both samples together, that shares may differ by
sleep, dyestuff = pylmer.datasets.load("sleepstudy"), pylmer.datasets.load("Dyestuff")
UNRESTRICTED = "ignore:no fixed effect is restricted:pylmer.FitNote"


def error(p: Any, *sizes: float) -> Any:
    return np.sqrt(np.asarray(p) * (1 - np.asarray(p)) * sum(1 / size for size in sizes))


@functools.cache
def result(kind: str, i: int) -> Any:
    case = R[kind][i]
    data = pylmer.datasets.load(case["data"])
    if case.get("rows"):
        data = data.iloc[[row - 1 for row in case["rows"]]]
    if kind == "RLRT":
        fits = [pylmer.lmer(case[name], data) for name in ("m", "mA", "m0") if name in case]
        return pylmer.exactRLRT(*fits, nsim=NSIM, seed=8)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", pylmer.FitNote)
        return pylmer.exactLRT(pylmer.lmer(case["m"], data, REML=False), pylmer.lm(case["m0"], data), nsim=NSIM, seed=8)


@pytest.mark.parametrize(("kind", "i"), CASES)
def test_statistic_and_p_value(kind: str, i: int) -> None:
    test, case = result(kind, i), R[kind][i]
    assert test.name == kind
    np.testing.assert_allclose(test.statistic, case["statistic"], rtol=1e-6)
    p = case["p"]
    assert abs(test.p_value - p) <= SIGMAS * error(max(p, 1 / NSIM), NSIM, R["nsim"])
    np.testing.assert_allclose(test.p_error, error(test.p_value, NSIM))


@pytest.mark.parametrize(("kind", "i"), CASES)
def test_quantiles(kind: str, i: int) -> None:
    """The share of our draws below each of RLRsim's quantiles that are not zero."""
    test, case = result(kind, i), R[kind][i]
    found = [(q, p) for q, p in zip(case["quantiles"], R["probs"], strict=True) if q > 0.1]
    shares = np.array([np.mean(test.sample <= q) for q, _ in found])
    probs = np.array([p for _, p in found])
    assert np.all(np.abs(shares - probs) <= SIGMAS * error(probs, NSIM, R["nsim"])), (shares, probs)
    if kind == "RLRT":
        assert abs(np.mean(test.sample < 1e-8) - case["zero"]) <= SIGMAS * error(case["zero"], NSIM, R["nsim"]) + 0.001


@pytest.mark.parametrize(("kind", "i"), CASES)
def test_pages(kind: str, i: int) -> None:
    ours, theirs = lines(str(result(kind, i))), lines(R[kind][i]["page"])
    pages = [[line.replace("10000", "1e+05").split(", p-value")[0] for line in page] for page in (ours, theirs)]
    assert same_numbers(*pages), ours
    if R[kind][i]["p"] == 0:
        assert ours[-2].endswith("p-value < 2.2e-16")


def test_the_grid_finds_the_supremum() -> None:
    """The same draws, each maximized by itself: within 1e-3."""
    mu, m = Spectrum(np.array([1.0, 4.0, 30.0, 116.0]), np.array([20.0, 30.0, 10.0, 2.0])), 300
    sample = simulated_rlrt(mu, m, 40, np.random.default_rng(3))
    rng = np.random.default_rng(3)
    w, rest = rng.chisquare(mu.counts, (40, 4)), rng.chisquare(m - 62, 40)

    def f(lam: np.ndarray, k: int) -> np.ndarray:
        D = rest[k] + (w[k] / (1 + np.outer(lam, mu.values))).sum(axis=1)
        return m * np.log((rest[k] + w[k].sum()) / D) - np.log1p(np.outer(lam, mu.values)) @ mu.counts

    fine = np.append(0.0, np.geomspace(1e-7, 1e4, 20_000))
    np.testing.assert_allclose(sample, [f(fine, k).max() for k in range(40)], atol=1e-3)


def law(fit: pylmer.LmerFit, criterion: str, rng: np.random.Generator, nsim: int, q: int = 0) -> np.ndarray:
    """Draws by theorem 1 of Crainiceanu & Ruppert (2004) on plain matrices, each supremum on a fine grid.

    RLRT has n - p, LRT n before the logarithm; both have n - p squares.
    """
    X, Z = np.asarray(fit.rows.X), pylmer.getME(fit, "Z").toarray()
    n, p = X.shape
    rest = Z.T @ (np.eye(n) - X @ np.linalg.solve(X.T @ X, X.T)) @ Z
    mu, counts = (np.array(each) for each in distinct(np.linalg.eigvalsh(rest)))
    xi, times = (mu, counts) if criterion == "RLRT" else (np.array(e) for e in distinct(np.linalg.eigvalsh(Z.T @ Z)))
    m = n - p if criterion == "RLRT" else n
    w, others = rng.chisquare(counts, (nsim, len(mu))), rng.chisquare(n - p - counts.sum(), nsim)
    lam = np.append(0.0, np.geomspace(1e-6, 1e4, 20_000))
    out = []
    for squares, left in zip(w, others, strict=True):
        D = left + (squares / (1 + np.outer(lam, mu))).sum(axis=1)
        out.append(np.max(m * np.log((left + squares.sum()) / D) - np.log1p(np.outer(lam, xi)) @ times))
    fixed = n * np.log1p(rng.chisquare(q, nsim) / (w.sum(axis=1) + others)) if q else 0.0
    return np.array(out) + fixed


def distinct(values: np.ndarray) -> tuple[list[float], list[int]]:
    kept = np.sort(values[values > 1e-8 * values.max()])
    pieces = np.split(kept, np.flatnonzero(np.diff(kept) > 1e-7 * kept[-1]) + 1)
    return [float(piece.mean()) for piece in pieces], [len(piece) for piece in pieces]


def test_samples_are_those_of_the_theorem() -> None:
    """At one seed, with four fixed effects in 30 rows: n for n - p makes them 15 % larger."""
    data = dyestuff.assign(x=np.sin(np.arange(30)), z=np.cos(np.arange(30) ** 2), v=np.arange(30) % 7).iloc[2:]
    fit = pylmer.lmer("Yield ~ x + z + v + (1 | Batch)", data)
    sample = pylmer.exactRLRT(fit, nsim=60, seed=9).sample
    wanted = law(fit, "RLRT", np.random.default_rng(9), 60)
    assert np.median(wanted[wanted > 1e-3]) > 0.2
    np.testing.assert_allclose(sample, wanted, rtol=1e-3, atol=1e-3)
    ml, null = pylmer.refitML(fit), pylmer.lm("Yield ~ x", data)
    test = pylmer.exactLRT(ml, null, nsim=60, seed=9)
    np.testing.assert_allclose(test.sample, law(ml, "LRT", np.random.default_rng(9), 60, 2), rtol=1e-3, atol=1e-3)


def test_spectrum_of_the_reduced_problem() -> None:
    rng = np.random.default_rng(1)
    codes, x = rng.integers(0, 12, 80), rng.normal(size=80)
    codes[:24] = np.repeat(np.arange(12), 2)
    X, Z = np.column_stack([np.ones(80), x]), np.eye(12)[codes]
    rest = np.eye(80) - X @ np.linalg.inv(X.T @ X) @ X.T
    wanted = np.linalg.eigvalsh(Z.T @ rest @ Z)
    found = projected(np.bincount(codes).astype(float), Z.T @ X, X.T @ X)
    np.testing.assert_allclose(np.repeat(found.values, found.counts.astype(int)), wanted[wanted > 1e-9], rtol=1e-9)


def test_unrestricted_ratio_is_a_chi_square_where_the_groups_say_nothing() -> None:
    """With a negligible mu only the fixed effects count: 3 of them, n large."""
    mu, xi = Spectrum(np.array([1e-9]), np.array([1.0])), Spectrum(np.array([1.0]), np.array([1.0]))
    sample = simulated_lrt(mu, xi, 100_000, 4, 3, 4000, np.random.default_rng(0))
    assert stats.kstest(sample, stats.chi2(3).cdf).pvalue > 0.01


def test_a_statistic_of_zero_needs_no_draws() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", pylmer.FitNote)
        fit = pylmer.lmer("Yield ~ 1 + (1 | Batch)", pylmer.datasets.load("Dyestuff2"))
    test = pylmer.exactRLRT(fit)
    assert (test.statistic, test.p_value, len(test.sample)) == (0.0, 1.0, 0)
    assert lines(str(test))[-2:] == ["RLRT = 0, p-value = 1", ""]  # and "based on 0 simulated values", as RLRsim prints


def test_prior_weights_count_as_rows() -> None:
    """Weights of two are rows taken twice, but for n: the statistic with weights equals its definition."""
    fit = pylmer.lmer("Yield ~ 1 + (1 | Batch)", dyestuff, weights=np.resize([1.0, 2.0], 30))
    null = pylmer.lm("Yield ~ 1", dyestuff, weights=np.resize([1.0, 2.0], 30))
    rss, n = pylmer.deviance(null), 30
    reml = np.log(45.0) + (n - 1) * (1 + np.log(2 * np.pi * rss / (n - 1))) - 15 * np.log(2)
    np.testing.assert_allclose(pylmer.exactRLRT(fit, nsim=10).statistic, reml - pylmer.REMLcrit(fit), rtol=1e-9)


def test_seeds() -> None:
    fit = pylmer.lmer("Yield ~ 1 + (1 | Batch)", dyestuff)
    one, two = (pylmer.exactRLRT(fit, nsim=50, seed=5) for _ in range(2))
    np.testing.assert_array_equal(one.sample, two.sample)


@pytest.mark.filterwarnings(UNRESTRICTED)
def test_bad_input() -> None:
    slopes = pylmer.lmer("Reaction ~ Days + (Days | Subject)", sleep)
    both = pylmer.lmer("Reaction ~ Days + (Days || Subject)", sleep)
    days = pylmer.lmer("Reaction ~ Days + (0 + Days | Subject)", sleep)
    intercepts = pylmer.lmer("Reaction ~ Days + (1 | Subject)", sleep)
    other = pylmer.lmer("Reaction ~ 1 + (1 | Subject)", sleep)
    ml, lm = pylmer.refitML(intercepts), pylmer.lm("Reaction ~ Days", sleep)
    with pytest.raises(pylmer.ArgumentError, match=r"\(Days \| Subject\) has several variances and correlated effects"):
        pylmer.exactRLRT(slopes)
    with pytest.raises(pylmer.ArgumentError, match="several variances of random effects"):
        pylmer.exactRLRT(both)
    with pytest.raises(pylmer.ArgumentError, match="fitted by maximum likelihood: refit it"):
        pylmer.exactRLRT(ml)
    with pytest.raises(pylmer.ArgumentError, match="m0 was fitted by maximum likelihood"):
        pylmer.exactRLRT(days, both, ml)
    with pytest.raises(pylmer.ArgumentError, match=r"m0 must be a fit of lmer\(\), found nothing"):
        pylmer.exactRLRT(days, both)
    with pytest.raises(pylmer.ArgumentError, match="must be those of m0 and that of m"):
        pylmer.exactRLRT(days, intercepts, both)
    with pytest.raises(pylmer.ArgumentError, match="m0 has other fixed effects"):
        pylmer.exactRLRT(days, both, other)
    with pytest.raises(pylmer.DataError, match="m0 was fitted to 150 rows, the model to 180"):
        pylmer.exactRLRT(days, both, pylmer.lmer("Reaction ~ Days + (1 | Subject)", sleep.iloc[:150]))
    with pytest.raises(pylmer.ArgumentError, match="nsim must be a whole number from 1"):
        pylmer.exactRLRT(intercepts, nsim=0)
    with pytest.raises(pylmer.ArgumentError, match="seed must be"):
        pylmer.exactRLRT(intercepts, seed="x")
    with pytest.raises(pylmer.ArgumentError, match="give it refitML"):
        pylmer.exactLRT(intercepts, lm)
    with pytest.raises(pylmer.ArgumentError, match=r"m0 must be a fit of lm\(\), found LmerFit"):
        pylmer.exactLRT(ml, intercepts)
    with pytest.raises(pylmer.ArgumentError, match="not nested"):
        pylmer.exactLRT(ml, pylmer.lm("Reaction ~ I(Days^2)", sleep))
    with pytest.raises(pylmer.DataError, match="m0 was fitted with another response"):
        pylmer.exactLRT(ml, pylmer.lm("I(Reaction + 1) ~ Days", sleep))
    with pytest.raises(pylmer.DataError, match="with other prior weights"):
        pylmer.exactLRT(ml, pylmer.lm("Reaction ~ Days", sleep, weights=np.resize([1, 2], 180)))
    with pytest.raises(pylmer.DataError, match="with another offset"):
        pylmer.exactLRT(ml, pylmer.lm("Reaction ~ Days + offset(Days)", sleep))
    with pytest.raises(pylmer.ArgumentError, match=r"wants a fit of lmer\(\), found LmFit"):
        pylmer.exactRLRT(lm)


def test_note_without_restriction_points_here() -> None:
    fit = pylmer.lmer("Yield ~ 1 + (1 | Batch)", dyestuff, REML=False)
    with pytest.warns(pylmer.FitNote, match="no fixed effect is restricted") as caught:
        pylmer.exactLRT(fit, pylmer.lm("Yield ~ 1", dyestuff), 10)
    assert caught[0].filename == __file__
