"""Python's other packages for generalized mixed models on one problem: python run_glmm_peers.py PACKAGE PROBLEM.json

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

    fit = glmm.fit(frame, formula, family)
    return {"criterion": -2 * float(fit.loglik), "beta": list(fit.beta)}


def mixedlm(formula: str, frame: pd.DataFrame, family: str) -> Fit:
    import mixedlm

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
    fit = lme_python.glmer(formula, polars.DataFrame({k: v.to_numpy() for k, v in columns.items()}), family)
    return {"criterion": -2 * float(fit.log_likelihood), "beta": list(fit.coefficients)}


PACKAGES = {"glmm": glmm, "mixedlm": mixedlm, "interlace-lme": interlace, "lme-python": lme_python}


def main() -> None:
    warnings.simplefilter("ignore")
    package, (record, frame) = sys.argv[1], read(pathlib.Path(sys.argv[2]))
    fit = PACKAGES[package]
    small = pd.DataFrame({"y": [0.0, 1, 1, 0, 1, 0, 1, 1] * 5, "x": range(40), "g": pd.Categorical(list("abcde") * 8)})
    fit("y ~ x + (1 | g)", small, str(record["family"]))
    timed(package, record, lambda: fit(str(record["formula"]), frame, str(record["family"])) | {"evaluations": None})


if __name__ == "__main__":
    main()
