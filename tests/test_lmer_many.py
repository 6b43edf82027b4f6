"""One right side, many responses: R's numbers, and those of one fit after the other."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pandas as pd
import pytest

import pylmer
from pylmer import FitNote

SLEEP = "~ Days + (Days | Subject)"
# lmerTest 3.1-3, optimizer bobyqa to 1e-10: coef(summary(fit)) of both coefficients, then VarCorr's lower triangle
FROM_R: dict[tuple[str, bool], tuple[tuple[float, ...], ...]] = {
    ("a", True): (
        (2.51405104848e02, 6.82455577628e00, 1.70000051947e01, 3.68383105201e01, 1.17087483660e-17),
        (1.04672859596e01, 1.54578893243e00, 1.69999990263e01, 6.77148460569e00, 3.26379001974e-06),
        (24.7404476166998, 0.0655513428535, 5.9221332595791, 25.5918158926241),
    ),
    ("a", False): (
        (2.51405104848e02, 6.63227642116e00, 1.80000033727e01, 3.79063068069e01, 1.26674853548e-18),
        (1.04672859596e01, 1.50223679257e00, 1.79999993921e01, 6.96780029044e00, 1.65241516547e-06),
        (23.7805649857756, 0.0813199745871, 5.7168345798898, 25.5918158320228),
    ),
    ("b", True): (
        (1.58882520540e01, 2.12837265048e-01, 1.69999963188e01, 7.46497661036e01, 7.70931905650e-23),
        (2.93450321364e-01, 4.10839371308e-02, 1.70000006051e01, 7.14270203533e00, 1.64795540172e-06),
        (0.675438817924, 0.385476504940, 0.133339098824, 1.019668071829),
    ),
    ("b", False): (
        (1.58882520540e01, 2.06840620253e-01, 1.79999994041e01, 7.68139838033e01, 4.13516119993e-24),
        (2.93450321364e-01, 3.99264111119e-02, 1.80000006841e01, 7.34977958677e00, 8.01965881440e-07),
        (0.641028645948, 0.441967385972, 0.126851986640, 1.019668080509),
    ),
    ("c", True): (
        (9.97668701713e01, 3.45569393532e-01, 2.18000790706e01, 2.88702854011e02, 1.50578935241e-40),
        (1.04706274307e00, 6.89040904132e-02, 1.70010196642e01, 1.51959446354e01, 2.51713523122e-11),
        (0.820997654402, -1.000000000000, 0.183543803341, 2.066677737199),
    ),
    ("c", False): (
        (9.97668701713e01, 3.37624440436e-01, 2.36965850141e01, 2.95496587991e02, 8.96803254112e-44),
        (1.04706274307e00, 6.69628335897e-02, 1.80012070767e01, 1.56364760411e01, 6.41122597110e-12),
        (0.765141911598, -1.000000000000, 0.171056595754, 2.060289225778),
    ),
    ("e", True): (
        (2.51636534590e02, 7.02521179434e00, 1.59696144861e01, 3.58190673757e01, 1.10269572611e-16),
        (1.04207383913e01, 1.57227564994e00, 1.68137134882e01, 6.62780625757e00, 4.51887422018e-06),
        (24.8456673042306, 0.0427425970066, 5.9479266665039, 26.0586596087936),
    ),
    ("e", False): (
        (2.51726590186e02, 6.81180825367e00, 1.69784584289e01, 3.69544445193e01, 1.15283976706e-17),
        (1.04072940716e01, 1.52616544189e00, 1.77920105171e01, 6.81924369790e00, 2.34167544925e-06),
        (23.7756739209815, 0.0642389215359, 5.7295310472037, 26.0655313188460),
    ),
}
MODELS = {
    "nested": ("~ 1 + (1 | batch/cask)", "Pastes"),
    "crossed": ("~ 1 + (1 | plate) + (1 | sample)", "Penicillin"),
    "diagonal": ("~ Days + (Days || Subject)", "sleepstudy"),
    "structured": ("~ Days + cs(Days | Subject)", "sleepstudy"),
}


def sleep() -> pd.DataFrame:
    """The responses of the R run: c has no variance between subjects, e lacks seven values."""
    frame = pylmer.datasets.load("sleepstudy")
    i = np.arange(1, len(frame) + 1)
    frame["a"] = frame["Reaction"]
    frame["b"] = np.sqrt(frame["Reaction"]) + np.sin(i)
    frame["c"] = 100 + 3 * np.cos(7 * i) + frame["Days"]
    frame["e"] = frame["Reaction"].where(~np.isin(i, [1, 5, *range(100, 105)]))
    return frame


@pytest.mark.parametrize("REML", [True, False])
def test_the_numbers_of_lmerTest(REML: bool) -> None:
    fits = pylmer.lmer_many(SLEEP, sleep(), ["a", "b", "c", "e"], REML=REML)
    assert fits.names == ("a", "b", "c", "e")
    fixed, varying = fits.table.groupby("response"), pylmer.tidy(fits, "ran_pars").groupby("response")
    for name in fits.names:
        *coefficients, deviations = FROM_R[name, REML]
        found = fixed.get_group(name)[["estimate", "std.error", "df", "statistic", "p.value"]].to_numpy()
        wanted = np.array(coefficients)
        np.testing.assert_allclose(found[:, [0, 1, 3]], wanted[:, [0, 1, 3]], rtol=1e-6)
        np.testing.assert_allclose(found[:, 2], wanted[:, 2], rtol=1e-4)  # lmerTest's Hessian is of differences
        np.testing.assert_allclose(np.log(found[:, 4]), np.log(wanted[:, 4]), rtol=1e-4)
        np.testing.assert_allclose(varying.get_group(name)["estimate"], deviations, rtol=2e-5)
    assert fits.table.groupby("response")["singular"].first().tolist() == [False, False, True, False]


def responses_for(data: pd.DataFrame, model: pylmer.LmerFit) -> pd.DataFrame:
    return pylmer.simulate(model, nsim=4, seed=3).set_axis(["p", "q", "r", "s"], axis=1)


@pytest.mark.parametrize("name", MODELS)
@pytest.mark.parametrize("ddf", ["Satterthwaite", "Kenward-Roger", "lme4"])
def test_each_response_as_if_alone(name: str, ddf: str) -> None:
    formula, of = MODELS[name]
    data = pylmer.datasets.load(of)
    data["y"] = data[{"Pastes": "strength", "Penicillin": "diameter", "sleepstudy": "Reaction"}[of]]
    Y = responses_for(data, pylmer.lmer(f"y {formula}", data))
    fits = pylmer.lmer_many(formula, data, Y, ddf=ddf)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FitNote)
        for place, each in enumerate(Y):
            alone = pylmer.lmer(f"{each} {formula}", data.assign(**{each: Y[each]}))
            wanted = pylmer.tidy(alone, ("fixed", "ran_pars"), ddf=ddf)
            found = pylmer.tidy(fits, ("fixed", "ran_pars")).query("response == @each")
            assert found["term"].tolist() == wanted["term"].tolist()
            np.testing.assert_allclose(found["estimate"], wanted["estimate"], rtol=2e-5, atol=1e-6 * alone.sigma)
            for column in {"std.error", "statistic", "df", "p.value"} & set(wanted):
                of_both = (frame[column].to_numpy(float)[: len(alone.beta)] for frame in (found, wanted))
                np.testing.assert_allclose(*of_both, rtol=1e-4)
            one = fits.fit(place)
            assert str(one.formula) == str(alone.formula)
            np.testing.assert_allclose(one.optimum.value, alone.optimum.value, rtol=1e-9)
            np.testing.assert_allclose(one.resid(), alone.resid(), atol=1e-4 * alone.sigma)


def test_weights_offset_and_subset() -> None:
    frame = sleep().assign(w=lambda d: 1 + d["Days"] % 3, o=lambda d: 2.0 * d["Days"])
    given: dict[str, Any] = {"weights": "w", "offset": "o", "subset": "Days > 1"}
    fits = pylmer.lmer_many(SLEEP, frame, ["a", "e"], **given)
    for each in ("a", "e"):
        alone = pylmer.tidy(pylmer.lmer(f"{each} {SLEEP}", frame, **given))
        found = fits.table.query("response == @each")
        np.testing.assert_allclose(found["estimate"], alone["estimate"], rtol=1e-6)
        np.testing.assert_allclose(found["df"], alone["df"], rtol=1e-5)
        assert fits.fit(each).design.n == len(frame.query("Days > 1").dropna(subset=[each]))


def test_what_cannot_be_fitted_is_counted() -> None:
    frame = sleep().assign(flat=1.0)
    fits = pylmer.lmer_many(SLEEP, frame, ["flat", "a"])
    assert list(fits.failures) == ["flat"]
    assert fits.table["estimate"].isna().tolist() == [True, True, False, False]
    assert not fits.table["converged"].iloc[0]
    assert "1 failed" in repr(fits)
    with pytest.raises(pylmer.NumericalError, match="'flat' could not be fitted"):
        fits.fit("flat")


def test_only_flat_responses() -> None:
    fits = pylmer.lmer_many(SLEEP, sleep(), np.ones((180, 2)))
    assert list(fits.failures) == ["y1", "y2"]


def test_a_fit_can_be_asked_again() -> None:
    frame = sleep()
    one = pylmer.lmer_many(SLEEP, frame, {"my y": frame["a"]}).fit("my y")
    assert str(one.formula) == "`my y` ~ Days + (Days | Subject)"
    smaller = pylmer.update(one, ". ~ . - Days")
    alone = pylmer.lmer("a ~ (Days | Subject)", frame)
    np.testing.assert_allclose(smaller.optimum.value, alone.optimum.value, rtol=1e-10)


def test_a_fit_has_the_name_of_its_response_unless_that_means_something_else() -> None:
    frame = sleep().assign(response="a text")
    assert str(pylmer.lmer_many(SLEEP, frame, ["a"]).fit("a").formula) == "a ~ Days + (Days | Subject)"
    other = pylmer.lmer_many(SLEEP, frame, {"a": frame["b"], "Days": frame["b"]})
    for name in ("a", "Days"):
        assert str(other.fit(name).formula) == "response_ ~ Days + (Days | Subject)"
        np.testing.assert_array_equal(other.fit(name).rows.y, frame["b"])


def test_labels_of_the_data_say_whose_value_it_is() -> None:
    frame = sleep().set_index(np.arange(180) + 7)
    fits = pylmer.lmer_many(SLEEP, frame, frame[["a"]].sample(frac=1, random_state=1))
    np.testing.assert_allclose(fits.table["estimate"], [251.405104848, 10.4672859596], rtol=1e-8)  # R, above


@pytest.mark.parametrize(
    ("formula", "responses", "error", "message"),
    [
        ("y ~ Days + (Days | Subject)", ["a"], pylmer.FormulaError, "leave the left side"),
        ("~ Days", ["a"], pylmer.FormulaError, "random"),
        (SLEEP, None, pylmer.ArgumentError, "names of columns"),
        (SLEEP, ["none"], pylmer.DataError, "no column 'none'"),
        (SLEEP, [], pylmer.DataError, "empty"),
        (SLEEP, np.ones(180), pylmer.DataError, r"\(180, R\)"),
        (SLEEP, np.ones((3, 2)), pylmer.DataError, "180 rows"),
        (SLEEP, np.full((180, 1), np.inf), pylmer.DataError, "infinite in row 1"),
        (SLEEP, ["Subject"], pylmer.DataError, "Subject"),
        (SLEEP, np.full((180, 1), np.nan), pylmer.DataError, "missing"),
    ],
)
def test_mistakes(formula: str, responses: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        pylmer.lmer_many(formula, sleep(), responses)


def test_mistakes_of_arguments() -> None:
    with pytest.raises(pylmer.ArgumentError, match="did you mean 'weights'"):
        pylmer.lmer_many(SLEEP, sleep(), ["a"], weigths="w")
    with pytest.raises(pylmer.ArgumentError, match="needs REML"):
        pylmer.lmer_many(SLEEP, sleep(), ["a"], ddf="Kenward-Roger", REML=False)
    with pytest.raises(pylmer.ArgumentError, match="ddf="):
        pylmer.lmer_many(SLEEP, sleep(), ["a"], ddf="none")
    fits = pylmer.lmer_many(SLEEP, sleep(), ["a"])
    for wrong in ("z", 1, -1, True):
        with pytest.raises(pylmer.ArgumentError, match="wanted a name"):
            fits.fit(wrong)
    with pytest.raises(pylmer.ArgumentError, match="ran_vals"):
        pylmer.tidy(fits, "ran_vals")
