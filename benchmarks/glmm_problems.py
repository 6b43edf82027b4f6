"""The table of generalized problems: data, model, the ratio to be reached against lme4's default.

Responses of 0 and 1, Contraception's age^2 and its `urban` are numbers, because Python's other programs ask for that.
"""

from __future__ import annotations

import io
import subprocess
from collections.abc import Callable

import numpy as np
import pandas as pd
from problems import Problem, real

PEERS = ("glmm", "mixedlm", "interlace-lme", "lme-python")
CBPP = "cbind(incidence, size - incidence) ~ period + (1 | herd)"
GUIMMUN = "immun ~ kid2p + mom25p + ord + ethn + momEd + husEd + momWork + rural + pcInd81 + (1 | mom) + (1 | comm)"


def counted(frame: pd.DataFrame, name: str, success: str) -> pd.DataFrame:
    """The frame with one of its factors as 0 and 1."""
    return frame.assign(**{name: (frame[name].astype(str) == success).astype(float)})


def guimmun() -> pd.DataFrame:
    return counted(real("guImmun")(), "immun", "Y")


def contraception() -> pd.DataFrame:
    frame = counted(counted(real("Contraception")(), "use", "Y"), "urban", "Y")
    return frame.assign(age2=frame["age"] ** 2)


def verbagg() -> pd.DataFrame:
    """lme4's VerbAgg, from R: 7,584 answers of 316 persons to 24 items."""
    ask = 'd <- get(data("VerbAgg", package = "lme4")); write.csv(d, stdout(), row.names = FALSE)'
    text = subprocess.run(["Rscript", "-e", ask], capture_output=True, text=True, check=True).stdout
    frame = pd.read_csv(io.StringIO(text)).drop(columns="resp")
    factors = ("Gender", "item", "id", "btype", "situ", "mode")  # levels in R's order: of btype, situ and Gender sorted
    return counted(frame.astype(dict.fromkeys(factors, "category")), "r2", "Y")


def grouped(n: int, groups: int, law: str) -> Callable[[], pd.DataFrame]:
    """eta = -0.5 + 0.5 x + a_g, sd 1 of x, 0.8 of a; y binary by the logit, or poisson by the log."""

    def make() -> pd.DataFrame:
        rng = np.random.default_rng(1)
        g, x = rng.integers(0, groups, n), rng.normal(size=n)
        eta = -0.5 + 0.5 * x + 0.8 * rng.normal(size=groups)[g]
        y = rng.poisson(np.exp(eta)) if law == "poisson" else rng.random(n) < 1 / (1 + np.exp(-eta))
        return pd.DataFrame({"y": y.astype(float), "x": x, "g": pd.Categorical(g)})

    return make


CONTRACEPTION = "use ~ age + age2 + urban + livch + (1 + urban | district)"
TICKS = "TICKS ~ YEAR + cHEIGHT + (1 | BROOD) + (1 | INDEX) + (1 | LOCATION)"
VERBAGG = "r2 ~ Anger + Gender + btype + situ + (1 | id) + (1 | item)"
ALL = ("lme4", *PEERS)
PROBLEMS = (
    Problem("cbpp", CBPP, real("cbpp"), 5, 10, family="binomial"),
    Problem("Contraception", CONTRACEPTION, contraception, 15, 3, ALL, family="binomial"),
    Problem("grouseticks", TICKS, real("grouseticks"), 1, 3, ALL, family="poisson"),
    Problem("VerbAgg", VERBAGG, verbagg, 10, 1, ALL, family="binomial"),
    Problem("1e5 binary (1|g)", "y ~ x + (1 | g)", grouped(100_000, 5_000, "binary"), 40, 1, ALL, family="binomial"),
    Problem(
        "1e6 poisson (1|g)", "y ~ x + (1 | g)", grouped(1_000_000, 50_000, "poisson"), 150, slow=True, family="poisson"
    ),
    Problem("guImmun", GUIMMUN, guimmun, 50, slow=True, family="binomial"),
    Problem("cbpp, profile", CBPP, real("cbpp"), 10, family="binomial", work="profile"),
    Problem("cbpp, bootMer 500", CBPP, real("cbpp"), 50, family="binomial", work="bootstrap"),
)
BY_NAME = {problem.name: problem for problem in PROBLEMS}
