"""Bootstraps against lme4, boot and pbkrtest (tests/data/inference/bootstrap.R), and against refits one by one."""

from __future__ import annotations

import json
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import pylmer
from pylmer.extract import NamedVector
from pylmer.inference.bootstrap.cases import refitted, resampled_rows, taken
from pylmer.inference.bootstrap.likelihood_ratios import compared
from pylmer.inference.bootstrap.residuals import reflated, reflated_modes, reflated_residuals
from pylmer.partial_pooling.fixed_theta import at_theta
from pylmer.simulation.drawing import draw_responses
from pylmer.text import progress
from tests.reference.cases import fit as reference_fit
from tests.test_laws import fit

FILE = Path(__file__).resolve().parents[1] / "data" / "inference" / "bootstrap.json"
R: dict[str, Any] = json.loads(FILE.read_text(encoding="utf-8"))
SLEEP = pylmer.datasets.load("sleepstudy")


@pytest.fixture(scope="module")
def sleep() -> pylmer.LmerFit:
    return reference_fit("dev-sleep-rs")  # type: ignore[no-any-return]


@pytest.fixture(scope="module")
def boot(sleep: pylmer.LmerFit) -> pylmer.BootMer:
    return pylmer.bootMer(sleep, ["fixef", "sigma", "theta"], nsim=2000, seed=1)


def from_R(given: dict[str, Any]) -> pylmer.BootMer:
    """R's replicates as a record."""
    names = given["names"]
    t0, t = NamedVector(given["t0"], index=names, dtype=float), pd.DataFrame(given["t"], columns=names)
    return pylmer.BootMer(t0, t, 1, "parametric", "bootMer(x = fit, FUN = mySumm)", n_singular=0, failures={})


# --- against R -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("k", range(4))
@pytest.mark.usefixtures("sleep")  # records learn to print with the first fit
def test_pages(k: int) -> None:
    """Whole for records of bootMer; the fourth was made by hand, and R knows no title for it."""
    ours, theirs = str(from_R(R["boots"][k])).split("\n"), R["boots"][k]["page"]
    start = 0 if k < 3 else 3
    assert ours[start:][1:] == theirs[1:]


@pytest.mark.parametrize("k", range(3))
@pytest.mark.parametrize(("type", "level"), [("perc", 0.95), ("basic", 0.9), ("norm", 0.95)])
@pytest.mark.filterwarnings("ignore:extreme order")
def test_intervals_of_the_same_replicates(k: int, type: str, level: float) -> None:
    ours = from_R(R["boots"][k]).confint(type=type, level=level)
    np.testing.assert_allclose(ours, R["boots"][k][type], rtol=1e-10, atol=1e-12)
    np.testing.assert_allclose(pylmer.confint(from_R(R["boots"][k]), level=level, type=type), ours)


def test_equal_in_distribution(boot: pylmer.BootMer) -> None:
    """The share of our 2,000 replicates below lme4's quantiles of 5,000: within 4 Monte Carlo standard errors."""
    assert list(boot.t.columns) == R["names"]
    probs = np.array(R["probs"])
    below = np.mean(boot.t.to_numpy()[:, :, None] <= np.array(R["quantiles"]), axis=0)
    error = np.sqrt(probs * (1 - probs) * (1 / 2000 + 1 / 5000))
    assert np.max(np.abs(below - probs) / error) < 4


def test_limits_of_lme4(sleep: pylmer.LmerFit) -> None:
    """confint(method="boot"), 2,000 replicates each: R's limits lie at our 2.5 and 97.5 %, within 4 standard errors."""
    order = [0, 2, 1, 3, 4, 5]  # lme4 1.1 lists the correlation second
    t = pylmer.bootMer(sleep, nsim=2000, seed=3).t.to_numpy()
    below = np.mean(t[:, :, None] <= np.array(R["confint"]["values"])[order], axis=0)
    assert np.max(np.abs(below - [0.025, 0.975])) < 4 * np.sqrt(0.025 * 0.975 * 2 / 2000)


def test_confint(sleep: pylmer.LmerFit) -> None:
    ours = pylmer.confint(sleep, method="boot", nsim=200, seed=2)
    assert list(ours.columns) == R["confint"]["cols"]
    assert list(ours.index) == list(pylmer.confint(sleep).index)
    named = pylmer.confint(sleep, method="boot", nsim=200, seed=2, signames=False)
    assert {*named.index} == {*R["named"]}
    record = pylmer.bootMer(sleep, nsim=200, seed=2)
    np.testing.assert_array_equal(named, record.confint())
    basic = pylmer.confint(sleep, "beta_", method="boot", nsim=200, seed=2, boot_type="basic", level=0.9)
    np.testing.assert_array_equal(basic, record.confint(["(Intercept)", "Days"], 0.9, "basic"))
    own = pylmer.confint(sleep, method="boot", nsim=99, seed=2, FUN=pylmer.fixef)
    assert list(own.index) == ["(Intercept)", "Days"]
    assert str(ours).split("\n")[0].split() == ["2.5", "%", "97.5", "%"]


# --- against refits --------------------------------------------------------------------------------------------------


def each_refit(model: pylmer.LmerFit, Y: pd.DataFrame) -> list[pylmer.LmerFit]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", pylmer.FitNote)
        return [pylmer.refit(model, Y[column]) for column in Y]


@pytest.mark.parametrize("given", [{}, {"use_u": True}, {"re_form": "~ (1 | sample)"}])
def test_replicates_are_refits_of_simulate(given: dict[str, Any]) -> None:
    model = reference_fit("dev-penicillin-reml")
    record = pylmer.bootMer(model, ["fixef", "theta", "sigma"], nsim=3, seed=4, **given)
    ones = each_refit(model, pylmer.simulate(model, nsim=3, seed=4, **given))
    np.testing.assert_allclose(record.t.iloc[:, 0], [one.beta[0] for one in ones], rtol=1e-8)
    np.testing.assert_allclose(record.t.iloc[:, 1:3], [one.theta for one in ones], rtol=1e-5)
    np.testing.assert_allclose(record.t["sigma"], [one.sigma for one in ones], rtol=1e-6)


@pytest.mark.parametrize("name", ["dev-sleep-rs", "dev-cov-cs", "dev-cov-ar1-hom", "dev-cov-diag-hom", "dev-sleep-dbl"])
def test_what_is_read_off_is_what_a_fit_says(name: str) -> None:
    model = reference_fit(name)
    fast = pylmer.bootMer(model, nsim=4, seed=5)

    def slow_way(one: pylmer.LmerFit) -> list[float]:
        sds, correlations = [], []
        for term in pylmer.VarCorr(one).values():
            sd, hom = term.stddev.to_list(), reference_fit(name).design.random[0].hom
            sds += sd[:1] if hom else sd
            C = term.correlation.to_numpy()
            k = len(sd)
            pairs = [(i, j) for j in range(k) for i in range(j + 1, k)]
            correlations += [C[i, j] for i, j in pairs][: len(fast.t0) - len(one.beta) - 1 - len(sds)]
        return [*sds, *correlations, one.sigma, *one.beta]

    np.testing.assert_allclose(fast.t0, slow_way(model), rtol=1e-10)
    slow = pylmer.bootMer(model, slow_way, nsim=4, seed=5)
    np.testing.assert_allclose(slow.t, fast.t, rtol=1e-8)
    assert slow.n_singular == fast.n_singular
    assert list(slow.t.columns) == [f"t{k + 1}" for k in range(len(fast.t0))]


def test_words_and_names_of_statistics(sleep: pylmer.LmerFit) -> None:
    def record(FUN: Any) -> pylmer.BootMer:
        return pylmer.bootMer(sleep, FUN, nsim=2, seed=6)

    assert list(record(pylmer.fixef).t.columns) == ["(Intercept)", "Days"]
    assert list(record(pylmer.sigma).t.columns) == ["sigma"]
    np.testing.assert_array_equal(record(pylmer.VarCorr).t, record("sdcor").t)
    np.testing.assert_allclose(record(pylmer.fixef).t, record(lambda one: pylmer.fixef(one)).t, rtol=1e-10)
    assert record(lambda one: pylmer.fixef(one)).t0.index.to_list() == ["(Intercept)", "Days"]
    assert record(lambda one: one.sigma).t.shape == (2, 1)
    assert record(pylmer.fixef).as_frame().equals(record(pylmer.fixef).t)


def test_a_seed_makes_it_reproducible(sleep: pylmer.LmerFit) -> None:
    one, two = (pylmer.bootMer(sleep, nsim=3, seed=7).t for _ in range(2))
    assert one.equals(two)
    rng = np.random.default_rng(7)
    assert pylmer.bootMer(sleep, nsim=3, seed=rng).t.equals(one)
    assert not pylmer.bootMer(sleep, nsim=3, seed=rng).t.equals(one)


@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")
def test_several_processes(sleep: pylmer.LmerFit) -> None:
    """The same draws; a batch of another size rounds differently."""
    alone = pylmer.bootMer(sleep, lambda one: one.sigma, nsim=9, seed=8)
    shared = pylmer.bootMer(sleep, lambda one: one.sigma, nsim=9, seed=8, parallel="multicore", ncpus=2)
    np.testing.assert_allclose(shared.t, alone.t, rtol=1e-9)


# --- semiparametric, residual and case -------------------------------------------------------------------------------


def test_semiparametric(sleep: pylmer.LmerFit) -> None:
    """Every response is fitted value plus some residual of the fit."""
    record = pylmer.bootMer(sleep, lambda one: one.rows.y, nsim=2, seed=9, use_u=True, type="semiparametric")
    residuals = np.sort(sleep.rows.y - sleep.mu)
    for y in record.t.to_numpy():
        e = y - sleep.mu
        at = np.searchsorted(residuals, e - 1e-9)
        np.testing.assert_allclose(residuals[at], e, atol=1e-8)
        assert len(np.unique(at)) < 180


@pytest.mark.parametrize("name", ["dev-sleep-rs", "dev-sleep-dbl", "dev-penicillin-reml", "dev-weights-rs-ml"])
def test_modes_and_residuals_are_reflated(name: str) -> None:
    """Centred, with exactly the covariance of the model (Carpenter, Goldstein & Rasbash 2003)."""
    model = reference_fit(name)
    for group, modes in reflated_modes(model).items():
        terms = [k for k, term in enumerate(model.design.random) if term.group == group]
        S = modes.T @ modes / len(modes)
        at = 0
        for k in terms:
            T = model.sigma * model.solution.T[k]
            np.testing.assert_allclose(S[at : at + len(T), at : at + len(T)], T @ T.T, rtol=1e-8, atol=1e-10)
            at += len(T)
        assert np.max(np.abs(modes.mean(axis=0))) < 1e-10 * np.max(np.abs(modes))
    e = reflated_residuals(model)
    np.testing.assert_allclose([e.mean(), np.mean(e**2)], [0, model.sigma**2], atol=1e-10 * model.sigma**2)


def test_modes_without_variance_stay_zero() -> None:
    model = reference_fit("dev-dyestuff2-reml")
    assert not reflated_modes(model)["Batch"].any()
    line = np.outer(np.arange(5.0), [1.0, 2.0])  # a correlation of one
    turned = reflated(line, np.array([[1.0, 0.0], [2.0, 0.0]]))
    np.testing.assert_allclose(turned.T @ turned / 5, [[1, 2], [2, 4]], atol=1e-12)


def unbalanced() -> pd.DataFrame:
    """148 rows of sleepstudy, 7 to 10 of each subject, with weights, an offset and halves of the subjects."""
    i = np.arange(180)
    data = SLEEP.assign(w=1 + i % 3, o=5 * np.sin(i), half=np.where(i // 10 < 9, "a", "b"))
    return data[(i % 10 >= i // 10 % 5) | (data["Subject"].astype(str) == "309")]


def test_residual_bootstrap() -> None:
    """Draws of one seed by the definition (Carpenter, Goldstein & Rasbash 2003, section 3.2), and refits of them.

    Modes U, centred, times A with A'SA = Sigma, S = U'U / J: A = (L_R L_S^-1)'. Residuals e sqrt(w), centred, with the
    mean square sigma^2, drawn and divided by sqrt(w). A new response is offset + X beta + Z b* + e*.
    """
    data = unbalanced()
    model = pylmer.lmer("Reaction ~ Days + (Days | Subject)", data, weights="w", offset="o")
    record = pylmer.resid_bootstrap(model, lambda one: [*one.rows.y, *one.beta], nsim=3, seed=10)
    U = pylmer.ranef(model)["Subject"].to_numpy()
    U = U - U.mean(axis=0)
    root = [np.linalg.cholesky(each) for each in (pylmer.VarCorr(model)["Subject"].to_numpy(), U.T @ U / len(U))]
    modes = U @ np.linalg.inv(root[1]).T @ root[0].T
    weight = np.sqrt(data["w"].to_numpy())
    e = weight * (data["Reaction"] - pylmer.fitted(model)).to_numpy()
    e = (e - e.mean()) * model.sigma / np.std(e)
    days, fixed = data["Days"].to_numpy(), pylmer.fixef(model)
    codes = model.rows.random[0].codes
    rng = np.random.default_rng(10)
    for row in record.t.to_numpy():
        b = modes[rng.integers(0, 18, 18)][codes]
        noise = e[rng.integers(0, len(e), len(e))] / weight
        y = data["o"] + fixed["(Intercept)"] + b[:, 0] + (fixed["Days"] + b[:, 1]) * days + noise
        np.testing.assert_allclose(row[:-2], y, rtol=1e-9)
        again = fit("y ~ Days + (Days | Subject)", data.assign(y=y), weights="w", offset="o")
        np.testing.assert_allclose(row[-2:], again.beta, rtol=1e-6)
    text = str(pylmer.resid_bootstrap(model, pylmer.fixef, nsim=2, seed=10))
    assert text.startswith("\nRESIDUAL BOOTSTRAP\n\n\nCall:\nresid_bootstrap(x = fit, FUN = fixef, nsim = 2")


def test_modes_of_all_terms_on_a_factor_are_drawn_together() -> None:
    """(1 | g) and (0 + z | g) by the level of g, (1 | h) by itself; without fixed z the modes of z have a mean."""
    data = pd.read_csv(FILE.parents[1] / "extract" / "two_terms.csv").assign(
        z=lambda d: d["z"] + 1, y=lambda d: d.y + d.z
    )
    model = pylmer.lmer("y ~ x + (1 | g) + (0 + z | g) + (1 | h)", data)
    record = pylmer.resid_bootstrap(model, lambda one: one.rows.y, nsim=3, seed=4)
    modes, variances, drawn = pylmer.ranef(model), pylmer.VarCorr(model), {}
    assert list(modes) == ["g", "h"]
    assert abs(modes["g"]["z"].mean()) > 0.2
    for factor, names in (("g", ["g", "g.1"]), ("h", ["h"])):
        U = modes[factor].to_numpy() - modes[factor].to_numpy().mean(axis=0)
        sd = np.sqrt([variances[name].iloc[0, 0] for name in names])
        drawn[factor] = U @ np.linalg.inv(np.linalg.cholesky(U.T @ U / len(U))).T * sd
    e = (data["y"] - pylmer.fitted(model)).to_numpy()
    e = (e - e.mean()) * model.sigma / np.std(e)
    codes = {factor: data[factor].astype("category").cat.codes.to_numpy() for factor in drawn}
    rng = np.random.default_rng(4)
    for y in record.t.to_numpy():
        g, h = (drawn[f][rng.integers(0, len(drawn[f]), len(drawn[f]))][codes[f]] for f in ("g", "h"))
        noise = e[rng.integers(0, len(e), len(e))]
        mean = model.beta[0] + model.beta[1] * data["x"]
        np.testing.assert_allclose(y, mean + g[:, 0] + g[:, 1] * data["z"] + h[:, 0] + noise, rtol=1e-8, atol=1e-8)


@pytest.mark.parametrize("resample", [None, (True, True), (False, True)])
def test_case_bootstrap(resample: Any) -> None:
    """The rows that one seed draws, with their weights and offsets, fitted as a data frame is."""
    data = unbalanced()
    model = pylmer.lmer("Reaction ~ Days + (Days | Subject)", data, weights="w", offset="o")
    given = {} if resample is None else {"resample": resample}
    record = pylmer.case_bootstrap(model, ["fixef", "sigma"], nsim=3, seed=11, **given)
    assert record.sim == "case"
    assert str(record).startswith("\nCASE BOOTSTRAP\n")
    rng, codes = np.random.default_rng(11), model.rows.random[0].codes
    for row in record.t.to_numpy():
        rows, new = drawn_rows(codes, (True, False) if resample is None else resample, rng)
        frame = data.iloc[rows].assign(S=[f"s{k:02d}" for k in new])
        again = fit("Reaction ~ Days + (Days | S)", frame, weights="w", offset="o")
        np.testing.assert_allclose(row, [*again.beta, again.sigma], rtol=1e-6)


def drawn_rows(codes: np.ndarray, flags: tuple[bool, bool], rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Subjects with replacement if the first flag says so, then the rows of each if the second does."""
    groups = [np.flatnonzero(codes == k) for k in range(18)]
    if flags[0]:
        groups = [groups[k] for k in rng.integers(0, 18, 18)]
    if flags[1]:
        groups = [rows[rng.integers(0, len(rows), len(rows))] for rows in groups]
    return np.concatenate(groups), np.repeat(np.arange(18), [len(rows) for rows in groups])


def test_rows_drawn_are_whole_groups() -> None:
    school, classroom = np.repeat([0, 1, 2], [4, 5, 6]), np.repeat([0, 1, 2, 3, 4], 3)
    rng = np.random.default_rng(12)
    for _ in range(20):
        rows, (top, below) = resampled_rows([school, classroom], (True, False, False), rng)
        assert top.max() == 2
        for group in range(3):
            mine = rows[top == group]
            np.testing.assert_array_equal(np.sort(mine), np.flatnonzero(school == school[mine[0]]))
        assert len({*zip(top, below, strict=True)}) == below.max() + 1
        rows, (top, _) = resampled_rows([school, classroom], (False, False, True), rng)
        np.testing.assert_array_equal(classroom[rows], classroom)
        rows, _ = resampled_rows([school, classroom], (False, True, False), rng)
        assert {*school[rows]} == {0, 1, 2}


def test_resampled_rows_are_fitted_as_a_data_frame_is() -> None:
    """Groups drawn twice are two groups: the same as lmer on the rows with new labels."""
    model = reference_fit("dev-sleep-rs")
    codes = model.rows.random[0].codes
    rows, (new,) = resampled_rows([codes], (True, True), np.random.default_rng(13))
    ours = refitted(model, taken(model.data, rows, {"Subject": new}), rows)
    theirs = fit("Reaction ~ Days + (Days | S)", SLEEP.iloc[rows].assign(S=[f"s{k}" for k in new]))
    np.testing.assert_allclose(ours.optimum.value, theirs.optimum.value, rtol=1e-10)
    np.testing.assert_allclose(ours.beta, theirs.beta, rtol=1e-8)
    assert len({*pylmer.ranef(ours)["Subject"].index}) == 18
    np.testing.assert_array_equal(pylmer.model_frame(ours)["Days"], SLEEP["Days"].iloc[rows])


# --- failures, Ctrl-C, progress --------------------------------------------------------------------------------------


def every_third(error: type[BaseException]) -> Any:
    counter: Iterator[int] = iter(range(100))

    def FUN(one: pylmer.LmerFit) -> Any:
        if next(counter) % 3 == 2:
            raise error("bad luck")
        return pylmer.fixef(one)

    return FUN


def test_failures_are_counted(sleep: pylmer.LmerFit) -> None:
    with pytest.warns(pylmer.FitNote, match=r"some bootstrap runs failed \(2/7\)") as caught:
        record = pylmer.bootMer(sleep, every_third(ValueError), nsim=7, seed=1)
    assert caught[0].filename == __file__
    assert record.n_failed == 2
    assert record.failures == {1: "ValueError: bad luck", 4: "ValueError: bad luck"}
    assert record.t.isna().all(axis=1).to_list() == [False, True, False, False, True, False, False]
    assert str(record).endswith("\n2 error(s): ValueError: bad luck")
    assert np.isfinite(record.confint(type="norm").to_numpy()).all()


def test_singular_replicates_are_counted() -> None:
    model = reference_fit("dev-dyestuff2-reml")
    record = pylmer.bootMer(model, nsim=20, seed=1)
    assert record.n_singular > 5
    assert f"{record.n_singular} message(s): boundary (singular) fit: see help('isSingular')" in str(record)


def test_interrupted(sleep: pylmer.LmerFit) -> None:
    """Ctrl-C leaves a record of what is done."""
    whole = pylmer.bootMer(sleep, pylmer.fixef, nsim=7, seed=1)
    with pytest.raises(pylmer.Interrupted, match="stopped after 1 of 7 replicates") as stopped:
        pylmer.bootMer(sleep, every_third(KeyboardInterrupt), nsim=7, seed=1)
    partial = stopped.value.partial
    assert isinstance(partial, pylmer.BootMer)
    np.testing.assert_allclose(partial.t, whole.t.iloc[:1], rtol=1e-10)
    assert isinstance(stopped.value, KeyboardInterrupt)


def test_progress_bar(sleep: pylmer.LmerFit, capsys: pytest.CaptureFixture[str], monkeypatch: Any) -> None:
    pytest.importorskip("tqdm")
    pylmer.bootMer(sleep, pylmer.fixef, nsim=3, progress=True)
    assert "bootstrap" in capsys.readouterr().err
    pylmer.bootMer(sleep, pylmer.fixef, nsim=3)
    assert capsys.readouterr().err == ""
    monkeypatch.setattr(progress, "find_spec", lambda _: None)
    with pytest.raises(pylmer.MissingExtraError, match=r'pip install "pylmer\[progress\]"'):
        pylmer.bootMer(sleep, pylmer.fixef, nsim=3, progress=True)


def test_a_response_that_cannot_be_fitted_is_counted(sleep: pylmer.LmerFit, monkeypatch: pytest.MonkeyPatch) -> None:
    def some_constant(*given: Any) -> np.ndarray:
        Y = draw_responses(*given)
        Y[:, 1] = 3.0
        return Y

    monkeypatch.setattr("pylmer.inference.bootstrap.words.draw_responses", some_constant)
    for FUN in (pylmer.fixef, lambda one: one.beta):
        with pytest.warns(pylmer.FitNote, match=r"some bootstrap runs failed \(1/3\)"):
            record = pylmer.bootMer(sleep, FUN, nsim=3, seed=1)
        assert "reproduces the response exactly" in record.failures[1]
        assert record.t.isna().all(axis=1).to_list() == [False, True, False]


def test_html(boot: pylmer.BootMer) -> None:
    page = boot._repr_html_()
    assert "<th>std. error</th>" in page
    assert '<th style="text-align:left">Days</th>' in page


# --- PBmodcomp -------------------------------------------------------------------------------------------------------


def models(k: int) -> tuple[pylmer.LmerFit, pylmer.LmerFit]:
    test = R["tests"][k]
    data = SLEEP if test["data"] == "sleepstudy" else pd.DataFrame(R["beets"])
    return fit(test["large"], data, REML=test["REML"]), fit(test["small"], data, REML=test["REML"])


@pytest.mark.parametrize("k", range(3))
def test_comparison_of_the_same_replicates(k: int) -> None:
    """R's simulated statistics give R's table, its summary and both pages."""
    given = R["tests"][k]
    statistic, df = given["LRT"][:2]
    record = compared((given["large"], given["small"]), statistic, df, np.array(given["ref"]), given["nsim"], 1, 1.5)
    assert str(record).split("\n") == given["page"]
    summary = pylmer.summary(record)
    assert str(summary).split("\n") == given["summary"]
    for name, theirs in given["table"].items():
        np.testing.assert_allclose(summary.test[name], [np.nan if x == "NA" else x for x in theirs], rtol=1e-10)
    np.testing.assert_allclose([summary.se, *summary.ci], [given["se"], *given["ci"]], atol=1.5e-4)  # R rounds
    assert "<th>p.value</th>" in record._repr_html_()
    assert ">Bartlett</th>" in summary._repr_html_()


@pytest.mark.parametrize("k", [0, 2])
def test_p_value(k: int) -> None:
    """Against R's, within 4 Monte Carlo standard errors of the two."""
    given, (large, small) = R["tests"][k], models(k)
    record = pylmer.PBmodcomp(large, small, nsim=1000, seed=1)
    np.testing.assert_allclose(record.stat, given["LRT"][0], rtol=1e-5)
    p = given["table"]["p.value"][1]
    error = np.sqrt(p * (1 - p) * (1 / 1000 + 1 / given["nsim"]))
    assert abs(record.test["p.value"].iloc[1] - p) < 4 * error


def test_reml_fits_are_compared_by_ml() -> None:
    large, small = models(1)
    record = pylmer.PBmodcomp(large, small, nsim=20, seed=1)
    np.testing.assert_allclose(record.stat, R["tests"][1]["LRT"][0], rtol=1e-5)


def test_a_variance_is_tested_too(sleep: pylmer.LmerFit) -> None:
    """Half of the statistics of a variance and a covariance are near zero; none is lost."""
    small = fit("Reaction ~ Days + (1 | Subject)", SLEEP)
    record = pylmer.PBmodcomp(sleep, small, nsim=100, seed=1)
    assert record.df == 2
    assert len(record.ref) == 100
    assert np.all(record.ref >= 0)
    assert record.test["p.value"].iloc[1] == 1 / 101


def test_interrupted_comparison(monkeypatch: pytest.MonkeyPatch) -> None:
    module = "pylmer.inference.bootstrap.likelihood_ratios"
    calls = iter(range(10))

    def ratios(shared: Any, Y: np.ndarray) -> np.ndarray:
        if next(calls):
            raise KeyboardInterrupt
        return np.ones(Y.shape[1])

    monkeypatch.setattr(f"{module}.likelihood_ratios", ratios)
    monkeypatch.setattr(f"{module}.batch_sizes", lambda fit, nsim: [5, 5])
    with pytest.raises(pylmer.Interrupted, match="stopped after 5 of 10") as stopped:
        pylmer.PBmodcomp(*models(0), nsim=10, seed=1)
    partial: Any = stopped.value.partial
    assert len(partial.ref) == 5
    with pytest.raises(pylmer.ArgumentError, match="give a larger nsim"):
        pylmer.summary(partial)


def test_models_that_cannot_be_compared(sleep: pylmer.LmerFit) -> None:
    small = fit("Reaction ~ 1 + (Days | Subject)", SLEEP)
    with pytest.raises(pylmer.ArgumentError, match="give the large model first"):
        pylmer.PBmodcomp(small, sleep)
    with pytest.raises(pylmer.ArgumentError, match="nothing to test"):
        pylmer.PBmodcomp(sleep, sleep)
    with pytest.raises(pylmer.ArgumentError, match="not nested"):
        pylmer.PBmodcomp(sleep, fit("Reaction ~ I(Days^2) + (1 | Subject)", SLEEP))
    with pytest.raises(pylmer.DataError, match="different rows: 180 and 100"):
        pylmer.PBmodcomp(sleep, fit("Reaction ~ 1 + (Days | Subject)", SLEEP.head(100)))
    with pytest.raises(pylmer.DataError, match="different responses"):
        pylmer.PBmodcomp(sleep, fit("log(Reaction) ~ 1 + (Days | Subject)", SLEEP))
    with pytest.raises(pylmer.ArgumentError, match="theta of one of the models is held"):
        pylmer.PBmodcomp(at_theta(sleep, sleep.theta), small)
    with pytest.raises(pylmer.ArgumentError, match="wants two fits of lmer"):
        pylmer.PBmodcomp(sleep, [[0, 1]])


# --- bad input -------------------------------------------------------------------------------------------------------

BAD: dict[str, tuple[Any, str]] = {
    "nsim": (lambda m: pylmer.bootMer(m, nsim=0), "nsim must be a whole number from 1, found 0"),
    "nsim of a test": (lambda m: pylmer.PBmodcomp(m, m, nsim=-1), "nsim must be a whole number"),
    "seed": (lambda m: pylmer.bootMer(m, seed="x"), "seed must be"),
    "type": (lambda m: pylmer.bootMer(m, type="nonparametric"), "wanted one of 'parametric', 'semiparametric'"),
    "semiparametric": (lambda m: pylmer.bootMer(m, type="semiparametric"), "it needs use_u=True"),
    "both": (lambda m: pylmer.bootMer(m, use_u=True, re_form="~0"), "give one"),
    "text": (lambda m: pylmer.bootMer(m, lambda one: "a"), "FUN returned a str for the fit; wanted a number"),
    "matrix": (lambda m: pylmer.bootMer(m, pylmer.vcov), "FUN returned a DataFrame"),
    "nothing": (lambda m: pylmer.bootMer(m, lambda one: []), "no numbers"),
    "lengths": (lambda m: pylmer.bootMer(m, growing()), "2 numbers for a replicate and 1 for the fit"),
    "no function": (lambda m: pylmer.bootMer(m, 3), "FUN must be a function"),
    "name": (lambda m: pylmer.bootMer(m, "fixeff"), "did you mean 'fixef'"),
    "parallel": (lambda m: pylmer.bootMer(m, parallel="yes"), "parallel='yes': wanted one of 'no'"),
    "snow": (
        lambda m: pylmer.bootMer(m, lambda one: 1.0, nsim=2, parallel="snow", ncpus=2),
        "use a function defined in",
    ),
    "ncpus": (lambda m: pylmer.bootMer(m, ncpus=0), "ncpus must be a whole number from 1"),
    "progress": (lambda m: pylmer.bootMer(m, progress="yes"), "progress='yes': bootMer.. wants True, False or None"),
    "boot_type": (lambda m: pylmer.confint(m, method="boot", boot_type="bca"), "boot_type='bca': wanted one of 'perc'"),
    "option": (lambda m: pylmer.confint(m, method="boot", nsims=3), "nsims.*it takes"),
    "method": (lambda m: pylmer.confint(m, method="bootstrap"), "knows 'Wald', 'profile', 'boot'"),
    "interval": (lambda m: pylmer.bootMer(m, nsim=2).confint(type="bca"), "type='bca'"),
    "level": (lambda m: pylmer.bootMer(m, nsim=2).confint(level=95), "level"),
    "row": (lambda m: pylmer.bootMer(m, nsim=2).confint("Day"), "no such parameter; did you mean 'Days'"),
    "resample": (
        lambda m: pylmer.case_bootstrap(m, resample=(True,)),
        "wanted 2 of True or False, for Subject,",
    ),
    "resample nothing": (lambda m: pylmer.case_bootstrap(m, resample=(False, False)), "nothing would be resampled"),
    "resample 3": (lambda m: pylmer.case_bootstrap(m, resample=3), "resample=3"),
    "not a fit": (lambda m: pylmer.bootMer(pylmer.lm("Reaction ~ Days", SLEEP)), "wants a fit of lmer"),
}


def growing() -> Any:
    lengths = iter(range(1, 100))
    return lambda one: np.zeros(next(lengths))


@pytest.mark.parametrize("name", BAD)
def test_bad_input(name: str, sleep: pylmer.LmerFit) -> None:
    call, text = BAD[name]
    with pytest.raises(pylmer.ArgumentError, match=text):
        call(sleep)


def test_crossed_groups_cannot_be_drawn() -> None:
    with pytest.raises(pylmer.ArgumentError, match="plate is not nested in sample"):
        pylmer.case_bootstrap(reference_fit("dev-penicillin-reml"))


def test_few_replicates_are_said(sleep: pylmer.LmerFit) -> None:
    with pytest.warns(pylmer.FitNote, match="extreme order statistics used as endpoints: 20 replicates") as caught:
        pylmer.bootMer(sleep, nsim=20, seed=1).confint()
    assert caught[0].filename == __file__
    with pytest.warns(pylmer.FitNote, match="are few for a level of 0.95") as caught:
        pylmer.confint(sleep, method="boot", nsim=20, seed=1)
    assert caught[0].filename == __file__


def test_weighted_responses_have_their_variance() -> None:
    model = reference_fit("dev-weights-rs-ml")
    w, Y = (
        model.rows.weights,
        draw_responses(model, 400, np.random.default_rng(1), kept=range(len(model.design.random))),
    )
    scaled = (Y - model.mu[:, None]) * np.sqrt(w)[:, None]
    np.testing.assert_allclose(scaled.std(), model.sigma, rtol=0.02)
