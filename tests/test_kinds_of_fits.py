"""What every kind of fit has, and what a kind must bring."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

import pylmer
from pylmer.design import ModelData
from pylmer.errors import FitNote
from pylmer.fit.base import Fit

SLEEP = "sleepstudy"
KINDS: dict[str, Any] = {
    "lmer": lambda data: pylmer.lmer("Reaction ~ Days + (1 | Subject)", data),
    "glmer": lambda data: pylmer.glmer(
        "Reaction ~ Days + (1 | Subject)", data, "Gamma('log')", control=pylmer.glmerControl(laplace="observed")
    ),
    "lm": lambda data: pylmer.lm("Reaction ~ Days", data),
    "lmList": lambda data: pylmer.lmList("Reaction ~ Days | Subject", data),
}


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_has_meaning_and_rows(kind: str) -> None:
    data = pylmer.datasets.load(SLEEP)
    fit = KINDS[kind](data)
    assert isinstance(fit, Fit)
    assert (fit.design.n, fit.design.response, fit.data_name) == (180, "Reaction", SLEEP)
    assert fit.call.function == kind
    assert str(fit.formula).startswith("Reaction ~ Days")
    np.testing.assert_array_equal(fit.rows.y, data["Reaction"])


@dataclass(frozen=True, eq=False)
class Mean(Fit):
    """A kind of its own: the mean of the response."""

    data: ModelData
    notes: tuple[FitNote, ...] = ()

    @property
    def mean(self) -> float:
        return float(self.rows.y.mean())


def test_a_further_kind_brings_its_data_and_notes() -> None:
    of = KINDS["lm"](pylmer.datasets.load(SLEEP))
    fit = Mean(of.request, of.data)
    assert (fit.formula, fit.call, fit.design) == (of.formula, of.call, of.design)
    assert round(fit.mean, 4) == 298.5079  # R: mean(sleepstudy$Reaction)
