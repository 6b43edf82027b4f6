"""Three whole scripts: the Python that `port` writes runs and gives R's numbers.

R 4.2.2 with lme4 1.1-31, lmerTest 3.1-3 and emmeans 1.8.4 ran scripts/*.R and printed the numbers below.
"""

from __future__ import annotations

import contextlib
import io
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import pylmer
from pylmer.cli import main
from pylmer.porting import port

SCRIPTS = Path(__file__).parent / "scripts"
SLEEP = [
    ("nrow(d)", "len(d)", [144]),
    ("mean(d$Reaction)", 'np.mean(d["Reaction"])', [307.9914]),
    ("sd(d$Reaction)", 'np.std(d["Reaction"], ddof=1)', [57.09136]),
    ("anova(m0, m1, refit = FALSE)", 'anova(m0, m1, refit=False).loc[:, ["AIC", "BIC", "logLik", "Chisq"]].iloc[1]',
     [1416.1, 1433.9, -702.05, 25.926]),
    ("coef(s)", "coef(s).iloc[:, :4]", [267.967, 8.266, 17.0, 32.418, 11.435, 1.845, 16.999, 6.197]),
    ("ranef(m1)", 'ranef(m1)["Subject"].head(3)', [24.49929, 8.602, -59.37231, -8.127753, -39.47628, -7.429237]),
    ("VarCorr(m1)", 'VarCorr(m1).as_frame()["sdcor"]', [30.9572552, 6.7659193, 0.1776263, 25.5264046]),
    ("confint(m1)", 'confint(m1, parm="beta_", method="Wald")', [251.766561, 284.16828, 7.818722, 15.05214]),
    ("predict(m1, new)", "predict(m1, new)", [292.4667, 362.5977, 432.7287]),
    ("predict(re.form = NA)", 'predict(m1, new, re_form="NA")', [267.9674, 307.9914, 348.0154]),
    ("ranova(m1)", 'ranova(m1)["LRT"].iloc[1]', [25.926]),
    ("anova(m2)", 'anova(m2)["F value"]', [0.1133, 38.4998, 0.1149]),
    ("drop1(m2)", 'drop1(m2)["F value"]', [0.1149]),
]  # fmt: skip
HERDS = [
    ("aggregate()", 'cbpp.groupby("period", observed=True)["rate"].mean()', [0.219795, 0.074014, 0.089332, 0.041259]),
    ("anova(gm0, gm1)", 'anova(gm0, gm1)["Chisq"].iloc[1]', [25.6]),
    ("-2 * logLik(gm1)", "-2 * logLik(gm1)", [184.05]),
    ("exp(fixef(gm1))", "np.exp(fixef(gm1))", [0.24701, 0.37086, 0.32361, 0.20603]),
    ("means", 'means.as_frame()["prob"]', [0.1981, 0.0839, 0.0740, 0.0484]),
    ("contrast(means)", 'contrast(means, "trt.vs.ctrl", ref=2).as_frame()["odds.ratio"]', [2.696, 0.873, 0.556]),
    ("coef(p)", 'coef(p)["Estimate"]', [-1.5167, -1.0066, -1.1274, -1.5808]),
    ("fixef(nb)", "fixef(nb)", [1.4028, -1.2087, -1.4028, -2.0219]),
    ("worst", "worst", [1, 4, 9]),
]
YIELDS = [
    ("sum(is.na())", "len(oats)", [71]),
    ("xtabs()", 'pd.crosstab(oats["Variety"], oats["Block"]).iloc[0]', [3, 4, 4, 4, 4, 4]),
    ("quantile()", 'np.quantile(oats["yield"], [0.1, 0.9])', [68, 133]),
    ("anova(fit)", 'anova(fit, ddf="Kenward-Roger").loc[:, ["DenDF", "F value"]]',
     [22.558, 1.8818, 50.221, 105.6733, 50.213, 0.2999]),
    ("step(fit)", 'step(fit).fixed["F value"]', [0.3001, 1.8221, 109.3627]),
    ("ls_means(small)", 'ls_means(small)["Estimate"]', [96.5150, 104.1955, 109.4872]),
    ("emmeans()$contrasts", 'emmeans(small, "pairwise ~ Variety")["contrasts"].as_frame()["p.value"]',
     [0.5216, 0.1890, 0.7244]),
    ("emtrends(fit)", 'emtrends(fit, "~ Variety", "nitro").as_frame()["nitro.trend"]', [76.7, 75.3, 64.6]),
    ("rate(small)", "[rate(small), rate(small, at=0.6)]", [96.81949, 118.4362]),
    ("summary(l)$r.squared", "summary(l).r_squared", [0.1502134]),
    ("anova(l)", 'anova(l)["F value"].iloc[0]', [9.0151]),
    ("length(draws$t)", "len(draws.t)", [5]),
]  # fmt: skip
WORDS = ["anova", "coef", "confint", "contrast", "drop1", "emmeans", "emtrends", "fixef", "logLik", "ls_means"]
WORDS += ["predict", "ranef", "ranova", "step", "summary", "VarCorr"]
LEFT = {"sleep": [("xyplot", 31)], "herds": [], "yields": [("a loop (for)", 29)]}
TABLES = {"sleep": SLEEP, "herds": HERDS, "yields": YIELDS}
CASES = [(script, *row) for script, rows in TABLES.items() for row in rows]


@pytest.fixture(scope="module")
def ran() -> Iterator[dict[str, dict[str, Any]]]:
    """The names of each script after its Python has run."""
    names: dict[str, dict[str, Any]] = {}
    home = Path.cwd()
    os.chdir(SCRIPTS)  # one of them reads a file there
    try:
        for script in TABLES:
            names[script] = {}
            with contextlib.redirect_stdout(io.StringIO()) as out:
                exec(port((SCRIPTS / f"{script}.R").read_text()).text, names[script])  # noqa: S102  # port's text
            assert out.getvalue().count("\n") > 30
        yield names
    finally:
        os.chdir(home)


@pytest.mark.filterwarnings("ignore::pylmer.FitNote")
@pytest.mark.parametrize(("script", "r", "python", "numbers"), CASES, ids=[f"{case[0]} {case[1]}" for case in CASES])
def test_r_s_numbers(script: str, r: str, python: str, numbers: list[float], ran: dict[str, dict[str, Any]]) -> None:
    names = {"pd": pd, "np": np, **ran[script]}
    for word in WORDS:
        names.setdefault(word, getattr(pylmer, word))
    found = np.ravel(np.asarray(eval(python, names), float))  # noqa: S307  # the expressions above
    found = found[~np.isnan(found)]
    assert found == pytest.approx(numbers, rel=1.2e-3)


@pytest.mark.parametrize("script", TABLES)
def test_what_is_left(script: str) -> None:
    ported = port((SCRIPTS / f"{script}.R").read_text())
    assert [left.line for left in ported.left] == [line for _, line in LEFT[script]]
    for left, (reason, _) in zip(ported.left, LEFT[script], strict=True):
        assert left.reason.startswith(reason)


def test_the_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["port", str(SCRIPTS / "herds.R")]) == 0
    shown = capsys.readouterr()
    assert shown.out.startswith("import numpy as np\nfrom pylmer import (")
    assert shown.err.startswith("ported: 19 statements; nothing to do: 3; left: 0\n")
    target = tmp_path / "sleep.py"
    assert main(["port", str(SCRIPTS / "sleep.R"), "--out", str(target)]) == 1
    shown = capsys.readouterr()
    assert shown.out == ""
    assert "left: 1\n  line 31: xyplot() draws" in shown.err
    assert "# line 31, not ported: xyplot()" in target.read_text()


def test_the_command_s_errors(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    bad = tmp_path / "bad.R"
    bad.write_text("x <- 1\nf(x y)\n")
    assert main(["port", str(bad)]) == 2
    assert capsys.readouterr().err == "pylmer: line 2: unexpected 'y'\n  f(x y)\n      ^\n"
    assert main(["port", str(tmp_path / "none.R")]) == 2
    assert "cannot read" in capsys.readouterr().err
    assert main(["port", str(SCRIPTS / "herds.R"), "--data", str(bad)]) == 2
    assert "wanted a folder" in capsys.readouterr().err
