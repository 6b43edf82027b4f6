"""R's answers to the words on generalized fits (lme4 1.1-31), and the fits they are about."""

from __future__ import annotations

import functools
import json
import pathlib
import warnings

import numpy as np

import pylmer

from .references import frame

DATA = pathlib.Path(__file__).resolve().parents[1] / "data"
WORDS = json.loads((DATA / "glmm" / "answers.json").read_text())
GOLDEN = {case["id"].removeprefix("dev-glmm-"): case for case in WORDS["fits"]}
LRT = {case["id"].removeprefix("dev-glmm-lrt-"): case for case in WORDS["lrt"]}
CHECKS = dict.fromkeys(("check_nobs_vs_nlev", "check_nobs_vs_nRE", "check_nobs_vs_rankZ"), "ignore")


def fitted(formula, dataset, family, **options):
    """A fit by lme4's criterion, quietly."""
    family = family.removeprefix("MASS::")
    laplace = {} if options.get("nAGQ", 1) > 1 else {"laplace": "lme4"}
    control = pylmer.glmerControl(**laplace, **CHECKS)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", pylmer.FitNote)
        if family == "glmer.nb":
            return pylmer.glmer_nb(formula, frame(dataset), control=control, **options)
        return pylmer.glmer(formula, frame(dataset), family, control=control, **options)


@functools.cache
def fit_of(name):
    case = GOLDEN[name]
    given = {word: case[word] for word in ("weights", "offset") if case.get(word)}
    return fitted(case["formula"], case["dataset"], case["family_call"], nAGQ=case["nAGQ"], **given)


def numbers(values):
    """R's numbers; None is NA."""
    return np.array(values, float)
