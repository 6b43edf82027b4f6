"""What `import pylmer`, a fit and its page load: rooms that are not needed stay shut."""

from __future__ import annotations

import subprocess
import sys

import pytest

import pylmer
from pylmer import extract

FIT_AND_PRINT = """
import sys, pylmer
before = sum(name.startswith("pylmer") for name in sys.modules)
repr(pylmer.lmer("log_radon ~ floor + (1 | county)", data=pylmer.datasets.load("radon")))
print(before, *sorted(name for name in sys.modules if name.startswith(("pylmer", "scipy."))))
"""


def test_a_fit_and_its_page_load_what_they_need() -> None:
    """130 modules of 520; every word of inference, prediction, plots and glmer stays out, and scipy's optimizers."""
    ran = subprocess.run([sys.executable, "-c", FIT_AND_PRINT], capture_output=True, text=True, check=True)
    before, *every = ran.stdout.split()
    loaded = [name for name in every if name.startswith("pylmer")]
    assert int(before) == 1
    assert not {"scipy.stats", "scipy.optimize", "scipy.interpolate"} & set(every)
    assert len(loaded) <= 130
    rooms = {name.split(".")[1] for name in loaded if "." in name}
    shut = {"inference", "prediction", "plots", "simulation", "diagnostics", "power_analysis", "families", "tour"}
    assert rooms.isdisjoint(shut), rooms & shut
    assert not [name for name in loaded if "generalized" in name or "many_responses" in name]


GLMER = """
import sys, pylmer
str(pylmer.glmer("cbind(incidence, size - incidence) ~ period + (1 | herd)", pylmer.datasets.load("cbpp"), "binomial"))
print("scipy.stats" in sys.modules)
"""


def test_glmer_and_its_page_do_without_the_distributions_of_scipy() -> None:
    """Which take a quarter of a second and 16 MB."""
    assert subprocess.run([sys.executable, "-c", GLMER], capture_output=True, text=True, check=True).stdout == "False\n"


@pytest.mark.parametrize("word", ["fixef", "ranef", "VarCorr", "predict", "anova", "confint", "simulate", "tidy"])
def test_a_bound_word_is_the_function_itself(word: str) -> None:
    assert getattr(pylmer.LmerFit, word) is getattr(pylmer, word)


@pytest.mark.parametrize("word", extract.__all__)
def test_a_room_offers_its_words_whether_they_are_loaded_or_not(word: str) -> None:
    offered = getattr(extract, word)
    late = next((module for module, words in extract.LATE.items() if word in words.split()), None)
    assert late is None or offered.__module__ == f"pylmer.extract.{late}"
