"""modelsummary: its numbers against sjPlot's tab_model, broom and performance, its pages against their formats."""

from __future__ import annotations

import builtins
import html
import math
import re
import warnings
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pandas as pd
import pytest

import pylmer
from pylmer import modelsummary

sleep = pylmer.datasets.load("sleepstudy")
cbpp = pylmer.datasets.load("cbpp")
COUNTS = "cbind(incidence, size - incidence) ~ period"
LINE = pylmer.lmer("Reaction ~ Days + (1 | Subject)", sleep)
LINES = pylmer.lmer("Reaction ~ Days + (Days | Subject)", sleep)
PLAIN = pylmer.lm("Reaction ~ Days", sleep)
HERDS = pylmer.glmer(f"{COUNTS} + (1 | herd)", cbpp, "binomial")
PERIODS = pylmer.glm(COUNTS, cbpp, "binomial")
NASTY = 'a_b & <c> | 50% of $x^2$ {#} ~ \\ "q" *s* `t`'

# R: tab_model(m2, m3, df.method = "satterthwaite", digits = 4, ...), sjPlot 2.8.12, lme4 at its optimum (bobyqa, 1e-9)
TAB_MODEL = {
    ("fixed", "(Intercept)", "estimate"): (251.4051, 251.4051),
    ("fixed", "(Intercept)", "std.error"): (9.7467, 6.8246),
    ("fixed", "(Intercept)", "conf.low"): (231.2332, 237.0066),
    ("fixed", "(Intercept)", "conf.high"): (271.5770, 265.8037),
    ("fixed", "(Intercept)", "statistic"): (25.7938, 36.8383),
    ("fixed", "Days", "estimate"): (10.4673, 10.4673),
    ("fixed", "Days", "std.error"): (0.8042, 1.5458),
    ("fixed", "Days", "conf.low"): (8.8791, 7.2060),
    ("fixed", "Days", "conf.high"): (12.0555, 13.7286),
    ("fixed", "Days", "statistic"): (13.0154, 6.7715),
    ("ran_pars", "Subject: var (Intercept)", "estimate"): (1378.1785, 612.0897),
    ("ran_pars", "Subject: var Days", "estimate"): (math.nan, 35.0717),
    ("ran_pars", "Residual: var", "estimate"): (960.4566, 654.9410),
    ("fit", "nobs", "value"): (180, 180),
    ("fit", "groups: Subject", "value"): (18, 18),
    ("fit", "R2_marginal", "value"): (0.2799, 0.2787),
    ("fit", "R2_conditional", "value"): (0.7043, 0.7992),
    ("fit", "ICC", "value"): (0.5893, 0.7217),
    ("fit", "AIC", "value"): (1794.465, 1755.628),
    ("fit", "logLik", "value"): (-893.233, -871.814),
}


def test_the_numbers_of_tab_model() -> None:
    table = modelsummary([LINE, LINES], statistic=["se", "conf.int", "statistic"], scales="vcov").to_pandas()
    for place, numbers in TAB_MODEL.items():
        decimals = 3 if place[1] in ("AIC", "logLik") else 4
        np.testing.assert_allclose(table.loc[place], numbers, rtol=1e-6, atol=1.2 * 10.0**-decimals, equal_nan=True)
    cor = modelsummary(LINES).to_pandas().loc[("ran_pars", "Subject: cor (Intercept), Days", "estimate")]
    assert cor.iloc[0] == pytest.approx(0.0656, abs=6e-5)  # its rho01


def test_odds_ratios_as_tab_model_has_them() -> None:
    """R: tab_model(g): 0.24701 (0.15700 - 0.38861); 0.37086 (0.20472 - 0.67182); its Laplace optimum is lme4's."""
    table = modelsummary(HERDS, statistic="conf.int", exponentiate=True).to_pandas()["Model 1"]
    for term, numbers in {"(Intercept)": (0.24701, 0.157, 0.38861), "period2": (0.37086, 0.20472, 0.67182)}.items():
        ours = [table["fixed", term, number] for number in ("estimate", "conf.low", "conf.high")]
        np.testing.assert_allclose(ours, numbers, rtol=0.01)
    assert table["ran_pars", "herd: sd (Intercept)", "estimate"] == pytest.approx(math.sqrt(0.41225), rel=2e-3)


def test_exponentiate_is_the_delta_method() -> None:
    plain, ratios = (modelsummary(PERIODS, exponentiate=flag).estimates for flag in (False, True))
    np.testing.assert_allclose(ratios["estimate"], np.exp(plain["estimate"]))
    np.testing.assert_allclose(ratios["std.error"], plain["std.error"] * np.exp(plain["estimate"]))
    np.testing.assert_array_equal(ratios["p.value"], plain["p.value"])
    mixed = modelsummary([PLAIN, PERIODS], exponentiate=[False, True])
    assert mixed.estimates["estimate"].iloc[0] == pytest.approx(251.40510)
    assert "Effects of Model 2 are exp of coefficients." in str(mixed)


def test_every_kind_of_fit_is_what_tidy_says() -> None:
    fits = {"line": LINE, "lines": LINES, "lm": PLAIN, "herds": HERDS, "glm": PERIODS}
    rows = modelsummary(fits, statistic=["se", "conf.int", "p"]).estimates
    for name, fit in fits.items():
        own = rows[(rows["model"] == name) & (rows["effect"] == "fixed")]
        wanted = pylmer.tidy(fit, conf_int=True)
        for column in ("estimate", "std.error", "statistic", "p.value", "conf.low", "conf.high"):
            np.testing.assert_allclose(own[column].astype(float), wanted[column], rtol=1e-12)
    spread = rows[(rows["effect"] == "ran_pars") & (rows["group"] == "Residual")].set_index("model")["estimate"]
    assert spread["lm"] == pytest.approx(47.71472)  # R: sigma(lm(Reaction ~ Days, sleepstudy))
    assert set(spread.index) == {"line", "lines", "lm"}


def test_glm_as_broom_has_it() -> None:
    """R: tidy(glm(cbind(incidence, size - incidence) ~ period, binomial, cbpp), conf.int = TRUE), glance()."""
    frame = pylmer.tidy(PERIODS, conf_int=True, conf_method="profile").iloc[1]
    wanted = [-1.1707627, 0.29146779, -4.0167826, 5.8998115e-05, -1.7695366, -0.62047954]
    np.testing.assert_allclose(frame.iloc[1:].astype(float), wanted, rtol=3e-5)
    glance = pylmer.glance(PERIODS).iloc[0]
    np.testing.assert_allclose(glance, [154.81746, 55, -99.029199, 206.0584, 214.15981, 114.10169, 52, 56], rtol=1e-6)
    gamma = pylmer.tidy(pylmer.glm("Reaction ~ Days", sleep, "Gamma('log')"))
    np.testing.assert_allclose(gamma["statistic"], [258.9876273, 8.7461921], rtol=1e-6)
    np.testing.assert_allclose(pylmer.tidy(PERIODS, exponentiate=True)["estimate"].iloc[0], 0.28110599, rtol=1e-6)
    with pytest.raises(pylmer.ArgumentError, match="inverse scale"):
        pylmer.tidy(pylmer.glm("Reaction ~ Days", sleep, "Gamma"), exponentiate=True)


def test_profiles_give_deviations_their_limits() -> None:
    fit = pylmer.lmer("Yield ~ 1 + (1 | Batch)", pylmer.datasets.load("Dyestuff"))
    table = modelsummary(fit, statistic="conf.int", conf_method="profile").to_pandas()["Model 1"]
    limits = [table["ran_pars", "Batch: sd (Intercept)", number] for number in ("conf.low", "conf.high")]
    np.testing.assert_allclose(limits, [12.19766, 84.06306], rtol=1e-4)  # R: confint(fm01) of Dyestuff


def test_streamed_fits_and_sums_are_as_fits_in_memory(tmp_path: Path) -> None:
    sleep.to_csv(tmp_path / "rows.csv", index=False)
    plan = pylmer.plan("Reaction ~ Days + (Days | Subject)", sleep)
    sums = pylmer.lmer(plan, plan.sums(sleep))
    there = pylmer.lmer("Reaction ~ Days + (Days | Subject)", str(tmp_path / "rows.csv"))
    table = modelsummary({"here": LINES, "there": there, "sums": sums}).to_pandas()
    for column in ("there", "sums"):
        np.testing.assert_allclose(table[column], table["here"], rtol=2e-5)


def test_the_page() -> None:
    page = str(modelsummary({"plain": PLAIN, "lines": LINES}, stars=True, digits=2, gof_map=["nobs"], title="Sleep"))
    assert page.splitlines()[:8] == [
        "Sleep",
        "                                    plain      lines",
        "                                 Reaction   Reaction",
        "----------------------------------------------------",
        "(Intercept)                     251.41***  251.41***",
        "                                 (6.61)     (6.82)",
        "Days                             10.47***   10.47***",
        "                                 (1.24)     (1.55)",
    ]
    assert page.splitlines()[-1] == "+ p < 0.1, * p < 0.05, ** p < 0.01, *** p < 0.001"


def test_stars_by_marks_of_ones_own() -> None:
    data = pd.DataFrame({"y": np.arange(30.0) % 7, "x": np.arange(30.0)})
    fit = pylmer.lm("y ~ x", data)
    p = pylmer.tidy(fit)["p.value"]
    assert 0.001 < p.iloc[1] < 0.999
    just, under = float(np.nextafter(p.iloc[1], 1)), float(p.iloc[1])
    assert "x" in (marked := str(modelsummary(fit, stars={"°": just}, statistic=[])))
    assert re.search(r"^x .*°$", marked, re.MULTILINE)
    assert not re.search(r"^x .*°$", str(modelsummary(fit, stars={"°": under}, statistic=[])), re.MULTILINE)


def test_what_stands_beneath() -> None:
    page = str(modelsummary(LINES, statistic=["std.error", "conf.int", "p.value", "statistic", "df"]))
    for text in ("(6.825)", "[237.007, 265.804]", "p < 0.001", "t = 36.838", "df = 17.0"):
        assert text in page
    assert "z = -6.0" in str(modelsummary(HERDS, statistic="statistic"))
    assert "(" not in str(modelsummary(PLAIN, statistic=[], coef_map=["Days"], gof_map=[]))


def test_small_numbers_are_not_zero() -> None:
    small = pylmer.lm("Reaction ~ Days", sleep.assign(Days=sleep["Days"] * 1e6))
    assert "1.0e-05" in str(modelsummary(small, digits=3))
    assert "1.2e-06" in str(modelsummary(small, digits=3))


def test_choices_of_coefficients() -> None:
    def labels(**given: Any) -> list[str]:
        rows = modelsummary(PERIODS, **given).estimates
        return rows["label"].tolist()

    assert labels(coef_omit="period[23]") == ["(Intercept)", "period4"]
    assert labels(coef_omit=["(Intercept)"]) == ["period2", "period3", "period4"]
    assert labels(coef_map={"period4": "Fourth", "period2": "Second"}) == ["Fourth", "Second"]
    assert labels(coef_map=["period3", "(Intercept)"]) == ["period3", "(Intercept)"]
    assert labels(coef_map={"period4": "Fourth", "period2": "Second"}, coef_omit="2") == ["Fourth"]
    assert set(modelsummary(LINES, effects="fixed").estimates["effect"]) == {"fixed"}
    assert set(modelsummary(LINES, effects=["ran_pars"]).estimates["effect"]) == {"ran_pars"}


def test_lines_at_the_foot() -> None:
    table = modelsummary([LINES, PLAIN], gof_map={"RMSE": "Error", "groups": "Units", "nobs": "n"})
    assert list(table.fit_statistics.index) == ["RMSE", "groups: Subject", "nobs"]
    page = str(table)
    assert re.search(r"^Error +23\.438 +47\.449$", page, re.MULTILINE)  # performance's RMSE
    assert re.search(r"^Units: Subject +18$", page, re.MULTILINE)
    assert re.search(r"^n +180 +180$", page, re.MULTILINE)
    every = modelsummary([LINES, HERDS], gof_map=["REMLcrit", "deviance", "df_residual", "AICc", "Sigma"])
    assert every.fit_statistics.loc["REMLcrit"].isna().tolist() == [False, True]
    assert modelsummary(LINES, gof_map=[]).fit_statistics.empty


def test_no_notes_are_raised() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        modelsummary([LINE, LINES, PLAIN, HERDS, PERIODS])


def corners() -> dict[str, Any]:
    two = sleep.assign(twice=2 * sleep["Days"], late=np.where(sleep["Days"] > 4, "a|b", "c"))
    return {
        "no fixed effects": lambda: pylmer.lmer("Reaction ~ 0 + (1 | Subject)", two),
        "an aliased column": lambda: pylmer.lm("Reaction ~ Days + twice", two),
        "two terms": lambda: pylmer.lmer("Reaction ~ Days + (1 | Subject) + (0 + Days | Subject)", two),
        "cs": lambda: pylmer.lmer("Reaction ~ Days + cs(1 + Days | Subject)", two),
        "diag": lambda: pylmer.lmer("Reaction ~ Days + diag(late | Subject)", two),
        "nb": lambda: pylmer.glmer_nb("incidence ~ period + (1 | herd)", cbpp),
        "quadrature": lambda: pylmer.glmer(f"{COUNTS} + (1 | herd)", cbpp, "binomial", nAGQ=5),
        "rows of weight zero": lambda: pylmer.glm(COUNTS, cbpp, "binomial", weights=np.resize([0.0, 1.0], 56)),
        "excluded": lambda: pylmer.lmer(
            "Reaction ~ Days + (1 | Subject)",
            two.assign(Reaction=two["Reaction"].where(two["Days"] != 3)),
            na_action="exclude",
        ),
        "given parameters": lambda: pylmer.makeLmer(
            "Reaction ~ Days + (1 | Subject)", two, fixef=[250, 10], VarCorr=1000.0, sigma=30.0
        ),
    }


@pytest.mark.parametrize("name", corners())
def test_fits_of_every_kind(name: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", pylmer.FitNote)
        fit = corners()[name]()
    for effects in ("fixed", "ran_pars", ["fixed", "ran_pars"]):
        table = modelsummary(fit, effects=effects, statistic=["se", "conf.int"])
        assert set(table.estimates["effect"]) <= set([effects] if isinstance(effects, str) else effects)
        numbers = table.to_pandas()["Model 1"]
        texts = texts_of(table._repr_html_())
        for value in (numbers[place] for place in numbers.index if place[2] == "estimate"):
            assert f"{value:.3f}".replace("-", "−") in texts
    likelihood = pylmer.compare_performance(fit)
    assert likelihood["AIC"].iloc[0] == pytest.approx(
        float(-2 * pylmer.logLik(fit, **ml(fit)) + 2 * pylmer.logLik(fit).df)
    )
    assert likelihood["RMSE"].iloc[0] == pytest.approx(rmse(fit))


def ml(fit: Any) -> dict[str, bool]:
    return {"REML": False} if isinstance(fit, pylmer.LmerFit) else {}


def rmse(fit: Any) -> float:
    return float(np.sqrt(np.nanmean(np.asarray(pylmer.resid(fit, type="response"), float) ** 2)))


def nasty() -> pylmer.LmerFit:
    column = NASTY.replace("`", "").replace("\\ ", "")  # what may stand between backticks
    return pylmer.lmer(f"Reaction ~ `{column}` + (1 | Subject)", sleep.rename(columns={"Days": column}))


def texts_of(table: Any) -> list[str]:
    root = ElementTree.fromstring(f"<body>{table}</body>")
    return ["".join(cell.itertext()) for cell in root.iter() if cell.tag in ("td", "th", "caption")]


def test_html_is_escaped() -> None:
    table = modelsummary({NASTY: nasty()}, output="html", title=NASTY, notes=NASTY, stars=True)
    assert str(table) == table.to_html() == table._repr_html_()
    found = texts_of(table)
    assert found.count(NASTY) == 3  # title, name, note
    assert any("a_b & <c>" in text for text in found if text != NASTY)  # the coefficient
    assert "251.405***" in found
    assert "−893.2" in found


def test_markdown_is_escaped() -> None:
    table = modelsummary(
        {NASTY: nasty()}, output="markdown", title="- first", notes=["* second", "1. third"], stars=True
    )
    lines = str(table).splitlines()
    assert str(table) == table.to_markdown()
    assert lines[0] == "\\- first"
    assert r"1\. third" in lines
    assert r"\* second" in lines
    assert r"\+ p \< 0.1, \* p \< 0.05, \*\* p \< 0.01, \*\*\* p \< 0.001" in lines
    rows = [line for line in lines if line.startswith("| ")]
    assert len(rows) > 10
    for row in rows:  # two cells each: bars in names are no bars of the table
        assert len(re.findall(r"(?<!\\)\|", row)) == 3
    assert r"a\_b &amp; \<c\> \| 50% of \$x^2\$ \{\#\} \~ \\" in rows[0]


UNESCAPED = re.compile(r"(?<!\\)[&%#_]")


def test_latex_is_escaped() -> None:
    table = modelsummary({NASTY: nasty(), "b": LINE}, output="latex", title=NASTY, notes=NASTY, stars=True)
    page = str(table)
    assert page == table.to_latex()
    first, *lines = page.splitlines()
    assert first == r"% \usepackage[T1]{fontenc} \usepackage{booktabs}"
    for line in lines:
        commands = re.sub(r"\\(begin|end|caption|centering|multicolumn|text\w+|footnotesize|[a-z]+rule)\b", "", line)
        assert not UNESCAPED.search(commands.replace(" & ", "")), line
        assert line.count("{") - line.count(r"\{") == line.count("}") - line.count(r"\}")
        assert commands.replace("$-$", "").replace(r"\$", "").count("$") == 0
        assert "<" not in line
    body = [line for line in lines if line.endswith(r" \\") and "multicolumn" not in line]
    assert {line.count(" & ") for line in body} == {2}
    assert r"a\_b \& \textless{}c\textgreater{} \textbar{} 50\% of \$x\textasciicircum{}2\$" in page
    assert r"251.405\textsuperscript{***}" in page
    assert "$-$893.2" in page


def test_great_tables() -> None:
    pytest.importorskip("great_tables")
    made = modelsummary({NASTY: nasty(), "herds": HERDS}, title="<b>", notes="* one", stars=True).to_gt().as_raw_html()
    for text in (NASTY, "<b>", "* one", "Random effects", "251.405***", "cbind(incidence, size - incidence)"):
        assert text in html.unescape(made)
    assert "<b>" not in made


def test_great_tables_is_an_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    known = builtins.__import__

    def without(name: str, *args: Any, **kwargs: Any) -> Any:
        if name == "great_tables":
            raise ImportError(name)
        return known(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(pylmer.MissingExtraError, match=r"pylmer\[tables\]"):
        modelsummary(PLAIN).to_gt()


def test_outputs_of_one_record() -> None:
    table = modelsummary(PLAIN)
    assert table.to_string(output="latex") == table.to_latex()
    assert table._repr_html_() == table.to_html()
    assert str(modelsummary(PLAIN, "markdown")) == table.to_markdown()
    with pytest.raises(pylmer.ArgumentError, match="output='docx'"):
        table.to_string(output="docx")


def test_names_of_models() -> None:
    assert modelsummary([PLAIN, LINE]).names == ("Model 1", "Model 2")
    assert modelsummary([PLAIN, LINE], names=["a", "b"]).names == ("a", "b")
    assert modelsummary({"a": PLAIN}, names=["c"]).names == ("c",)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"models": []}, "at least one"),
        ({"models": 3}, "wanted fits of lmer"),
        ({"models": [PLAIN, None]}, "Model 2: wanted fits of lmer.*NoneType"),
        ({"models": {1: PLAIN}}, "names of models"),
        ({"models": pylmer.lmList("Reaction ~ Days | Subject", sleep)}, r"LmList: a fit for each group"),
        ({"output": "docx"}, "output"),
        ({"statistic": "foo"}, "statistic"),
        ({"statistic": [math.nan]}, "statistic"),
        ({"stars": "yes"}, "stars"),
        ({"stars": {"*": 2}}, "stars"),
        ({"stars": {"*": math.nan}}, "stars"),
        ({"stars": True, "ddf": "lme4"}, "ddf='lme4'"),
        ({"digits": -1}, "digits"),
        ({"digits": math.nan}, "digits"),
        ({"exponentiate": "yes"}, "exponentiate"),
        ({"exponentiate": [True, False]}, "exponentiate"),
        ({"conf_level": 95}, "conf_level"),
        ({"conf_method": "magic"}, "conf_method"),
        ({"ddf": "between"}, "ddf"),
        ({"effects": "ran_vals"}, "effects"),
        ({"effects": []}, "effects"),
        ({"scales": "log"}, "scales"),
        ({"coef_map": {"Day": "D"}}, "coef_map: no model has a coefficient 'Day'; there are '.Intercept.', 'Days'"),
        ({"coef_map": {"Days": 3}}, "coef_map"),
        ({"coef_map": {"(Intercept)": "A", "Days": "A"}}, "'.Intercept.' and 'Days' of .* have one label, 'A'"),
        ({"coef_map": 3}, "coef_map"),
        ({"coef_omit": "("}, "no regular expression"),
        ({"coef_omit": ["Day"]}, "coef_omit: no model has"),
        ({"coef_omit": 3}, "coef_omit"),
        ({"gof_map": ["nobs", "foo"]}, "gof_map"),
        ({"gof_map": {"nobs": 3}}, "gof_map"),
        ({"names": ["a", "b"]}, "names"),
        ({"names": 3}, "names"),
        ({"title": 3}, "title"),
        ({"notes": 3}, "notes"),
        ({"foo": 3}, "foo"),
    ],
)
def test_wrong_arguments(given: dict[str, Any], message: str) -> None:
    with pytest.raises(pylmer.ArgumentError, match=message):
        modelsummary(**({"models": LINE} | given))


def test_no_ratio_of_a_probit() -> None:
    probit = pylmer.glm(COUNTS, cbpp, "binomial('probit')")
    with pytest.raises(pylmer.ArgumentError, match="on the probit scale"):
        modelsummary([PERIODS, probit], exponentiate=True)
    assert modelsummary([PERIODS, probit], exponentiate=[True, False]).look.ratios == ("Model 1",)
