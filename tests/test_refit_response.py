"""A refit knows its response, and so do the fits inside bootstraps: whatever goes back to what was asked gives what it
gives where the response is a column of the data. R's numbers are from such a column (lme4 1.1-31, lmerTest 3.1-3)."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

import pylmer
from pylmer.fit.many_fits import refit_all

pytestmark = pytest.mark.filterwarnings("ignore::pylmer.FitNote")  # responses of noise have singular fits


def data() -> pd.DataFrame:
    """sleepstudy with missing values in z; y2 is another response, in the R call `Reaction + 30*sin(i) - 2*Days`."""
    frame, i = pylmer.datasets.load("sleepstudy"), np.arange(1, 181)
    z = np.cos(i)
    z[[4, 76]] = np.nan
    y2 = frame["Reaction"] + 30 * np.sin(i) - 2 * frame["Days"]
    return frame.assign(z=z, w=1 + (i % 3) / 2, o=(i % 7) * 1.0, y2=y2, f=np.tile(["a", "b", "c"], 60))


CALLS: dict[str, dict[str, Any]] = {
    "plain": {"formula": "{} ~ Days + f + (Days | Subject)"},
    "everything": {
        "formula": "{} ~ Days + z + f + offset(o) + (Days | Subject)",
        "weights": "w",
        "subset": "Days < 9",
        "na_action": "exclude",
    },
    "two bars": {"formula": "{} ~ poly(Days, 2) + z + f + (1 | Subject) + (0 + Days | Subject)", "REML": False},
    "arrays": {"formula": "{} ~ Days + f + (Days || Subject)", "weights": data()["w"], "offset": data()["o"].tolist()},
}


def fit(name: str, response: str, **more: Any) -> pylmer.LmerFit:
    given = dict(CALLS[name])
    return pylmer.lmer(given.pop("formula").format(response), data(), **given, **more)


def by_data_row(of: pylmer.LmerFit) -> pylmer.LmerFit:
    return pylmer.refit(of, data()["y2"].to_numpy())


def by_used_row(of: pylmer.LmerFit) -> pylmer.LmerFit:
    return pylmer.refit(of, data()["y2"].to_numpy()[of.rows.kept])


def by_batch(of: pylmer.LmerFit) -> pylmer.LmerFit:
    y2 = data()["y2"].to_numpy()[of.rows.kept]
    return refit_all(of, np.column_stack([of.rows.y, y2])).model(1)


def pickled(of: pylmer.LmerFit) -> pylmer.LmerFit:
    again: pylmer.LmerFit = pickle.loads(pickle.dumps(by_data_row(of)))
    return again


WAYS = {made.__name__: made for made in (by_data_row, by_used_row, by_batch, pickled)}


def criterion(found: pylmer.LmerFit) -> list[float]:
    return [found.optimum.value, *found.beta, found.sigma]


def unnamed(frame: pd.DataFrame) -> np.ndarray:
    return frame.select_dtypes("number").to_numpy(float)


WORDS: dict[str, Callable[[Any], Any]] = {
    "update, more": lambda of: criterion(pylmer.update(of, ". ~ . + I(Days^2)")),
    "update, rows": lambda of: criterion(pylmer.update(of, ". ~ . + o + w - f")),
    "update, REML": lambda of: criterion(pylmer.update(of, REML=not of.REML)),
    "update, weights": lambda of: criterion(pylmer.update(of, weights="w^2", offset=None)),
    "update, same": lambda of: criterion(pylmer.update(of)),
    "update twice": lambda of: criterion(pylmer.update(pylmer.update(of, ". ~ . - f"), ". ~ . + I(o^2)")),
    "update to another group": lambda of: criterion(pylmer.update(of, ". ~ . - f + (1 | f)")),
    "drop1, lme4": lambda of: pylmer.drop1(of, ddf="lme4", test="Chisq"),
    "drop1, Satterthwaite": pylmer.drop1,
    "drop1, Kenward-Roger": lambda of: pylmer.drop1(pylmer.update(of, REML=True), ddf="Kenward-Roger"),
    "ranova": pylmer.ranova,
    "step": lambda of: criterion(pylmer.step(of).model),
    "step, fixed": lambda of: pylmer.step(of, alpha_fixed=1e-9).fixed,
    "anova": pylmer.anova,
    "anova of two": lambda of: pylmer.anova(of, pylmer.update(of, ". ~ . - f")),
    "refitML": lambda of: criterion(pylmer.update(pylmer.refitML(of), ". ~ . - f")),
    "allFit": lambda of: criterion(pylmer.update(pylmer.allFit(of, ["newton"]).fits["newton"], ". ~ . - f")),
    "model_frame": lambda of: unnamed(pylmer.model_frame(of)),
    "augment": lambda of: unnamed(pylmer.augment(of)),
    "resid": pylmer.resid,
    "influence": lambda of: pylmer.influence(of, "Subject").fixef_deleted,
    "vcovCR": pylmer.vcovCR,
    "emmeans": lambda of: pylmer.emmeans(of, "f").as_frame()["emmean"],
    "at_theta": lambda of: criterion(pylmer.update(pylmer.at_theta(of, of.theta), ". ~ . - f")),
    "extend": lambda of: criterion(
        pylmer.update(pylmer.refit(e := pylmer.extend(of, "Subject", n=20), e.rows.y), ". ~ . - f")
    ),
    "bootMer": lambda of: pylmer.bootMer(of, lambda b: criterion(pylmer.update(b, ". ~ . - f")), 2, seed=1).t,
    "confint": lambda of: pylmer.confint(of, method="boot", nsim=20, seed=1),
    "power": lambda of: pylmer.power(of, "~ . - f", nsim=5, seed=1).p_values,
    "getME": lambda of: pylmer.getME(of, "y"),
}


OTHER_ROWS = ("drop1, lme4", "step", "step, fixed")  # without z there are more rows: errors, as for a column


@pytest.mark.parametrize(
    ("name", "word"),
    [
        (name, word)
        for name in CALLS
        for word in WORDS
        if "{} ~ Days + f" in CALLS[name]["formula"] or word not in OTHER_ROWS
    ],
)
def test_a_refit_is_the_fit_of_a_column(name: str, word: str) -> None:
    ours, theirs = by_data_row(fit(name, "Reaction")), fit(name, "y2")
    np.testing.assert_allclose(
        np.asarray(WORDS[word](ours), float), np.asarray(WORDS[word](theirs), float), rtol=2e-5, atol=1e-6
    )


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("name", CALLS)
def test_however_the_response_comes(name: str, way: str) -> None:
    ours, theirs = WAYS[way](fit(name, "Reaction")), fit(name, "y2")
    for change in (". ~ . + I(Days^2)", ". ~ . - f", ". ~ . + o"):
        mine, other = pylmer.update(ours, change), pylmer.update(theirs, change)
        np.testing.assert_allclose(criterion(mine), criterion(other), rtol=1e-6)
        np.testing.assert_array_equal(mine.rows.y, other.rows.y)
        np.testing.assert_array_equal(mine.rows.kept, other.rows.kept)


def test_r_has_these_numbers_for_a_column() -> None:
    """d$z <- cos(i); d$z[c(5, 77)] <- NA; lmer(y2 ~ Days + z + offset(o) + (Days | Subject), d, weights = w,
    subset = Days < 9), then ranova(m), drop1(m), update(m, . ~ . + I(z^2)); drop1(ddf = "lme4") of the complete rows.
    """
    formula = "Reaction ~ Days + z + offset(o) + (Days | Subject)"
    ours = by_data_row(pylmer.lmer(formula, data(), weights="w", subset="Days < 9"))
    assert pylmer.nobs(ours) == 160
    np.testing.assert_allclose(ours.beta, [250.855258110, 7.477169988, 1.698245794], rtol=1e-4)  # R's optimizer stops
    np.testing.assert_allclose(ours.optimum.value, 1608.272287, rtol=1e-8)
    np.testing.assert_allclose(pylmer.ranova(ours)["LRT"].iloc[1], 19.80939601, rtol=1e-5)
    table = pylmer.drop1(ours)
    np.testing.assert_allclose(table["F value"], [19.4149830569, 0.2198637209], rtol=1e-4)
    np.testing.assert_allclose(table["DenDF"], [17.0353486, 124.8520672], rtol=1e-3)
    more = pylmer.update(ours, ". ~ . + I(z^2)")
    np.testing.assert_allclose(more.beta, [246.227724586, 7.430062781, 1.695190538, 9.482855743], rtol=1e-4)
    np.testing.assert_allclose(more.optimum.value, 1600.786895, rtol=1e-8)
    complete = data().dropna()
    ours = pylmer.refit(pylmer.lmer(formula, complete, weights="w", subset="Days < 9"), complete["y2"])
    LRT = pylmer.drop1(ours, ddf="lme4", test="Chisq")["LRT"].iloc[1:]
    np.testing.assert_allclose(LRT, [13.7196115099, 0.2181877264], rtol=1e-5)


def test_rows_come_back_where_their_response_is_known() -> None:
    """R, y2 ~ Days + offset(o) + (Days | Subject) after update(m, . ~ . - z): 162 rows, 250.739297648, 7.577286558.
    Given for the rows used alone, the response of the two rows without z is not known."""
    formula = "Reaction ~ Days + z + offset(o) + (Days | Subject)"
    of = pylmer.lmer(formula, data(), weights="w", subset="Days < 9")
    whole, used = (pylmer.update(way(of), ". ~ . - z") for way in (by_data_row, by_used_row))
    assert (pylmer.nobs(whole), pylmer.nobs(used)) == (162, 160)
    np.testing.assert_allclose(whole.beta, [250.739297648, 7.577286558], rtol=1e-5)
    without = data().assign(y2=data()["y2"].where(data()["z"].notna()))
    theirs = pylmer.lmer("y2 ~ Days + offset(o) + (Days | Subject)", without, weights="w", subset="Days < 9")
    np.testing.assert_allclose(used.beta, theirs.beta, rtol=1e-6)


def test_rows_without_the_old_response_stay_out() -> None:
    """They were never rows of the model, whatever the new response says there."""
    frame = data()
    frame.loc[[3, 50], "Reaction"] = np.nan
    ours = pylmer.refit(pylmer.lmer("log(Reaction) ~ Days + z + (1 | Subject)", frame), data()["y2"].to_numpy())
    theirs = pylmer.lmer("y2 ~ Days + (1 | Subject)", data().drop(index=[3, 50]))
    np.testing.assert_allclose(criterion(pylmer.update(ours, ". ~ . - z")), criterion(theirs), rtol=1e-7)


def test_notes_speak_of_the_data_alone() -> None:
    """A response given for the rows used is not known elsewhere, which is nothing to be told."""
    used = by_used_row(pylmer.lmer("log(Reaction) ~ Days + z + (1 | Subject)", data()))
    assert pylmer.update(used, ". ~ . + f").notes == ()


CHANGES: dict[str, dict[str, Any]] = {
    "left side": {"formula": "log(.) ~ ."},
    "other column": {"formula": "y2 ~ ."},
    "data": {"data": data()},
    "subset": {"subset": "Days > 2"},
    "na_action": {"na_action": "exclude"},
}


@pytest.mark.parametrize("change", CHANGES)
def test_changed_sides_and_rows_are_errors(change: str) -> None:
    of = fit("plain", "Reaction")
    for carried in (by_data_row(of), by_batch(of), pylmer.update(by_data_row(of), ". ~ . - f")):
        with pytest.raises(pylmer.PylmerError, match=r"given to refit\(\) or drawn by a bootstrap.*as a column"):
            pylmer.update(carried, **CHANGES[change])
    assert pylmer.update(of, **CHANGES[change]).design.n  # a fit of its data may be asked so


def test_without_data_the_variables_are_the_rows() -> None:
    env = {name: data()[name].to_numpy() for name in ("Reaction", "Days", "Subject", "y2")}
    ours = pylmer.refit(pylmer.lmer("Reaction ~ Days + (1 | Subject)", env=env), env["y2"])
    theirs = pylmer.lmer("y2 ~ Days + (1 | Subject)", env=env)
    np.testing.assert_allclose(pylmer.update(ours, ". ~ . - Days").beta, pylmer.update(theirs, ". ~ . - Days").beta)
    with pytest.raises(pylmer.ArgumentError, match="env="):
        pylmer.update(ours, env=env)


def test_a_refit_of_a_refit_has_the_last_response() -> None:
    first = by_data_row(fit("everything", "Reaction"))
    again = pylmer.refit(first, data()["Reaction"].to_numpy())
    np.testing.assert_allclose(
        criterion(pylmer.update(again, ". ~ . + I(z^2)")),
        criterion(pylmer.update(fit("everything", "Reaction"), ". ~ . + I(z^2)")),
        rtol=1e-7,
    )


def test_comparisons_of_a_refit_use_its_response() -> None:
    ours, theirs = by_data_row(fit("plain", "Reaction", REML=False)), fit("plain", "y2", REML=False)
    tests = [pylmer.PBmodcomp(of, pylmer.update(of, ". ~ . - f"), nsim=10, seed=1) for of in (ours, theirs)]
    np.testing.assert_allclose(tests[0].stat, tests[1].stat, rtol=1e-6)
    np.testing.assert_allclose(tests[0].ref, tests[1].ref, atol=1e-5)


# --- inside bootstraps -----------------------------------------------------------------------------------------------

BOOTS = {"bootMer": pylmer.bootMer, "resid": pylmer.resid_bootstrap, "case": pylmer.case_bootstrap}


def from_scratch(of: pylmer.LmerFit, formula: str) -> pylmer.LmerFit:
    """The model for the rows of a replicate, written out as a data frame: response, groups, weights and offset."""
    rows = of.rows
    frame = pylmer.model_frame(of).rename(columns={"(weights)": "w", "(offset)": "o"})
    term = rows.random[0]
    frame["y"], frame["Subject"] = rows.y, np.array(term.labels())[term.codes]
    return pylmer.lmer(formula, frame, weights="w", offset="o", REML=of.REML)


@pytest.mark.parametrize("boot", BOOTS)
def test_replicates_know_their_response(boot: str) -> None:
    """With weights, an offset, a subset and rows left out; each number against a fit of the replicate's own rows."""
    of = pylmer.lmer(
        "Reaction ~ Days + z + f + offset(o) + (Days | Subject)", data(), weights="w / mean(w)", subset="Days < 9"
    )
    seen = []

    def FUN(found: pylmer.LmerFit) -> list[float]:
        seen.append(found)
        smaller = pylmer.update(found, ". ~ . - f")
        return [*criterion(smaller), pylmer.ranova(found)["LRT"].iloc[1], *pylmer.drop1(found)["F value"]]

    table = BOOTS[boot](of, FUN, 2, seed=11).t.to_numpy()
    for found, row in zip(seen[-2:], table, strict=True):
        smaller = from_scratch(found, "y ~ Days + z + (Days | Subject)")
        whole = from_scratch(found, "y ~ Days + z + f + (Days | Subject)")
        np.testing.assert_allclose(row[:5], criterion(smaller), rtol=1e-5)
        np.testing.assert_allclose(row[5], pylmer.ranova(whole)["LRT"].iloc[1], rtol=1e-4, atol=1e-5)
        np.testing.assert_allclose(row[6:], pylmer.drop1(whole)["F value"], rtol=1e-3)
        with pytest.raises(pylmer.ArgumentError, match="left side"):
            pylmer.update(found, "sqrt(.) ~ .")


def test_resampled_cases_keep_the_columns_of_the_fit() -> None:
    """ns, scale and means are those of the whole data, so that a smaller model lies inside the replicate's."""
    of = pylmer.lmer("Reaction ~ ns(Days, 3) + I(z - mean(z, na.rm = TRUE)) + (1 | Subject)", data())
    found: list[pylmer.LmerFit] = []
    pylmer.case_bootstrap(of, lambda each: found.append(each) or 1.0, 3, seed=5)
    for each in found[-3:]:
        again = pylmer.update(each)
        np.testing.assert_allclose(again.rows.X, each.rows.X, atol=1e-12)
        np.testing.assert_array_equal(again.rows.random[0].codes, each.rows.random[0].codes)
        np.testing.assert_allclose(again.optimum.value, each.optimum.value, rtol=1e-9)


def test_resampled_nested_groups_are_told_apart() -> None:
    """A school drawn twice is two schools, its classes are different classes; update and ranova keep them so."""
    rng = np.random.default_rng(3)
    school, klass = np.repeat(np.arange(8), 12), np.tile(np.repeat(np.arange(3), 4), 8)
    y = rng.normal(size=8)[school] + rng.normal(size=24)[3 * school + klass] + rng.normal(size=96)
    frame = pd.DataFrame({"y": y, "x": rng.normal(size=96), "school": school, "klass": klass})
    of = pylmer.lmer("y ~ x + (1 | school / klass)", frame)
    found: list[pylmer.LmerFit] = []
    pylmer.case_bootstrap(of, lambda each: found.append(each) or 1.0, 3, seed=2)
    for each in found[-3:]:
        again = pylmer.update(each, ". ~ . - x")
        for term in each.rows.random:
            other = next(one for one in again.rows.random if one.group == term.group)
            np.testing.assert_array_equal(other.codes, term.codes)
        own = {term.group: np.array(term.labels())[term.codes] for term in each.rows.random}
        columns = {"y": each.rows.y, "s": own["school"], "k": own["klass:school"]}
        np.testing.assert_allclose(
            again.optimum.value, pylmer.lmer("y ~ 1 + (1 | s) + (1 | k)", columns).optimum.value, rtol=1e-8
        )


def test_words_on_resampled_cases_read_their_rows() -> None:
    """Frequencies of marginal means, clusters by a column, and predictions of a group are those of the replicate."""
    frame = data().iloc[: 9 * 10 + 4].assign(site=lambda d: d["Subject"].astype(str).str[-1])
    of = pylmer.lmer("Reaction ~ Days + f + (1 | Subject)", frame, weights="w")
    found: list[pylmer.LmerFit] = []
    pylmer.case_bootstrap(of, lambda each: found.append(each) or 1.0, 4, seed=8)
    for each in found[-4:]:
        f = pylmer.model_frame(each)["f"].astype(str).to_numpy()
        grid = pylmer.ref_grid(each)
        assert grid.frequency.tolist() == [np.sum(f == level) for level in ("a", "b", "c")]
        label = each.design.random[0].labels()[1]
        new = pd.DataFrame({"Days": [2.0], "f": ["a"], "Subject": [label]})
        mean = each.beta[0] + 2 * each.beta[1] + float(pylmer.ranef(each)["Subject"].iloc[1, 0])
        np.testing.assert_allclose(pylmer.predict(each, new), mean)
        assert pylmer.vcovCR(each, "site").shape == (4, 4)


def test_weights_go_with_resampled_rows() -> None:
    of = pylmer.lmer("Reaction ~ Days + (1 | Subject)", data(), weights="w")
    pairs = set(zip(of.rows.y.tolist(), of.rows.weights.tolist(), strict=True))
    found: list[pylmer.LmerFit] = []
    pylmer.case_bootstrap(of, lambda each: found.append(each) or 1.0, 2, seed=1, resample=(True, True))
    for each in found[-2:]:
        assert set(zip(each.rows.y.tolist(), each.rows.weights.tolist(), strict=True)) <= pairs
        frame = pd.DataFrame({"y": each.rows.y, "x": each.rows.X[:, 1], "w": each.rows.weights})
        frame["g"] = each.rows.random[0].codes
        np.testing.assert_allclose(pylmer.lmer("y ~ x + (1 | g)", frame, weights="w").beta, each.beta, rtol=1e-6)


def test_resampled_residuals_of_a_weighted_fit() -> None:
    """Without variance between groups a response is X beta + e* / sqrt(w), with e* among the weighted residuals,
    centred and brought to the mean square sigma^2 (Carpenter, Goldstein & Rasbash 2003, 3.2)."""
    rng = np.random.default_rng(4)
    x, w, g = rng.normal(size=40), rng.uniform(0.2, 5, 40), np.tile(np.arange(8), 5)
    y = 2 + x + rng.normal(size=40) / np.sqrt(w)
    y -= pd.Series(y - x).groupby(g).transform("mean").to_numpy() - 2
    of = pylmer.lmer("y ~ x + (1 | g)", {"y": y, "x": x, "g": g, "w": w}, weights="w")
    assert of.theta.tolist() == [0.0]
    e = np.sqrt(w) * (y - of.rows.X @ of.beta)
    e = e - e.mean()
    e = e * of.sigma / np.sqrt(np.mean(e**2))
    found: list[pylmer.LmerFit] = []
    pylmer.resid_bootstrap(of, lambda each: found.append(each) or 1.0, 3, seed=1)
    for each in found[-3:]:
        drawn = np.sqrt(w) * (each.rows.y - of.rows.X @ of.beta)
        nearest = np.abs(drawn[:, None] - e).min(axis=1)
        np.testing.assert_allclose(nearest, 0, atol=1e-9)
        assert len(np.unique(drawn.round(9))) > 10


# --- extended designs ------------------------------------------------------------------------------------------------


def test_extended_designs_repeat_weights_offsets_and_responses_of_the_rows_used() -> None:
    """sigma^2 (X'V^-1 X)^-1 written out, on the rows used, each repeated for the new subjects."""
    refitted = by_data_row(
        pylmer.lmer("Reaction ~ Days + z + offset(o) + (Days | Subject)", data(), weights="w", subset="Days < 9")
    )
    larger = pylmer.extend(refitted, "Subject", n=25)
    used = data().query("Days < 9").dropna()
    parts = [part for _, part in used.groupby("Subject", observed=True)]
    rows = pd.concat([parts[k % 18].assign(Subject=k) for k in range(25)])
    V = np.diag(1 / rows["w"].to_numpy())
    Z = rows[["Days"]].assign(one=1.0)[["one", "Days"]].to_numpy()
    Sigma = refitted.solution.T[0] @ refitted.solution.T[0].T
    V += (rows["Subject"].to_numpy()[:, None] == rows["Subject"].to_numpy()) * (Z @ Sigma @ Z.T)
    X = np.column_stack([Z, rows["z"]])
    expected = refitted.sigma**2 * np.linalg.inv(X.T @ np.linalg.solve(V, X))
    np.testing.assert_allclose(pylmer.vcov(larger), expected, rtol=1e-8)
    np.testing.assert_allclose(larger.rows.y, rows["y2"])
    np.testing.assert_allclose(larger.rows.offset, rows["o"])
    again = pylmer.update(pylmer.refit(larger, larger.rows.y), ". ~ . - z")
    frame = rows.assign(Subject=rows["Subject"].astype(str))
    theirs = pylmer.lmer("y2 ~ Days + offset(o) + (Days | Subject)", frame, weights="w")
    np.testing.assert_allclose(criterion(again), criterion(theirs), rtol=1e-6)


def test_predictions_of_new_groups_of_an_extended_design() -> None:
    """A level that `extend` added is a level of the model."""
    larger = pylmer.extend(pylmer.lmer("Reaction ~ Days + (1 | Subject)", data()), "Subject", n=20)
    for label in larger.design.random[0].labels()[::6]:
        new = pd.DataFrame({"Days": [3.0], "Subject": [label]})
        expected = larger.beta @ [1, 3] + float(pylmer.ranef(larger)["Subject"].loc[label].iloc[0])
        np.testing.assert_allclose(pylmer.predict(larger, new), expected)
