"""The pages of glmer against what R 4.2.2 prints (tests/data/glmm/pages.txt, from lme4 1.1-31).

R's estimates differ from the optimum in the fourth digit, so lines are compared with every digit as 9: words, layout
and numbers of digits. On purpose different, as in lme4 2.x: the label of -2 log L. R leaves a constant out of the
likelihood of nAGQ > 1, and it says what it thinks of its convergence.
"""

from __future__ import annotations

import functools
import re
import warnings

import pytest

import pylmer

from .fits import cbpp
from .references import DATA, frame


def _pages():
    text = (DATA / "glmm" / "pages.txt").read_text(encoding="utf-8")
    return {page.split("\n", 1)[0]: page.split("\n", 1)[1].rstrip("\n") for page in text.split("> ")[1:]}


PAGES = _pages()
CONTRACEPTION = "use ~ age + urban + livch + (1 + urban | district)"


@functools.cache
def model(name):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", pylmer.FitNote)
        match name:
            case "gm1":
                return cbpp()
            case "gm2":
                return cbpp(nAGQ=9)
            case "gm0":
                return cbpp(nAGQ=0)
            case "pm":
                formula = "deaths ~ uvb + offset(log(expected)) + (1 | nation/region)"
                return pylmer.glmer(formula, named("Mmmec"), "poisson")
            case "cm":
                return pylmer.glmer(CONTRACEPTION, named("Contraception"), "binomial")
            case "gg":
                sleepstudy = pylmer.datasets.load("sleepstudy")
                control = pylmer.glmerControl(laplace="lme4")
                return pylmer.glmer(
                    "Reaction ~ Days + (1 | Subject)", sleepstudy, "Gamma(link = 'log')", control=control
                )
            case "nb":
                return pylmer.glmer_nb("y ~ lbase * trt + lage + V4 + (1 | subject)", named("epil"))
            case _:
                formula, data = "incidence/size ~ period + (1 | herd)", pylmer.datasets.load("cbpp")
                return pylmer.glmer(formula, data, "binomial", weights="size")


def named(dataset):
    data = frame(dataset)
    data.attrs["name"] = dataset
    return data


def masked(page):
    """Lines with every digit as 9, without those that differ on purpose."""
    lines = [line.rstrip() for line in page.split("\n")]
    start = next((i for i, line in enumerate(lines) if line.startswith("optimizer (")), len(lines))
    lines = [re.sub(r"\d", "9", line) for line in lines[:start]]
    while lines and not lines[-1]:
        lines.pop()
    return [line for line in lines if not _criteria(line)]


def words(page):
    """The lines as words, numbers of any length as 9: where R's estimate happens to end in 0."""
    return [re.sub(r"9+", "9", line).split() for line in masked(page)]


def _criteria(line):
    """The two lines of AIC, BIC, logLik, deviance."""
    return "logLik" in line or re.fullmatch(r"\s*(-?9+\.9+\s+){4}9+", line) is not None


@pytest.mark.parametrize("name", ["gm1", "gm2", "pm", "cm", "gg", "nb", "wm"])
def test_print(name):
    assert masked(repr(model(name))) == masked(PAGES[name])


@pytest.mark.parametrize("name", ["gm1", "gm2", "pm", "cm", "nb"])
def test_summary(name):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", pylmer.FitNote)
        assert masked(str(pylmer.summary(model(name)))) == masked(PAGES[f"summary({name})"])


def test_summary_with_a_scale():
    """t values with normal p-values, as R has them; the option that gives R's criterion is on the page."""
    page = masked(str(pylmer.summary(model("gg"))))
    assert 'Control: glmerControl(laplace = "lme9")' in page
    assert [line for line in page if not line.startswith("Control")] == masked(PAGES["summary(gg)"])


def test_summary_without_correlations():
    page = PAGES["print(summary(update(gm1, nAGQ=0)), correlation=FALSE)"]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert words(str(pylmer.summary(model("gm0"), correlation=False))) == words(page)


@pytest.mark.parametrize("name", ["gm1", "pm", "cm", "gg", "nb"])
def test_variances(name):
    assert masked(pylmer.VarCorr(model(name)).to_string()) == masked(PAGES[f"VarCorr({name})"])


def test_both_components():
    page = PAGES['print(VarCorr(gm1), comp=c("Variance","Std.Dev."))']
    assert words(pylmer.VarCorr(model("gm1")).to_string(comp=("Variance", "Std.Dev."))) == words(page)


def test_criteria():
    """R 4.2.2: 194.0531 204.1799 -92.0266 184.0531 51, 5e-4 above the minimum; the label is that of lme4 2.x."""
    lines = repr(model("gm1")).split("\n")
    labels, values = next((lines[i], lines[i + 1]) for i, line in enumerate(lines) if "logLik" in line)
    assert labels.split() == ["AIC", "BIC", "logLik", "-2*log(L)", "df.resid"]
    assert [float(value) for value in values.split()] == pytest.approx(
        [194.0531, 204.1799, -92.0266, 184.0531, 51], abs=1e-3
    )
    short = str(pylmer.summary(model("gm1"))).split("\n")[7].split()
    assert short == ["194.1", "204.2", "-92.0", "184.1", "51"]


def test_family_log_likelihood_and_formula():
    fit = model("gm1")
    assert str(pylmer.family(fit)).strip() == PAGES["family(gm1)"].strip()
    assert masked(str(pylmer.logLik(fit))) == masked(PAGES["logLik(gm1)"])
    assert str(pylmer.formula(fit)) == PAGES["formula(gm1)"]
    assert masked(str(pylmer.family(model("nb"))).strip("\n")) == masked(PAGES["family(nb)"].strip("\n"))


DISPLAY = """\
glmer(formula = cbind(incidence, size - incidence) ~ period +
    (1 | herd), data = cbpp, family = "binomial")
            coef.est coef.se
(Intercept) -1.40     0.23
period2     -0.99     0.31
period3     -1.13     0.33
period4     -1.58     0.43

Error terms:
 Groups   Name        Std.Dev.
 herd     (Intercept) 0.64
 Residual             1.00
---
number of obs: 56, groups: herd, 15
AIC = 194.1, DIC = -37.1
deviance = 73.5"""  # arm 1.13-1, but for the standard errors (R: .30, .32, .42 from a rough Hessian), and "binomial"


def test_display():
    assert [line.rstrip() for line in str(pylmer.display(model("gm1"))).split("\n")] == DISPLAY.split("\n")


def test_notebook():
    page = model("gm1")._repr_html_()
    assert "Generalized linear mixed model" in page
    assert "<th>z value</th>" in page
    assert "Residual" not in page
