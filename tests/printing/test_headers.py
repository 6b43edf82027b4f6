"""Headers and footers: how long lines break (as R's cat(fill = TRUE) and deparse), what is left out, what is said."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pandas as pd
import pytest

import pylmer
from pylmer.printing.filling import fill

from .pages import lines, same_up_to_rounding


def frame(n: int = 60, groups: int = 6) -> pd.DataFrame:
    rng = np.random.default_rng(1)
    columns: dict[str, Any] = {f"x{i}": rng.normal(size=n) for i in range(1, 11)}
    g = np.repeat([f"g{k}" for k in range(groups)], n // groups)
    y = rng.normal(size=groups)[np.repeat(np.arange(groups), n // groups)] + rng.normal(size=n)
    return pd.DataFrame({"y": y, "group": g, **columns})


def header(formula: str, **given: Any) -> list[str]:
    return str(pylmer.lmer(formula, frame(), **given)).split("\n")


def test_no_name_no_data_line() -> None:
    page = header("y ~ x1 + (1 | group)")
    assert page[1:3] == ["Formula: y ~ x1 + (1 | group)", page[2]]
    assert page[2].startswith("REML criterion at convergence: ")


def test_data_name() -> None:
    data = frame()
    data.attrs["name"] = "mine"
    model = pylmer.lmer("y ~ x1 + (1 | group)", data)
    assert str(model).split("\n")[2] == "   Data: mine"
    assert str(pylmer.display(model)).split("\n")[0] == "lmer(formula = y ~ x1 + (1 | group), data = mine)"


def test_call_without_a_name() -> None:
    model = pylmer.lmer("y ~ x1 + (1 | group)", frame())
    assert str(pylmer.display(model)).split("\n")[0] == "lmer(formula = y ~ x1 + (1 | group), data = data)"


def test_long_formula_breaks_after_sixty() -> None:
    """R: `Formula: Reaction ~ x1 + ... + x7 + Days + (Days | ` and then `    Subject)`."""
    page = header("y ~ x1 + x2 + x3 + x4 + x5 + x6 + x7 + x8 + x9 + (x1 | group)")
    assert page[1].rstrip() == "Formula: y ~ x1 + x2 + x3 + x4 + x5 + x6 + x7 + x8 + x9 + (x1 | group)"
    page = header("y ~ x1 + x2 + x3 + x4 + x5 + x6 + x7 + x8 + x9 + x10 + x1:x2 + (1 | group)")
    assert [line.rstrip() for line in page[1:3]] == [
        "Formula: y ~ x1 + x2 + x3 + x4 + x5 + x6 + x7 + x8 + x9 + x10 + x1:x2 +",
        "    (1 | group)",
    ]


@pytest.mark.parametrize(("length", "breaks"), [(70, False), (71, True)])
def test_label_stands_alone_before_a_very_long_line(length: int, breaks: bool) -> None:
    """Seen in R: a first line of 70 characters still stands beside "Formula:", one of 71 does not."""
    text = fill(["Formula:", "x" * (length - 1) + " ", "    (1 | g)"])
    assert text.startswith("Formula:\n" if breaks else "Formula: x")


def test_arguments_in_order() -> None:
    control = pylmer.lmerControl(check_nobs_vs_nlev="warning")
    weights = np.linspace(1, 2, 60)
    model = pylmer.lmer(
        "y ~ x1 + (1 | group)", frame(), weights=weights, subset="x1 > -1", offset="x2", control=control
    )
    start = str(pylmer.summary(model, ddf="lme4")).split("\n\n")[0].split("\n")
    assert [line.split(":")[0] for line in start[1:]] == ["Formula", "Weights", " Offset", "Control", " Subset"]
    assert start[2:4] == ["Weights: <array>", " Offset: x2"]
    assert start[5] == " Subset: x1 > -1"
    assert "Control:" not in str(model)
    call = str(pylmer.display(model)).split("\n            coef.est")[0]
    places = [call.index(f" {name} = ") for name in ("data", "control", "subset", "weights", "offset")]
    assert places == sorted(places)
    assert "weights = <array>" in call


def test_many_groups_stand_on_a_line_of_their_own() -> None:
    data = frame().assign(another_very_long_grouping_factor_name=lambda d: d["group"] + d["x1"].gt(0).astype(str))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", pylmer.FitNote)
        model = pylmer.lmer("y ~ 1 + (1 | group) + (1 | another_very_long_grouping_factor_name)", data)
    lines = str(model).split("\n")
    at = next(i for i, line in enumerate(lines) if line.startswith("Number of obs"))
    assert lines[at : at + 2] == [
        "Number of obs: 60, groups:",
        "another_very_long_grouping_factor_name, 12; group, 6",
    ]


def test_no_fixed_effects() -> None:
    """As lme4: the criteria coincide and it speaks of maximum likelihood; summary has no table."""
    model = pylmer.lmer("y ~ 0 + (1 | group)", frame())
    lines = str(model).split("\n")
    assert lines[0] == "Linear mixed model fit by maximum likelihood  ['lmerMod']"
    assert lines[-1] == "No fixed effect coefficients"
    assert "Fixed effects" not in str(pylmer.summary(model))
    assert "coef.est" not in str(pylmer.display(model))


def test_converged_fit_has_no_footer() -> None:
    model = pylmer.lmer("y ~ x1 + (1 | group)", frame())
    assert "optimizer" not in str(model) + str(pylmer.summary(model))


def test_other_optimizer_is_named() -> None:
    with pytest.warns(pylmer.FitNote, match="bobyqa"):
        model = pylmer.lmer("y ~ x1 + (1 | group)", frame(), control=pylmer.lmerControl(optimizer="bobyqa"))
    assert "optimizer (bobyqa) convergence code: 0 (OK)" in str(model)
    assert 'Control: lmerControl(optimizer = "bobyqa")' in str(pylmer.summary(model))


NARROW = """\
Linear mixed model fit by REML ['lmerMod']
Formula: Reaction ~ Days + (Days | Subject)
   Data: sleepstudy

REML criterion at convergence: 1743.6

Random effects:
 Groups   Name        Std.Dev. Corr
 Subject  (Intercept) 24.74045
          Days         5.92213 0.0656
 Residual             25.59182
Number of obs: 180, groups:  Subject, 18

Fixed effects:
             Estimate Std. Error  t value
(Intercept) 251.40510    6.82456 36.83831
Days         10.46729    1.54579  6.77148"""
VARIANCES = """\
 Groups   Name        Variance Corr
 Subject  (Intercept) 612.09
          Days         35.07   0.07
 Residual             654.94"""


def test_summary_options() -> None:
    """R: print(summary(fm1), correlation = FALSE, show.resids = FALSE, ranef.comp = "Std.Dev.", digits = 6), and
    print(summary(fm1), ranef.comp = "Variance"); pages without a block, or without stars, are the page but for these.
    """
    sleep = pylmer.datasets.load("sleepstudy")
    record = pylmer.summary(pylmer.lmer("Reaction ~ Days + (Days | Subject)", sleep), ddf="lme4")
    narrow = record.to_string(correlation=False, show_resids=False, ranef_comp=("Std.Dev.",), digits=6)
    assert same_up_to_rounding(lines(narrow), NARROW.split("\n"))
    page, variances = str(record), record.to_string(ranef_comp=("Variance",))
    assert VARIANCES in "\n".join(line.rstrip() for line in variances.split("\n"))
    table = page[page.index(" Groups ") : page.index("Number of obs")]
    other = variances[variances.index(" Groups ") : variances.index("Number of obs")]
    assert page.replace(table, other) == variances
    correlations = page[page.index("\n\nCorrelation of Fixed Effects:") :]
    assert correlations.split() == ["Correlation", "of", "Fixed", "Effects:", "(Intr)", "Days", "-0.138"]
    assert record.to_string(correlation=False) == page.removesuffix(correlations)
    residuals = page[page.index("Scaled residuals:") : page.index("Random effects:")]
    assert record.to_string(show_resids=False) == page.replace(residuals, "")


def test_summary_without_stars() -> None:
    """R: without stars their column and the two lines below the table are not there."""
    record = pylmer.summary(pylmer.lmer("Reaction ~ Days + (1 | Subject)", pylmer.datasets.load("sleepstudy")))
    page, plain = str(record).split("\n"), record.to_string(signif_stars=False).split("\n")
    assert any(line.startswith("Signif. codes:") for line in page)
    kept = [line.rstrip(" *.") for line in page if not line.startswith(("Signif. codes:", "---"))]
    assert kept == [line.rstrip(" *.") for line in plain]
    assert not any(line.endswith("*") for line in plain)


@pytest.mark.filterwarnings("ignore::pylmer.FitNote")
def test_a_fit_that_did_not_converge_says_so() -> None:
    """R: "optimizer (bobyqa) convergence code: 1 (bobyqa -- maximum ...) ; 1 optimizer warnings; 1 lme4 warnings ",
    where lme4's own one is on the gradient; of newton the optimizer's is the only one."""
    stopped = pylmer.lmerControl(optCtrl={"maxit": 1})
    sleep = pylmer.datasets.load("sleepstudy").iloc[7:]  # where all subjects have the same rows no step is needed
    model = pylmer.lmer("Reaction ~ Days + (Days | Subject)", sleep, control=stopped)
    message = model.optimum.message
    assert message.startswith("no convergence in 1 steps")
    last = f"optimizer (newton) convergence code: 1 ({message})"
    assert str(model).split("\n")[-1] == f"{last} ; 1 optimizer warnings; 0 lme4 warnings "
    assert str(pylmer.summary(model)).split("\n")[-3:] == [last, f"newton did not converge: {message}", ""]


def test_options_of_summary_have_names() -> None:
    record = pylmer.summary(pylmer.lmer("y ~ x1 + (1 | group)", frame()))
    with pytest.raises(pylmer.ArgumentError, match=r"to_string\(\): got an unexpected keyword argument 'colour'"):
        record.to_string(colour="red")


def test_structured_terms() -> None:
    """lme4 2.1: the structure stands beside its one correlation; equal variances are one row; diag has no column."""
    data = pylmer.datasets.load("sleepstudy")
    tables = {
        term: str(pylmer.VarCorr(pylmer.lmer(f"Reaction ~ Days + {term}", data)))
        for term in ("cs(Days | Subject)", "diag(Days | Subject)", "cs(Days | Subject, hom = TRUE)")
    }
    assert tables["cs(Days | Subject)"].split("\n")[1].split()[-2:] == ["0.066", "(cs)"]
    assert "Corr" not in tables["diag(Days | Subject)"]
    assert len(tables["diag(Days | Subject)"].split("\n")) == 4
    assert len(tables["cs(Days | Subject, hom = TRUE)"].split("\n")) == 3
