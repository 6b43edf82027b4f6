"""What `import pylmer`, a fit and its page load: rooms that are not needed stay shut."""

from __future__ import annotations

import subprocess
import sys

import pytest

import pylmer

FIT_AND_PRINT = """
import sys, pylmer
before = sum(name.startswith("pylmer") for name in sys.modules)
repr(pylmer.lmer("log_radon ~ floor + (1 | county)", data=pylmer.datasets.load("radon")))
print(before, "scipy.stats" in sys.modules, *sorted(name for name in sys.modules if name.startswith("pylmer")))
"""


def test_a_fit_and_its_page_load_what_they_need() -> None:
    """168 modules of 433; every word of inference, prediction, plots and glmer stays out."""
    ran = subprocess.run([sys.executable, "-c", FIT_AND_PRINT], capture_output=True, text=True, check=True)
    before, stats, *loaded = ran.stdout.split()
    assert int(before) == 1
    assert stats == "False"
    assert len(loaded) <= 170
    rooms = {name.split(".")[1] for name in loaded if "." in name}
    shut = {"inference", "prediction", "plots", "simulation", "diagnostics", "power_analysis", "families", "tour"}
    assert rooms.isdisjoint(shut), rooms & shut
    assert not [name for name in loaded if "generalized" in name or "many_responses" in name]


@pytest.mark.parametrize("word", ["fixef", "ranef", "VarCorr", "predict", "anova", "confint", "simulate", "tidy"])
def test_a_bound_word_is_the_function_itself(word: str) -> None:
    assert getattr(pylmer.LmerFit, word) is getattr(pylmer, word)
