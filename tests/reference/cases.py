"""lme4 2.1's answers (README of the reference: tolerances), copied into tests/data/reference; data sets beside them.

Made with R 4.2.2, lme4 2.1-0; every fit was polished until the remaining step in theta was below 1e-9.
"""

from __future__ import annotations

import functools
import json
import math
import pathlib
import warnings
from typing import Any

import numpy as np
import pandas as pd

import pylmer

DATA = pathlib.Path(__file__).resolve().parents[1] / "data"
FLAT = {"dev-small-groups-slope-ml"}  # R stopped 7e-10 above the lowest criterion, 4e-5 from its slopes' deviation
SMALL = 1e-3  # of the largest number beside it: a smaller one is not held to its own size
OVERPARAMETERISED = {"dev-machines-dbl"}  # its variances are not unique: compare objective, beta and fitted only


def names(kind: str) -> list[str]:
    return [p.stem for p in sorted((DATA / "reference").glob("dev-*.json")) if case(p.stem)["kind"] == kind]


@functools.cache
def case(name: str) -> dict[str, Any]:
    return json.loads((DATA / "reference" / f"{name}.json").read_text())  # type: ignore[no-any-return]


@functools.cache
def frame(name: str) -> pd.DataFrame:
    if name in pylmer.datasets.names():
        return pylmer.datasets.load(name)
    return pylmer.datasets.read(DATA / "sets" / f"{name}.json")


@functools.cache
def fit(name: str) -> Any:
    c = case(name)
    given = {k: c[k] for k in ("weights", "offset", "contrasts") if c.get(k)}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", pylmer.FitNote)
        if c["kind"] == "lm":
            return pylmer.lm(c["formula"], frame(c["dataset"]), **given)
        return pylmer.lmer(c["formula"], data=frame(c["dataset"]), REML=bool(c["REML"]), **given)


def numbers(values: Any) -> np.ndarray:
    """Nested lists of numbers, None and R's spelt-out NaN and Inf -> floats."""
    if isinstance(values, list):
        return np.array([numbers(v) for v in values], dtype=float)
    if values is None or values == "NA":
        return np.array(math.nan)
    return np.array(float(values))


def loose(name: str) -> float:
    """Relative tolerance for theta, se, sigma, vcov, ranef: 1e-5, singular fits and flat ones 1e-4."""
    return 1e-4 if case(name)["isSingular"] or name in FLAT else 1e-5


def assert_close(ours: Any, reference: Any, tolerance: float, floor: float = 1e-8, small: float = SMALL) -> None:
    """Each number by its own size, or by `small` of the largest where it is smaller than that, or by `floor`."""
    ours, reference = np.asarray(ours, float), numbers(reference)
    assert ours.shape == reference.shape
    scale = max(np.max(np.abs(reference), initial=0), floor)
    least = max(floor if floor > 1e-8 else 0.0, small * scale)
    np.testing.assert_array_less(np.abs(ours - reference), 1.0000001 * tolerance * np.maximum(np.abs(reference), least))
