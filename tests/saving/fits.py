"""Fits of every kind, each made once, and new rows for them."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
import pandas as pd

import pylmer

rng = np.random.default_rng(20261130)
SLEEP = pylmer.datasets.load("sleepstudy").assign(
    f=lambda data: np.where(data["Days"] % 3 > 1, "hi", "lo"),
    o=lambda data: pd.Categorical(np.array(["low", "mid", "top"])[(data["Days"] // 4).astype(int)], ordered=True),
    w=rng.uniform(1, 2, 180),
    s=rng.normal(size=180),
)
CBPP = pylmer.datasets.load("cbpp").assign(
    row=range(56), share=lambda data: data["incidence"] / data["size"], gain=rng.gamma(2.0, 1.0, 56)
)
a, b = rng.integers(0, 30, 400), rng.integers(0, 20, 400)
x = rng.normal(size=400)
CROSSED = pd.DataFrame(
    {
        "y": x + rng.normal(size=30)[a] + rng.normal(size=20)[b] + rng.normal(size=400),
        "x": x,
        "a": a,
        "b": b,
        "c": a // 3,
    }
)
COUNTS = "cbind(incidence, size - incidence) ~ period + (1 | herd)"
NEW = {
    "sleep": SLEEP.iloc[[3, 50]].assign(Days=[2.0, 7.0]),
    "cbpp": CBPP.iloc[[2, 33]],
    "crossed": CROSSED.iloc[[3, 77]],
}


def _plan() -> Any:
    made = pylmer.plan("Reaction ~ Days + (Days | Subject)", SLEEP)
    return pylmer.lmer(made, made.sums(SLEEP[:90]) + made.sums(SLEEP[90:]))


def _refitted() -> Any:
    fit = pylmer.lmer("Reaction ~ Days + (Days | Subject)", SLEEP)
    return pylmer.refit(fit, 1.5 * SLEEP["Reaction"] + 3)


FITS: dict[str, tuple[str, Callable[[], Any]]] = {
    "lmer": ("sleep", lambda: pylmer.lmer("Reaction ~ Days + (Days | Subject)", SLEEP)),
    "ml": ("sleep", lambda: pylmer.lmer("Reaction ~ Days * f + (1 | Subject)", SLEEP, REML=False)),
    "weights": (
        "sleep",
        lambda: pylmer.lmer(
            "Reaction ~ bs(Days, 4) + f * o + offset(s) + (1 | Subject)",
            SLEEP,
            weights="w",
            contrasts={"f": "contr.sum"},
            na_action="exclude",
        ),
    ),
    "arrays": (
        "sleep",
        lambda: pylmer.lmer(
            "Reaction ~ poly(Days, 2) * f + (1 | Subject)", SLEEP, weights=SLEEP["w"].to_numpy(), subset="Days > 0"
        ),
    ),
    "structures": (
        "sleep",
        lambda: pylmer.lmer("Reaction ~ scale(Days) + cs(f | Subject) + diag(Days | Subject)", SLEEP),
    ),
    "ar1": ("sleep", lambda: pylmer.lmer("Reaction ~ f + ns(Days, 2) + ar1(0 + factor(Days) | Subject)", SLEEP)),
    "intervals": ("sleep", lambda: pylmer.lmer("Reaction ~ cut(Days, 3) + log(Days + 1):f + (1 | Subject)", SLEEP)),
    "crossed": ("crossed", lambda: pylmer.lmer("y ~ x + (1 | a) + (x | b)", CROSSED)),
    "nested": ("crossed", lambda: pylmer.lmer("y ~ x + (x || c / a)", CROSSED)),
    "iterative": (
        "crossed",
        lambda: pylmer.lmer("y ~ x + (1 | a) + (1 | b)", CROSSED, control=pylmer.lmerControl(engine="iterative")),
    ),
    "far": ("crossed", lambda: pylmer.lmer("y ~ 0 + x + (1 | a)", CROSSED.assign(y=CROSSED["y"] + 1e6))),
    "streamed": (
        "sleep",
        lambda: pylmer.lmer("Reaction ~ Days + f + (Days | Subject)", lambda: iter([SLEEP[:90], SLEEP[90:]])),
    ),
    "plan": ("sleep", _plan),
    "refit": ("sleep", _refitted),
    "env": ("crossed", lambda: pylmer.lmer("y ~ x + (1 | a)", env={name: CROSSED[name].to_numpy() for name in "yxa"})),
    "glmer": ("cbpp", lambda: pylmer.glmer(COUNTS, CBPP, "binomial")),
    "quadrature": ("cbpp", lambda: pylmer.glmer(COUNTS.replace("cbind(incidence, size - incidence)", "share"), CBPP,
                                               "binomial('probit')", nAGQ=5, weights="size")),
    "profiled": ("cbpp", lambda: pylmer.glmer(COUNTS, CBPP, "binomial('cloglog')", nAGQ=0)),
    "negative binomial": ("cbpp", lambda: pylmer.glmer_nb("incidence ~ period + offset(log(size)) + (1 | herd)", CBPP)),
    "two factors": ("cbpp", lambda: pylmer.glmer("incidence ~ period + (1 | herd) + (1 | row)", CBPP, "poisson")),
    "crossed glmer": ("crossed", lambda: pylmer.glmer("z ~ x + (1 | a) + (1 | b)", CROSSED.assign(
                                                         z=(CROSSED["y"] > CROSSED["y"].median()) * 1.0), "binomial")),
    "gamma": ("cbpp", lambda: pylmer.glmer("gain ~ period + (1 | herd)", CBPP, "Gamma('log')")),
    "lm": ("sleep", lambda: pylmer.lm("Reaction ~ Days * f", SLEEP, weights="w")),
    "glm": ("cbpp", lambda: pylmer.glm("cbind(incidence, size - incidence) ~ period", CBPP, "binomial")),
    "lmList": ("sleep", lambda: pylmer.lmList("Reaction ~ Days | Subject", SLEEP)),
}  # fmt: skip
MIXED = [name for name in FITS if name not in ("lm", "glm", "lmList")]
OF_SUMS = ("plan",)  # which have no rows to save


@cache
def fit_of(name: str) -> Any:
    """The fit, its notes unsaid."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return FITS[name][1]()


def new_rows(name: str) -> pd.DataFrame:
    """Two new rows for it."""
    return NEW[FITS[name][0]]
