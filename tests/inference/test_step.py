"""step and get_model: lmerTest 3.1-3's answers where terms stay, and where no random one does."""

from __future__ import annotations

import functools
import pickle
from typing import Any

import numpy as np
import pandas as pd
import pytest

import pylmer

PRODUCT = "y ~ x * z + (1 | g)"


def made() -> pd.DataFrame:
    """R: data.frame(x = rep(1:10, 6), g = gl(6, 10), z = sin(1:60), w = rep(1:3, 20)), then y."""
    k = np.arange(1, 61)
    data = pd.DataFrame(
        {"x": (k - 1) % 10 + 1, "g": np.repeat(list("123456"), 10), "z": np.sin(k), "w": (k - 1) % 3 + 1}
    )
    data.attrs["name"] = "d"
    return data.assign(y=2 + 0.3 * data["x"] + np.cos(7 * k**2))


def fitted(formula: str, data: pd.DataFrame, **given: Any) -> pylmer.LmerFit:
    return pylmer.lmer(formula, data, control=pylmer.lmerControl(check_conv_singular="ignore"), **given)


def lines(thing: object) -> list[str]:
    return [line.rstrip() for line in str(thing).strip("\n").splitlines()]


@functools.cache
def weighted() -> Any:
    return pylmer.step(fitted(PRODUCT, made(), weights="w"))


def test_goes_on_to_lm() -> None:
    """step(lmer(y ~ x * z + (1 | g), d, weights = w))."""
    assert lines(weighted()) == [
        "Backward reduced random-effect table:",
        "",
        "        Eliminated npar  logLik    AIC     LRT Df Pr(>Chisq)",
        "<none>                6 -65.363 142.73",
        "(1 | g)          1    5 -65.623 141.25 0.51988  1     0.4709",
        "",
        "Backward reduced fixed-effect table:",
        "    Eliminated Df Sum of Sq     RSS     AIC  F value    Pr(>F)",
        "x:z          1  1     0.937  44.650 -11.730   1.2002   0.27798",
        "x            0  1    96.435 141.085  55.301 123.1096 7.261e-16 ***",
        "z            0  1     3.272  47.921  -9.487   4.1766   0.04562 *",
        "---",
        "Signif. codes:  0 ‘***’ 0.001 ‘**’ 0.01 ‘*’ 0.05 ‘.’ 0.1 ‘ ’ 1",
        "",
        "Model found:",
        "y ~ x + z",
    ]


def test_the_lm_that_is_found() -> None:
    model = pylmer.get_model(weighted())
    assert isinstance(model, pylmer.LmFit)
    assert lines(model)[:2] == ["Call:", "lm(formula = y ~ x + z, data = d, weights = w)"]
    assert model.coef().to_list() == pytest.approx([1.9956936, 0.3123909, -0.2303674], abs=1e-6)
    assert lines(pickle.loads(pickle.dumps(weighted()))) == lines(weighted())


def test_an_lm_whose_terms_stay() -> None:
    """step(lmer(y ~ x * z + (1 | g), d), reduce.fixed = FALSE)."""
    found = pylmer.step(fitted(PRODUCT, made()), reduce_fixed=False)
    assert lines(found)[-6:] == [
        "Backward reduced fixed-effect table:",
        "    Eliminated Df Sum of Sq    RSS    AIC F value Pr(>F)",
        "x:z          0  1   0.42761 22.474 -52.92  1.0862 0.3018",
        "",
        "Model found:",
        "y ~ x + z + x:z",
    ]


def test_nothing_left_to_test() -> None:
    """R prints the columns alone, and y ~ 1."""
    found = pylmer.step(fitted("z ~ 1 + (1 | g)", made()))
    assert lines(found)[-5:] == [
        "Backward reduced fixed-effect table:",
        "     Eliminated Df Sum of Sq RSS AIC F value Pr(>F)",
        "",
        "Model found:",
        "z ~ 1",
    ]


def test_tables_of_terms_that_are_kept() -> None:
    """step(ca, reduce.random = FALSE), step(ca, reduce.fixed = FALSE): both have both tables."""
    formula = "angle ~ recipe + temperature + (1 | recipe:replicate)"
    ca = pylmer.lmer(formula, pylmer.datasets.load("cake"))
    kept = ["(1 | recipe:replicate)          0    9 -925.94 1869.9 176.22  1  < 2.2e-16 ***"]
    random, fixed = pylmer.step(ca, reduce_random=False), pylmer.step(ca, reduce_fixed=False)
    assert lines(random)[4:5] == lines(fixed)[4:5] == kept
    assert "recipe               1   10.19    5.09     2    42  0.2488 0.7809" in lines(random)
    assert "recipe               0   10.19    5.09     2    42  0.2488 0.7809" in lines(fixed)
    assert lines(random)[-1] == "angle ~ temperature + (1 | recipe:replicate)"
    assert lines(fixed)[-1] == formula
    assert pylmer.get_model(random).design.X_names[1] == "temperature.L"


def test_a_random_term_that_must_stay() -> None:
    """step(lmer(y ~ x * z + (1 | g), d), reduce.random = FALSE): the model stays a mixed one."""
    found = pylmer.step(fitted(PRODUCT, made()), reduce_random=False)
    assert found.random["Eliminated"].iloc[1] == 0
    assert found.fixed["Eliminated"].to_dict() == {"x:z": 1, "x": 0, "z": 0}
    assert isinstance(found.model, pylmer.LmerFit)


def test_rows_that_would_come_back() -> None:
    data = made()
    data.loc[3, "g"] = None
    with pytest.raises(pylmer.DataError, match="drop the rows with missing values before fitting"):
        pylmer.step(fitted(PRODUCT, data))


def test_get_model_of_something_else() -> None:
    with pytest.raises(pylmer.ArgumentError, match=r"get_model\(\) wants what step\(\) returns, found int"):
        pylmer.get_model(3)  # type: ignore[arg-type]
