"""The reference fits as rows, and as optima of the engine."""

from __future__ import annotations

import functools
import json
import pathlib
import re
import warnings

import numpy as np
import pandas as pd

import pylmer
from pylmer import families
from pylmer.engine.covariance.family import covariance_family
from pylmer.engine.generalized.generalized import fit_generalized
from pylmer.engine.generalized.weighted import GlmRows
from pylmer.fit.devfun import rows_of

DATA = pathlib.Path(__file__).resolve().parents[1] / "data"
CASES = {case["id"]: case for case in json.loads((DATA / "glmm" / "reference.json").read_text())}
CHECKS = dict.fromkeys(("check_nobs_vs_nlev", "check_nobs_vs_nRE", "check_nobs_vs_rankZ"), "ignore")


def frame(name):
    if name in pylmer.datasets.names():
        return pylmer.datasets.load(name)
    return pylmer.datasets.read(DATA / "sets" / f"{name}.json")


def response(formula, data):
    """The response and the trials of a binomial one."""
    left = formula.split("~")[0].strip()
    if left.startswith("cbind"):
        successes, failures = (data.eval(part.strip()) for part in left[6:-1].split(","))
        return successes / (successes + failures), (successes + failures).astype(float)
    if left == "incidence/size":
        return data["incidence"] / data["size"], data["size"].astype(float)
    if left.startswith("I("):
        return data.eval(left[2:-1]), None
    column = data[left]
    if isinstance(column.dtype, pd.CategoricalDtype):
        return (column != column.cat.categories[0]).astype(float), None
    return column.astype(float), None


def family_of(case):
    name = case["family"]
    if name.startswith("Negative"):
        return families.negative_binomial(float(re.findall(r"\((.*)\)", name)[0]), case["link"])
    return getattr(families, name.replace(".", "_"))(case["link"])


@functools.cache
def rows_and_covariances(name):
    case = CASES[name]
    data = frame(case["dataset"])
    y, trials = response(case["formula"], data)
    data = data.assign(yy_=y, ww_=1.0 if trials is None else trials)
    given = {"offset": case["offset"]} if case.get("offset") else {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", pylmer.FitNote)
        right = case["formula"].split("~", 1)[1]
        design = pylmer.lFormula(f"yy_ ~ {right}", data, weights="ww_", control=pylmer.lmerControl(**CHECKS), **given)
    terms = rows_of(design).terms
    X = design.X if isinstance(design.X, np.ndarray) else design.X.toarray()
    rows = GlmRows(X, design.y, None if trials is None else design.weights, design.offset, terms)
    return rows, tuple(covariance_family(t.structure, t.width, t.hom) for t in terms)


@functools.cache
def optimum(name, laplace=None):
    case = CASES[name]
    rows, covariances = rows_and_covariances(name)
    return fit_generalized(
        rows,
        family_of(case),
        covariances,
        nAGQ=case["nAGQ"],
        laplace=laplace,
        free_shape=case["family_call"] == "glmer.nb",
    )
