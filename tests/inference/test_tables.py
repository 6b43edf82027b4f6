"""anova, confint and the other tables against lmerTest and lme4 (tests/data/reference and transcripts)."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import pylmer
from tests.printing.test_transcripts import fit as sleep_fit
from tests.printing.test_transcripts import transcript
from tests.reference.cases import case, fit, loose, names, numbers

SLOPE, INTERCEPT = "Reaction ~ Days + (Days | Subject)", "Reaction ~ Days + (1 | Subject)"
BLOCKS = [f"anova_{roman}_satterthwaite" for roman in ("I", "II", "III")] + ["anova_III_kenward_roger"]
BY_SCALE = {  # lmerTest takes pivots of X'X and multipliers below 1e-6 for zero: x_small, of size 1e-5, has 2e-8
    ("dev-badscale", "anova_I_satterthwaite"),
    ("dev-badscale", "anova_III_satterthwaite"),
    ("dev-badscale", "anova_III_kenward_roger"),
}


def cases(block: str) -> list[str]:
    return [n for n in names("lmer") if isinstance(case(n).get(block), dict) and case(n)[block].get("values")]


def lines(text: object) -> list[str]:
    return [line.rstrip() for line in str(text).split("\n")]


@pytest.mark.filterwarnings("ignore:the tests of type 3 average:pylmer.FitNote")
@pytest.mark.filterwarnings("ignore:Missing cells:pylmer.FitNote")
@pytest.mark.parametrize(("name", "block"), [(n, b) for b in BLOCKS for n in cases(b) if (n, b) not in BY_SCALE])
def test_anova(name: str, block: str) -> None:
    R, roman = case(name)[block], block.split("_")[1]
    ddf = "Kenward-Roger" if "kenward" in block else "Satterthwaite"
    table = pylmer.anova(fit(name), type=roman, ddf=ddf)
    assert list(table.index) == R["rows"]
    assert list(table.columns) == R["cols"]
    ours, theirs = table.to_numpy()[:, :5], numbers(R["values"])[:, :5]
    np.testing.assert_allclose(ours, theirs, rtol=1e-4, atol=1e-9)


def test_scale_of_columns_does_not_matter() -> None:
    """Without interactions types II and III test each coefficient: F is lmerTest's own t squared."""
    t = numbers(case("dev-badscale")["satterthwaite"]["values"])[1:, 3]
    for type in (2, 3):
        np.testing.assert_allclose(pylmer.anova(fit("dev-badscale"), type=type)["F value"], t**2, rtol=1e-6)


RESCALED = {  # lmerTest 3.1-3 with x_big / 1e6 and x_small * 1e5: F values, denominators
    ("I", "Satterthwaite"): ([1551.5972839381, 828.0240764954, 18.2562765516], [172.814156, 172.734116, 172.745364]),
    ("III", "Satterthwaite"): ([1490.1265623005, 818.3788955541, 18.2562765516], [172.845851, 172.745988, 172.745364]),
    ("III", "Kenward-Roger"): ([1489.4113588689, 818.0313049258, 18.2485153716], [172.868582, 172.768804, 172.768180]),
}


@pytest.mark.parametrize(("roman", "ddf"), RESCALED)
def test_what_lmertest_says_once_the_columns_are_rescaled(roman: str, ddf: str) -> None:
    """In other units the model is the same, and so are its tests: what we say of the columns as they are."""
    table, (F, df) = pylmer.anova(fit("dev-badscale"), type=roman, ddf=ddf), RESCALED[roman, ddf]
    np.testing.assert_allclose(table["F value"], F, rtol=1e-6)
    np.testing.assert_allclose(table["DenDF"], df, rtol=1e-6)


@pytest.mark.parametrize("name", cases("confint_wald"))
def test_confint_wald(name: str) -> None:
    R = case(name)["confint_wald"]
    ours = pylmer.confint(fit(name), method="Wald", parm="beta_")
    assert list(ours.index) == R["rows"]
    assert list(ours.columns) == R["cols"]
    np.testing.assert_allclose(ours, numbers(R["values"]), rtol=10 * loose(name), atol=1e-9 * np.max(np.abs(ours)))


def test_confint_rows() -> None:
    ours = pylmer.confint(sleep_fit(SLOPE), method="Wald")
    assert list(ours.index) == [".sig01", ".sig02", ".sig03", ".sigma", "(Intercept)", "Days"]
    assert ours.iloc[:4].isna().all(axis=None)
    named = pylmer.confint(sleep_fit(SLOPE), method="Wald", signames=False)
    assert list(named.index) == [line.split()[0] for line in transcript("3d", "confint(fm1, signames=FALSE)")[2:]]
    assert [line.split()[0] for line in lines(ours)[1:]] == [
        line.split()[0] for line in transcript("3d", "confint(fm1,method='Wald')")[1:]
    ]


def test_confint_choice() -> None:
    model = sleep_fit(SLOPE)
    assert list(pylmer.confint(model, "Days", 0.9, method="Wald").columns) == ["5 %", "95 %"]
    assert list(pylmer.confint(model, [3, "Days"], method="Wald").index) == [".sigma", "Days"]
    assert list(pylmer.confint(model, "theta_", method="Wald").index) == [".sig01", ".sig02", ".sig03", ".sigma"]
    with pytest.raises(pylmer.ArgumentError, match="did you mean 'Days'"):
        pylmer.confint(model, "days", method="Wald")
    with pytest.raises(pylmer.ArgumentError, match="a level lies between 0 and 1"):
        pylmer.confint(model, level=95, method="Wald")
    with pytest.raises(pylmer.ArgumentError, match="method='wald'"):
        pylmer.confint(model, method="wald")


def test_likelihood_ratio() -> None:
    one, two = sleep_fit(INTERCEPT), sleep_fit(SLOPE)
    with pytest.warns(pylmer.FitNote, match="refitting model"):
        table = pylmer.anova(two, one, model_names=["fm1", "fm2"])
    assert lines(table) == transcript("3d", "anova(fm2,fm1)")[1:]
    by_REML = pylmer.anova(one, two, refit=False)
    np.testing.assert_allclose(by_REML.loc["MODEL2", ["Chisq", "Df"]], [42.83717, 2], rtol=1e-5)  # R: refit = FALSE


def test_likelihood_ratio_with_lm() -> None:
    data = pylmer.datasets.load("sleepstudy")
    table = pylmer.anova(sleep_fit(INTERCEPT, REML=False), pylmer.lm("Reaction ~ Days", data))
    assert list(table.index) == ["MODEL2", "MODEL1"]
    assert table.loc["MODEL1", "Chisq"] == pytest.approx(106.21, abs=5e-3)  # R 4.2.2


@pytest.mark.parametrize(
    ("title", "ours"),
    [
        ("anova(fm1)", lambda: pylmer.anova(sleep_fit(SLOPE))),
        ("anova(ck,type=1)", lambda: pylmer.anova(cake(), type=1)),
        ("anova(ck,type=2)", lambda: pylmer.anova(cake(), type=2)),
        ("anova(ck)", lambda: pylmer.anova(cake())),
        ("anova(fm1, ddf='Kenward-Roger')", lambda: pylmer.anova(sleep_fit(SLOPE), ddf="Kenward-Roger")),
    ],
)
def test_anova_page(title: str, ours: object) -> None:
    assert lines(ours()) == transcript("3e", title)  # type: ignore[operator]


def test_sequential_page() -> None:
    assert lines(pylmer.anova(sleep_fit(SLOPE), ddf="lme4")) == transcript("3d", "anova(fm1)")


def cake() -> pylmer.LmerFit:
    return sleep_fit("angle ~ recipe + temp + (1|recipe:replicate)", "cake")


def test_missing_cell() -> None:
    """Recipe A was never baked at 175: R 4.2.2, lmerTest 3.1-3."""
    data = pylmer.datasets.load("cake")
    data = data[~((data["recipe"] == "A") & (data["temperature"] == "175"))]
    with pytest.warns(pylmer.FitNote, match="rank deficient"):
        model = pylmer.lmer("angle ~ recipe * temperature + (1 | recipe:replicate)", data)
    with pytest.warns(pylmer.FitNote, match="Missing cells for: recipeA:temperature175"):
        third = pylmer.anova(model)
    first = pylmer.anova(model, type=1)
    np.testing.assert_allclose(third["F value"], [0.2318, 17.3033, 1.0877], atol=5e-5)
    np.testing.assert_allclose(first["F value"], [0.5822, 17.3033, 1.0877], atol=5e-5)
    np.testing.assert_allclose(third["DenDF"], [42.367, 196.153, 196.153], atol=5e-4)
    tests = pylmer.show_tests(model)["temperature"]
    assert list(tests.index) == [f"temperature{t}" for t in (185, 195, 205, 215, 225)]
    np.testing.assert_allclose(
        tests["temperature.L"], [0.2390457, 0.4780914, 0.7171372, 0.9561829, 1.1952286], rtol=1e-6
    )


def test_show_tests() -> None:
    """R 4.2.2, lmerTest 3.1-3: type I, II and III rows of recipe * temp."""
    model = sleep_fit("angle ~ recipe * temp + (1|recipe:replicate)", "cake")
    first, second, third = (pylmer.show_tests(model, type=k) for k in (1, 2, 3))
    np.testing.assert_allclose(first["recipe"], [[0, 1, -0.5, 0, 200, -100], [0, 0, 1, 0, 0, 200]], atol=1e-9)
    np.testing.assert_allclose(second["temp"], [[0, 0, 0, 1, 1 / 3, 1 / 3]], atol=1e-9)
    np.testing.assert_allclose(third["temp"], [[0, 0, 0, 1, 1 / 3, 1 / 3]], atol=1e-9)
    np.testing.assert_allclose(third["recipe"], np.eye(6)[1:3], atol=1e-9)


def test_types_do_not_depend_on_contrasts() -> None:
    formula = "angle ~ recipe * temperature + (1 | recipe:replicate)"
    data = pylmer.datasets.load("cake").iloc[17:]
    one = pylmer.lmer(formula, data)
    other = pylmer.lmer(formula, data, contrasts={"recipe": "contr.sum", "temperature": "contr.treatment"})
    np.testing.assert_allclose(pylmer.anova(one)["F value"], pylmer.anova(other)["F value"], rtol=1e-6)


def test_type_3_under_treatment_contrasts_is_explained() -> None:
    formula = "angle ~ recipe * temperature + (1 | recipe:replicate)"
    treatment = sleep_fit("angle ~ recipe * temp + (1|recipe:replicate)", "cake")
    with pytest.warns(pylmer.FitNote, match="type 3 average temp over the levels .* contr.treatment"):
        asked = pylmer.anova(treatment, type=3)
    pd.testing.assert_frame_equal(asked, pylmer.anova(treatment))  # by default, no note
    sums = pylmer.lmer(formula, pylmer.datasets.load("cake"), contrasts=("contr.sum", "contr.poly"))
    pylmer.anova(sums, type=3)  # here and below a note would be an error
    pylmer.anova(treatment, type=2)
    pylmer.anova(treatment, type=3, ddf="lme4")


def test_contest() -> None:
    """R 4.2.2, lmerTest 3.1-3: contest(fm1, ...)."""
    model = sleep_fit(SLOPE)
    both = pylmer.contest(model, np.eye(2))
    np.testing.assert_allclose(both.iloc[0, :5], [982345.1, 491172.6, 2, 16.99985, 749.9505], rtol=2e-5)
    by_KR = pylmer.contest(model, np.eye(2), ddf="Kenward-Roger")
    np.testing.assert_allclose(by_KR.iloc[0, :5], [982345.1, 491172.6, 2, 16, 705.8357], rtol=2e-5)
    single = pylmer.contest(model, {"Days": 1}, joint=False, rhs=10)
    assert list(single.columns) == ["Estimate", "Std. Error", "df", "t value", "lower", "upper", "Pr(>|t|)"]
    expected = [10.46729, 1.54579, 16.99998, 0.302296, 7.205955, 13.72862, 0.7660937]
    np.testing.assert_allclose(single.iloc[0], expected, rtol=2e-5)
    assert "Estimate Std. Error" in str(single)


def test_ways_to_write_a_contrast() -> None:
    model = sleep_fit(SLOPE)
    ways = [[0, 1], [[0, 1]], "Days", {"Days": 1}, ["Days"], pd.DataFrame({"Days": [1.0]})]
    values = [pylmer.contest(model, L)["F value"].iloc[0] for L in ways]
    assert values == pytest.approx([values[0]] * len(ways))


@pytest.mark.parametrize(
    ("L", "message"),
    [
        ([1, 0, 0], "the contrast has 3 numbers a row; wanted 2, one for each of \\(Intercept\\), Days"),
        ({"days": 1}, "no coefficient 'days'; did you mean 'Days'\\?"),
        ([np.nan, 1], "not finite"),
        ("x", "no coefficient 'x'"),
        ([["a", 1]], "a contrast is made of numbers or of names"),
    ],
)
def test_bad_contrasts(L: object, message: str) -> None:
    with pytest.raises(pylmer.ArgumentError, match=message):
        pylmer.contest(sleep_fit(SLOPE), L)


def test_bad_arguments() -> None:
    model = sleep_fit(SLOPE)
    with pytest.raises(pylmer.ArgumentError, match="level=95: a level"):
        pylmer.contest(model, "Days", level=95)
    with pytest.raises(pylmer.ArgumentError, match="type=4: the types"):
        pylmer.anova(model, type=4)
    with pytest.raises(pylmer.ArgumentError, match="ddf='F'"):
        pylmer.anova(model, ddf="F")
    with pytest.raises(pylmer.ArgumentError, match="options such as type=3 are given by name"):
        pylmer.anova(model, 3)  # type: ignore[arg-type]
    with pytest.raises(pylmer.ArgumentError, match="model_names"):
        pylmer.anova(model, model, model_names=["one"])
    with pytest.raises(pylmer.ArgumentError, match="rhs="):
        pylmer.contest(model, [0, 1], rhs=[1, 2])
    with pytest.raises(pylmer.ArgumentError, match="level=2"):
        pylmer.contest(model, [0, 1], joint=False, level=2)


def test_models_of_other_data() -> None:
    data = pylmer.datasets.load("sleepstudy")
    model = pylmer.lmer(INTERCEPT, data)
    with pytest.raises(pylmer.DataError, match="MODEL1 used 180, MODEL2 170"):
        pylmer.anova(model, pylmer.lmer(INTERCEPT, data.iloc[10:]))
    with pytest.raises(pylmer.DataError, match="MODEL1 has Reaction, MODEL2 has log\\(Reaction\\)"):
        pylmer.anova(model, pylmer.lmer("log(Reaction) ~ Days + (1 | Subject)", data))


def test_tidy() -> None:
    model = sleep_fit(SLOPE)
    fixed = pylmer.tidy(model, conf_int=True)
    assert list(fixed.columns)[:7] == ["effect", "term", "estimate", "std.error", "statistic", "df", "p.value"]
    np.testing.assert_allclose(fixed[["conf.low", "conf.high"]].iloc[1], [7.205955, 13.72862], rtol=2e-5)  # lmerTest
    parameters = pylmer.tidy(model, "ran_pars")
    terms = ["sd__(Intercept)", "cor__(Intercept).Days", "sd__Days", "sd__Observation"]
    assert list(parameters["term"]) == terms
    np.testing.assert_allclose(parameters["estimate"], [24.74066, 0.06555124, 5.922138, 25.5918], rtol=1e-5)
    values = pylmer.tidy(model, "ran_vals")
    assert list(values.columns) == ["effect", "group", "level", "term", "estimate", "std.error"]
    assert len(values) == 36
    assert len(pylmer.tidy(model, ["fixed", "ran_pars", "ran_vals"])) == 42
    assert "df" not in pylmer.tidy(model, ddf="lme4")
    with pytest.raises(pylmer.ArgumentError, match="effects='random'"):
        pylmer.tidy(model, "random")


def test_glance_and_augment() -> None:
    R, model = case("dev-sleep-rs"), fit("dev-sleep-rs")
    row = pylmer.glance(model).iloc[0]
    assert [row["AIC"], row["BIC"], row["logLik"]] == pytest.approx([R["AIC"], R["BIC"], R["logLik"]])
    rows = pylmer.augment(model)
    np.testing.assert_allclose(rows[".hat"].iloc[:5], R["hatvalues_first5"], rtol=1e-5)
    np.testing.assert_allclose(rows[".cooksd"].iloc[:5], R["cooks_distance_first5"], rtol=1e-4)
    assert rows[".hat"].sum() == pytest.approx(R["hat_sum"], rel=1e-5)
    np.testing.assert_allclose(rows[".fixed"], rows["Days"] * model.beta[1] + model.beta[0])


def test_augment_with_weights() -> None:
    """R 4.2.2, lme4 1.1-31: hatvalues and cooks.distance, at a theta good to four digits."""
    rows = pylmer.augment(sleep_fit(SLOPE, weights="Days + 1"))
    np.testing.assert_allclose(rows[".hat"].iloc[:4], [0.072015171, 0.107843780, 0.118214164, 0.113854661], rtol=2e-4)
    cook = [0.00043041167, 0.00988027931, 0.11564379219, 0.00324334247]
    np.testing.assert_allclose(rows[".cooksd"].iloc[:4], cook, rtol=1e-3)


def test_no_random_effects_is_least_squares() -> None:
    data = pylmer.datasets.load("sleepstudy")
    model = pylmer.lmer(INTERCEPT, data, weights="Days + 1", REML=False)
    alone = pylmer.lm("Reaction ~ Days", data, weights="Days + 1")
    table = pylmer.ranova(model)
    assert table.loc["(1 | Subject)", "logLik"] == pytest.approx(float(pylmer.logLik(alone)), rel=1e-9)
    assert table.loc["(1 | Subject)", "npar"] == 3


def test_without_fixed_effects() -> None:
    model = pylmer.lmer("Reaction ~ 0 + (1 | Subject)", pylmer.datasets.load("sleepstudy"))
    assert pylmer.summary(model).coefficients.empty
    for ddf in ("Satterthwaite", "Kenward-Roger"):
        assert pylmer.tidy(model, ddf=ddf, conf_int=True).empty
    assert pylmer.anova(model).empty
    assert list(pylmer.confint(model, method="Wald").index) == [".sig01", ".sigma"]


def test_without_fixed_effects_crossed() -> None:
    model = pylmer.lmer("diameter ~ 0 + (1 | plate) + (1 | sample)", pylmer.datasets.load("Penicillin"))
    assert pylmer.vcovAdj(model).empty


def test_dropped_coefficient() -> None:
    with pytest.raises(pylmer.ArgumentError, match=r"'I\(2 \* Days\)' is a linear combination .* cannot be estimated"):
        pylmer.contest(fit("dev-sleep-rankdef"), "I(2 * Days)")


def test_long_formulas_are_broken_as_in_r() -> None:
    """R 4.2.2, pbkrtest 0.5.2, lmerTest 3.1-3: KRmodcomp and drop1(ddf = "lme4") break them, drop1's F tests do not."""
    model = sleep_fit("Reaction ~ Days + I(Days^2) + I(Days^3) + I(Days^4) + (0 + Days | Subject) + (1 | Subject)")
    broken = ["Reaction ~ Days + I(Days^2) + I(Days^3) + I(Days^4) + (0 + Days |", "    Subject) + (1 | Subject)"]
    assert lines(pylmer.KRmodcomp(model, np.eye(5)[4:]))[:2] == [f"large : {broken[0]}", broken[1]]
    assert lines(pylmer.drop1(model, ddf="lme4"))[3:5] == broken
    assert lines(pylmer.drop1(model))[3] == f"{broken[0]} {broken[1].strip()}"


def test_html() -> None:
    model = sleep_fit(SLOPE)
    page = pylmer.anova(model)._repr_html_()
    assert "Type III Analysis of Variance Table with Satterthwaite&#x27;s method" in page
    assert '<td style="text-align:right">45.853</td>' in page
    assert "<th>Std. Error</th>" in pylmer.ls_means(cake())._repr_html_()
    assert "<th>97.5 %</th>" in pylmer.confint(model, method="Wald")._repr_html_()


def test_terms_that_others_stand_for_are_not_tested() -> None:
    """lmerTest 3.1-3: of temp and celsius, dependent, either can go, so drop1 and step leave both alone."""
    data = pylmer.datasets.load("cake").assign(celsius=lambda d: (d.temp - 32) / 1.8)
    with pytest.warns(pylmer.FitNote, match="dropping 1 column"):
        model = pylmer.lmer("angle ~ recipe + temp + celsius + (1 | recipe:replicate)", data)
    for ddf in ("Satterthwaite", "Kenward-Roger"):
        tests = pylmer.drop1(model, ddf=ddf)
        assert tests.loc[["temp", "celsius"]].isna().all(axis=None)
        assert tests.loc["recipe", "Pr(>F)"] == pytest.approx(0.7809, abs=5e-5)  # as without celsius
    found = pylmer.step(model, reduce_random=False)
    assert found.fixed["Eliminated"].to_dict() == {"recipe": 1, "temp": 0, "celsius": 0}


def test_scope_of_drop1() -> None:
    model = cake()
    assert list(pylmer.drop1(model, "recipe").index) == ["recipe"]
    assert list(pylmer.drop1(model, "~ temp").index) == ["temp"]
    with pytest.raises(
        pylmer.ArgumentError, match="scope has 'Temp', which is no term of the model; did you mean 'temp'"
    ):
        pylmer.drop1(model, ["Temp"])


def test_model_comparisons() -> None:
    """pbkrtest 0.5.2: KRmodcomp(fm1, fm0); a fit gives the same test as its restriction matrix."""
    large, small = sleep_fit(SLOPE), sleep_fit("Reaction ~ 1 + (Days | Subject)")
    by_fit = pylmer.KRmodcomp(large, small)
    assert lines(by_fit) == transcript("3e", "KRmodcomp(fm1, fm1 without Days)")
    recipes = sleep_fit("angle ~ recipe * temperature + (1|recipe:replicate)", "cake")
    one = pylmer.SATmodcomp(recipes, sleep_fit("angle ~ recipe + temperature + (1|recipe:replicate)", "cake"))
    assert one.test.iloc[0, :3].to_list() == pytest.approx([1.0062, 10, 210], abs=5e-5)  # anova(type = 1) of lmerTest
    with pytest.raises(pylmer.ArgumentError, match="not nested"):
        pylmer.KRmodcomp(recipes, sleep_fit("angle ~ I(temp^7) + replicate + (1|recipe:replicate)", "cake"))
    with pytest.raises(pylmer.ArgumentError, match="give the large model first"):
        pylmer.KRmodcomp(small, large)
    with pytest.raises(pylmer.ArgumentError, match="nothing to test"):
        pylmer.KRmodcomp(large, large)


def test_rows_change() -> None:
    data = pylmer.datasets.load("sleepstudy").assign(x=1.0 * np.arange(180))
    data.loc[3, "x"] = np.nan
    model = pylmer.lmer("Reaction ~ Days + x + (1 | Subject)", data)
    with pytest.raises(pylmer.DataError, match="drop the rows with missing values before fitting"):
        pylmer.step(model)


def test_which_of_ls_means() -> None:
    with pytest.raises(pylmer.ArgumentError, match="which='temp'"):
        pylmer.ls_means(cake(), "temp")


def test_factor_made_in_the_formula() -> None:
    """In balanced data the least-squares means are the means."""
    model = sleep_fit("Reaction ~ factor(Days) + (1 | Subject)")
    means = pylmer.datasets.load("sleepstudy").groupby("Days")["Reaction"].mean()
    np.testing.assert_allclose(pylmer.ls_means(model)["Estimate"], means)
    assert list(pylmer.ls_means(model).index)[:2] == ["factor(Days)0", "factor(Days)1"]


@pytest.mark.filterwarnings("ignore:the tests of type 3 average:pylmer.FitNote")
def test_types_with_polynomials_and_weights() -> None:
    """R 4.2.2, lmerTest 3.1-3: F values of f * poly(Days, 2), unbalanced and weighted."""
    data = pylmer.datasets.load("sleepstudy").assign(w=np.tile([1, 2, 0.5, 3], 45), f=np.tile(list("abc"), 60))
    data = data.drop(index=[2, 16, 17, 43, *range(89, 97), 132])
    model = pylmer.lmer("Reaction ~ f * poly(Days, 2) + (Days | Subject)", data, weights="w")
    expected = {
        1: ([0.07309170961, 24.38564617616, 5.08649636834], [131.34720186, 26.31755631, 135.59327938]),
        2: ([0.2860488848, 24.3856461762, 5.0864963683], [131.05904280, 26.31755631, 136.60667286]),
        3: ([0.2572055484, 23.8386935332, 5.0864963683], [131.10349128, 26.30145832, 136.60667286]),
    }
    for type, (F, df) in expected.items():
        table = pylmer.anova(model, type=type)
        np.testing.assert_allclose(table["F value"], F, rtol=1e-5)
        np.testing.assert_allclose(table["DenDF"], df, rtol=1e-5)


def test_means_beside_a_covariate_made_of_a_factor() -> None:
    data = pylmer.datasets.load("cake").iloc[20:]
    one = pylmer.lmer("angle ~ recipe + as.numeric(temperature) + (1 | recipe:replicate)", data)
    other = pylmer.lmer("angle ~ recipe + temp + (1 | recipe:replicate)", data)
    np.testing.assert_allclose(pylmer.ls_means(one)["Estimate"], pylmer.ls_means(other)["Estimate"])


def test_drop1_heeds_the_test() -> None:
    """R: lme4:::drop1.merMod(m, test = "Chisq"); drop1(m, test = "Chisq") of lmerTest gives its F tests instead."""
    model = sleep_fit(SLOPE)
    table = pylmer.drop1(model, test="Chisq")
    assert list(table) == ["npar", "AIC", "LRT", "Pr(Chi)"]
    np.testing.assert_allclose(table.loc["Days"], [1, 1785.4759, 23.536538, 1.2256e-06], rtol=1e-4)
    assert table.loc["<none>", "AIC"] == pytest.approx(1763.9393, abs=1e-3)
    r = [[2, 1704.687738, 0.5299855995, 7.672114741e-01], [1, 1785.688371, 79.5306182094, 4.748098429e-19]]
    np.testing.assert_allclose(pylmer.drop1(cake(), test="Chisq").iloc[1:], r, rtol=1e-5)
    pd.testing.assert_frame_equal(pylmer.drop1(model, ddf="lme4", test="Chisq"), table)
    for test in ("F", "none", None):
        assert pylmer.drop1(model, test=test).loc["Days", "F value"] == pytest.approx(45.853, abs=5e-4)
    for given, message in (
        (
            {"test": "Chisq", "ddf": "Satterthwaite"},
            "likelihood-ratio tests, ddf='Satterthwaite' is a method of F tests",
        ),
        ({"test": "Chisq", "ddf": "Kenward-Roger"}, "leave one of the two out"),
        ({"test": "F", "ddf": "lme4"}, "ddf='lme4' has no F tests"),
        ({"test": "user"}, "test='user': wanted 'none', 'F', 'Chisq'"),
        ({"test": True}, r"test=True: drop1\(\) wants a text or None"),
    ):
        with pytest.raises(pylmer.ArgumentError, match=message):
            pylmer.drop1(model, **given)
