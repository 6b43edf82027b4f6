"""Tables of tests, line by line, as lmerTest and pbkrtest print them (tests/data/inference/pages.R)."""

from __future__ import annotations

import functools
import json
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import pylmer
from tests.printing.pages import as_2x, lines, same_numbers, same_up_to_rounding

FILE = Path(__file__).resolve().parents[1] / "data" / "inference" / "pages.json"
PAGES: list[dict[str, Any]] = json.loads(FILE.read_text(encoding="utf-8"))
KR = "Kenward-Roger"
Text = Callable[[pylmer.LmerFit], object]


def all_but_intercept(fit: pylmer.LmerFit) -> np.ndarray:
    return np.eye(len(fit.beta))[1:]


WORDS: dict[str, Text] = {
    "summary": pylmer.summary,
    "summary_kr": lambda fit: pylmer.summary(fit, ddf=KR),
    "anova_1": lambda fit: pylmer.anova(fit, type=1),
    "anova_2": lambda fit: pylmer.anova(fit, type=2),
    "anova_3": lambda fit: pylmer.anova(fit, type=3),
    "anova_kr": lambda fit: pylmer.anova(fit, ddf=KR),
    "anova_kr2": lambda fit: pylmer.anova(fit, type=2, ddf=KR),
    "ranova": pylmer.ranova,
    "ranova_whole": lambda fit: pylmer.ranova(fit, reduce_terms=False),
    "drop1": pylmer.drop1,
    "drop1_kr": lambda fit: pylmer.drop1(fit, ddf=KR),
    "drop1_lme4": lambda fit: pylmer.drop1(fit, ddf="lme4", test="Chisq"),
    "step": pylmer.step,
    "ls_means": pylmer.ls_means,
    "ls_means_kr": lambda fit: pylmer.ls_means(fit, ddf=KR, level=0.9),
    "difflsmeans": pylmer.difflsmeans,
    "krmodcomp": lambda fit: pylmer.KRmodcomp(fit, all_but_intercept(fit)),
    "satmodcomp": lambda fit: pylmer.SATmodcomp(fit, all_but_intercept(fit)),
    "contest": lambda fit: pylmer.contest(fit, np.eye(len(fit.beta))),
    "contest_each": lambda fit: pylmer.contest(fit, np.eye(len(fit.beta)), joint=False),
}


@functools.cache
def fitted(i: int) -> pylmer.LmerFit:
    page = PAGES[i]
    data = pylmer.datasets.load(page["data"]).iloc[[row - 1 for row in page["rows"]]]
    data.attrs["name"] = "d"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", pylmer.FitNote)
        return pylmer.lmer(page["formula"], data, REML=page["REML"])


ON_PURPOSE = {
    (6, "ls_means"),  # lmerTest takes I(Days^2) for a factor
    (6, "ls_means_kr"),
    (8, "drop1_lme4"),  # R names the only row 1, not <none>
}


def cases() -> list[tuple[int, str]]:
    found = [(i, word) for i, page in enumerate(PAGES) for word in WORDS if page.get(word)]
    return [each for each in found if each not in ON_PURPOSE]


def page(i: int, word: str) -> list[str]:
    """R's page without its control argument, which pylmer needs not."""
    return [line for line in lines(as_2x(PAGES[i][word])) if not line.startswith("Control:")]


@pytest.mark.filterwarnings("ignore:the tests of type 3 average:pylmer.FitNote")
@pytest.mark.parametrize(("i", "word"), cases())
def test_page(i: int, word: str) -> None:
    theirs, ours = page(i, word), lines(str(WORDS[word](fitted(i))).split("\n\nCorrelation matrix not shown")[0])
    near = {"relative": 1e-4, "own": 1e-3}  # R's degrees of freedom, and with them p-values, err by up to 7e-4
    assert same_up_to_rounding(ours, theirs, **near) or same_numbers(ours, theirs, **near), "\n".join(ours)
