"""The reference fits as `glmer` makes them."""

from __future__ import annotations

import functools
import json
import pathlib
import warnings

import numpy as np

import pylmer

from .references import DATA, frame

WORDS = {case["id"]: case for case in json.loads((pathlib.Path(DATA) / "glmm" / "words.json").read_text())}
SCALED = ("Gamma", "inverse.gaussian", "gaussian")
OTHER_MINIMUM = "dev-glmm-epil-sqrt"  # R's is 1.1 higher


@functools.cache
def fitted(name):
    """Of a family with a scale in lme4's criterion."""
    case = WORDS[name]
    data = frame(case["dataset"])
    given = {word: case[word] for word in ("weights", "offset", "subset", "contrasts") if case.get(word)}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", pylmer.FitNote)
        if case["family_call"] == "glmer.nb":
            return pylmer.glmer_nb(case["formula"], data, **given)
        control = pylmer.glmerControl(laplace="lme4") if case["family"] in SCALED else None
        return pylmer.glmer(case["formula"], data, case["family_call"], nAGQ=case["nAGQ"], control=control, **given)


def cbpp(**options):
    """The first example of lme4's page of glmer."""
    formula = "cbind(incidence, size - incidence) ~ period + (1 | herd)"
    return pylmer.glmer(formula, pylmer.datasets.load("cbpp"), "binomial", **options)


def off(found, wanted, floor=1.0):
    """The largest difference, relative to each number where it is above `floor`."""
    found, wanted = np.asarray(found, float), np.asarray(wanted, float)
    assert found.shape == wanted.shape
    return float(np.max(np.abs(found - wanted) / np.maximum(np.abs(wanted), floor), initial=0.0))
