"""A fit of rows in parts is the fit of the rows in memory: every lmer case of the reference, cut in several ways.

Tolerances: criterion 1e-8 relative, beta 1e-6 standard errors, variances 1e-5 relative, of singular fits 1e-4.
"""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest

import pylmer
from pylmer.errors import FitNote
from tests.reference.cases import OVERPARAMETERISED, case, fit, frame, names

from .conftest import in_parts

CASES = names("lmer")
OF_SINGLE_ROWS = (
    "dev-dyestuff-reml", "dev-cake-ordered", "dev-fm-poly-raw", "dev-fm-C", "dev-small-groups-slope-ml"
)  # fmt: skip
CUTS = {"one part": 1.0, "seven parts": 1 / 6.5}


def in_pieces(name: str, size: int) -> Any:
    c, data = case(name), frame(case(name)["dataset"])
    given = {word: c[word] for word in ("weights", "offset", "contrasts") if c.get(word)}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FitNote)
        return pylmer.lmer(c["formula"], in_parts(data, size), REML=bool(c["REML"]), **given)


def assert_equal(name: str, ours: Any) -> None:
    memory = fit(name)
    assert abs(ours.optimum.value - memory.optimum.value) <= 1e-8 * max(1.0, abs(memory.optimum.value))
    assert ours.design.X_names == memory.design.X_names
    se = np.sqrt(np.diag(pylmer.vcov(memory)))
    assert np.max(np.abs(ours.beta - memory.beta) / se) <= 1e-6
    assert str(ours.design) == str(memory.design)
    assert set(map(str, ours.notes)) == set(map(str, memory.notes))
    for group, modes in pylmer.ranef(memory).items():
        other = pylmer.ranef(ours)[group]
        assert (list(other.index), list(other.columns)) == (list(modes.index), list(modes.columns))
    if name not in OVERPARAMETERISED:
        one, two = (pylmer.VarCorr(each).as_frame() for each in (memory, ours))
        assert list(one["grp"]) == list(two["grp"])
        size = np.maximum(np.abs(one["vcov"]), 1e-3 * np.abs(one["vcov"]).max())
        assert np.max(np.abs(one["vcov"] - two["vcov"]) / size) <= (1e-4 if case(name)["isSingular"] else 1e-5)


@pytest.mark.parametrize("cut", CUTS)
@pytest.mark.parametrize("name", CASES)
def test_every_case_of_the_reference(name: str, cut: str) -> None:
    rows = len(frame(case(name)["dataset"]))
    assert_equal(name, in_pieces(name, max(1, int(CUTS[cut] * rows))))


@pytest.mark.parametrize("name", OF_SINGLE_ROWS)
def test_parts_of_a_single_row(name: str) -> None:
    assert_equal(name, in_pieces(name, 1))
