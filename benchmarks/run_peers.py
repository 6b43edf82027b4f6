"""Python's other packages for mixed models on one problem: python run_peers.py PACKAGE PROBLEM.json

Linear where the problem names no family.

They are run as their pages say, with their defaults; no source of theirs was read.
"""

from __future__ import annotations

import pathlib
import re
import sys
import warnings
from typing import Any

import pandas as pd
from measure import timed
from problems import read

Fit = dict[str, Any]


def glmm(formula: str, frame: pd.DataFrame, family: str) -> Fit:
    import glmm

    fit = glmm.fit(frame, formula, family or "gaussian")
    return {"criterion": -2 * float(fit.loglik), "beta": list(fit.beta)}


def mixedlm(formula: str, frame: pd.DataFrame, family: str) -> Fit:
    import mixedlm

    if not family:
        linear = mixedlm.lmer(formula, frame)
        return {"criterion": -2 * float(linear.logLik().value), "beta": list(linear.fixef().values())}
    fit = mixedlm.glmer(formula, frame, family=getattr(mixedlm.families, family.capitalize())())
    return {"criterion": -2 * float(fit.logLik().value), "beta": list(fit.fixef().values())}


def interlace(formula: str, frame: pd.DataFrame, family: str) -> Fit:
    import interlace

    random = re.findall(r"\([^()]*\|[^()]*\)", formula)
    fixed = re.sub(r"\s*\+\s*\([^()]*\|[^()]*\)", "", formula)
    fit = interlace.glmer(fixed, frame, family, random=random)
    return {"criterion": -2 * float(fit.llf), "beta": list(fit.fe_params)}


def lme_python(formula: str, frame: pd.DataFrame, family: str) -> Fit:
    import lme_python
    import polars

    columns = {name: frame[name].astype(str) if frame[name].dtype == "category" else frame[name] for name in frame}
    given = polars.DataFrame({name: column.to_numpy() for name, column in columns.items()})
    fit = lme_python.glmer(formula, given, family) if family else lme_python.lmer(formula, given)
    return {"criterion": -2 * float(fit.log_likelihood), "beta": list(fit.coefficients)}


def gpboost(formula: str, frame: pd.DataFrame, family: str) -> Fit:
    """Scalar random effects; its covariates are a matrix, made here as R makes X."""
    import gpboost
    import numpy as np

    groups = re.findall(r"\(1 \| (\w+)\)", formula)
    names = [name for name in re.findall(r"\w+", formula.split("~")[1].split("(")[0]) if name in frame]
    columns = [pd.get_dummies(frame[name], drop_first=True).to_numpy(float) for name in names if name not in groups]
    X = np.column_stack([np.ones(len(frame)), *columns])
    model = gpboost.GPModel(group_data=np.column_stack([frame[g].cat.codes for g in groups]), likelihood="gaussian")
    model.fit(y=frame[formula.split("~")[0].strip()].to_numpy(float), X=X)
    beta = np.asarray(model.get_coef(format_pandas=False)).ravel()
    return {"criterion": 2 * float(model.get_current_neg_log_likelihood()), "beta": [float(b) for b in beta]}


def named(formula: str, frame: pd.DataFrame) -> tuple[str, pd.DataFrame]:
    """cbind(s, n - s) with its failures as a column: glmm takes names alone."""
    counts = re.match(r"cbind\((\w+), (\w+) - \1\)", formula)
    if counts is None:
        return formula, frame
    s, n = counts.groups()
    return formula.replace(counts[0], f"cbind({s}, failures)"), frame.assign(failures=frame[n] - frame[s])


PACKAGES = {"glmm": glmm, "mixedlm": mixedlm, "interlace-lme": interlace, "lme-python": lme_python, "gpboost": gpboost}


def main() -> None:
    warnings.simplefilter("ignore")
    package, (record, frame) = sys.argv[1], read(pathlib.Path(sys.argv[2]))
    fit, family = PACKAGES[package], str(record["family"])
    y = [0.0, 1, 1, 0, 1, 0, 1, 1] * 5 if family else [((7 * k) % 11) / 3 + (k % 5) for k in range(40)]
    small = pd.DataFrame({"y": y, "x": [float(k) for k in range(40)], "g": pd.Categorical(list("abcde") * 8)})
    fit("y ~ x + (1 | g)", small, family)
    formula, frame = named(str(record["formula"]), frame)
    timed(package, record, lambda: fit(formula, frame, family) | {"evaluations": None})


if __name__ == "__main__":
    main()
