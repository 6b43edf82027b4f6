"""A small run of benchmarks/coverage.py: 100 data sets, each share within four binomial standard errors of 95 %."""

from __future__ import annotations

import importlib.util
import pathlib
import sys

import numpy as np
import pytest

SCRIPT = pathlib.Path(__file__).resolve().parents[1] / "benchmarks" / "coverage.py"
SETS = 100


@pytest.fixture(scope="module")
def coverage():
    spec = importlib.util.spec_from_file_location("coverage_study", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    yield module
    del sys.modules[spec.name]


@pytest.mark.filterwarnings("ignore::pylmer.FitNote")  # singular fits are part of the game
@pytest.mark.parametrize("method", ["profile", "Satterthwaite", "Kenward-Roger", "prediction, theta estimated"])
def test_intervals_cover_the_truth(coverage, method: str) -> None:
    error = np.sqrt(0.95 * 0.05 / SETS)
    figures = coverage.job(("small", method, SETS, 1))
    assert {figure["sets"] for figure in figures} == {SETS}
    assert len(figures) >= 2
    for figure in figures:
        assert abs(figure["coverage"] - 0.95) < 4 * error, figure


def test_an_interval_that_is_too_short_is_found(coverage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(coverage, "LEVEL", 0.5)
    figures = coverage.job(("small", "Satterthwaite", SETS, 1))
    assert all(figure["coverage"] < 0.75 for figure in figures)
