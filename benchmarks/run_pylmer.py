"""pylmer on one problem: python run_pylmer.py PROBLEM.json"""

from __future__ import annotations

from typing import Any

import pandas as pd
from measure import run

import pylmer


def warm_up() -> None:
    pylmer.lmer("Reaction ~ Days + (Days | Subject)", pylmer.datasets.load("sleepstudy"))
    pylmer.lmer("diameter ~ 1 + (1 | plate) + (1 | sample)", pylmer.datasets.load("Penicillin"))


def fit(formula: str, frame: pd.DataFrame) -> dict[str, Any]:
    fit = pylmer.lmer(formula, frame)
    optimum, beta = fit.optimum, [float(b) for b in fit.beta]
    return {"criterion": optimum.value, "evaluations": optimum.evaluations + optimum.values, "beta": beta}


if __name__ == "__main__":
    run("pylmer", warm_up, fit)
