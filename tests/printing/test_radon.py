"""The radon models of Gelman & Hill (2007, ch. 12 and 13), character by character as arm and lme4 print them."""

from __future__ import annotations

import functools
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import pylmer

from .pages import same_numbers

TEXT = (Path(__file__).parents[1] / "data" / "printing" / "radon.txt").read_text(encoding="utf-8")
FORMULAS = {
    "M0": "log_radon ~ 1 + (1 | county)",
    "M1": "log_radon ~ floor + (1 | county)",
    "M2": "log_radon ~ floor + log_uranium + (1 | county)",
    "M3": "log_radon ~ floor + (1 + floor | county)",
    "M4": "log_radon ~ floor * log_uranium + (1 + floor | county)",
}


@functools.cache
def fit(name: str) -> pylmer.LmerFit:
    return pylmer.lmer(FORMULAS[name], pylmer.datasets.load("radon"))


def answer(command: str) -> str:
    """What R printed after `> command`, without blank and comment lines at its end."""
    after = TEXT.split(f"> {command}\n", 1)[1].split("\n> ", 1)[0].split("\n# ", 1)[0]
    return after.rstrip("\n")


@pytest.mark.parametrize("name", FORMULAS)
def test_display(name: str) -> None:
    assert str(pylmer.display(fit(name))) == answer(f"display({name})")


def test_print_and_summary() -> None:
    assert str(fit("M1")) == answer("M1")
    assert str(pylmer.summary(fit("M1"), ddf="lme4")) == answer("summary(M1)")


def test_fixef() -> None:
    assert str(pylmer.fixef(fit("M1"))) == answer("fixef(M1)")


def test_se_fixef() -> None:
    assert same_numbers(str(pylmer.se_fixef(fit("M1"))).split("\n"), answer("se.fixef(M1)").split("\n"))


def test_sigma_hat() -> None:
    ours = str(pylmer.sigma_hat(fit("M1"))).split("\n")
    assert same_numbers(ours[:-2], answer("sigma.hat(M1)").split("\n"))
    assert ours[-2:] == ["", ""]  # as in R, of whose page the blank lines at the end are not kept here


def test_VarCorr() -> None:
    both = pylmer.VarCorr(fit("M1")).to_string(comp=["Variance", "Std.Dev."])
    assert both == answer('print(VarCorr(M1), comp = c("Variance", "Std.Dev."))')
    assert str(pylmer.VarCorr(fit("M4"))) == answer("print(VarCorr(M4))")


def head(frame: pd.DataFrame) -> list[str]:
    from pylmer.printing.factors import frame_text

    return frame_text(frame.head(4)).split("\n")


def test_levels() -> None:
    assert same_numbers(head(pylmer.coef(fit("M1"))["county"]), answer("head(coef(M1)$county, 4)").split("\n"))
    assert same_numbers(head(pylmer.ranef(fit("M1")).county), answer("head(ranef(M1)$county, 4)").split("\n"))
    assert same_numbers(head(pylmer.se_ranef(fit("M1")).county), answer("head(se.ranef(M1)$county, 4)").split("\n"))
    assert same_numbers(head(pylmer.coef(fit("M2")).county), answer("head(coef(M2)$county, 4)").split("\n"))


def test_intervals_of_the_book() -> None:
    M1, two = fit("M1"), np.array([-2, 2])
    slope = pylmer.fixef(M1)["floor"] + two * pylmer.se_fixef(M1)["floor"]
    assert slope == pytest.approx([-0.8338554, -0.5521321], abs=1e-6)
    error = pylmer.se_ranef(M1).county.iloc[25, 0]
    assert pylmer.coef(M1).county.iloc[25, 0] + two * error == pytest.approx([1.218798, 1.506577], abs=1e-6)
    assert pylmer.ranef(M1).county.iloc[25, 0] + two * error == pytest.approx([-0.24279987, 0.04497902], abs=1e-6)


def test_AIC() -> None:
    assert pylmer.AIC(fit("M4")) == pytest.approx(2142.579, abs=5e-4)
