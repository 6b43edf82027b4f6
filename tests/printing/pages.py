"""The models of tests/data/printing/pages.R, fitted here, and what it means for two pages to be the same."""

from __future__ import annotations

import functools
import json
import math
import re
import warnings
from pathlib import Path
from typing import Any

import pandas as pd

import pylmer

HERE = Path(__file__).parents[1] / "data"
PAGES: list[dict[str, Any]] = json.loads((HERE / "printing" / "pages.json").read_text(encoding="utf-8"))
ARGUMENTS: dict[int, dict[str, Any]] = {
    10: {"weights": "Days + 1", "offset": "rep(3, 180)", "subset": "Days > 1"},
}
NUMBER = re.compile(r"(?<![\w.])-?\d+(?:\.\d+)?(?:e[-+]\d+)?(?!\w)")
SINGULAR = "boundary (singular) fit"


@functools.cache
def data(name: str) -> pd.DataFrame:
    """A packaged data set, or one of tests/data/sets."""
    if name in pylmer.datasets.names():
        return pylmer.datasets.load(name)
    frame = pylmer.datasets.read(HERE / "sets" / f"{name}.json")
    frame.attrs["name"] = name
    return frame


def formula(page: dict[str, Any]) -> str:
    return re.sub(r"^lmer\(formula = (.*?), (REML|data|weights|offset|subset) = .*$", r"\1", page["call"])


@functools.cache
def fitted(i: int) -> pylmer.LmerFit:
    """The fit behind page `i`; its notes are tested elsewhere."""
    page = PAGES[i]
    frame = data(page["dataset"])
    if "D2" in page["call"]:
        frame = frame.assign(D2=2 * frame["Days"])
        frame.attrs["name"] = page["dataset"]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", pylmer.FitNote)
        return pylmer.lmer(formula(page), frame, REML="REML = FALSE" not in page["call"], **ARGUMENTS.get(i, {}))


def lines(text: str | list[str]) -> list[str]:
    """Lines without trailing blanks; blank lines at the end count."""
    return [line.rstrip() for line in (text.split("\n") if isinstance(text, str) else text)]


def as_2x(page: list[str]) -> list[str]:
    """A page of lme4 1.1-31 as lme4 2.1 prints it: `deviance` is `-2*log(L)`, nine wide; our optimizer; our words."""
    out = []
    for line, before in zip(page, ["", *page], strict=False):
        if line.split() == ["AIC", "BIC", "logLik", "deviance", "df.resid"]:
            line = "      AIC       BIC    logLik -2*log(L)  df.resid"
        elif before.split() == ["AIC", "BIC", "logLik", "deviance", "df.resid"]:
            line = "".join(f"{value:>9} " for value in line.split())
        out.append(line.replace("(nloptwrap)", "(newton)"))
    return [line for line in out if not line.startswith(SINGULAR)]


def without_singular(text: str) -> list[str]:
    return [line for line in lines(text) if not line.startswith(SINGULAR)]


def same_up_to_rounding(ours: list[str], theirs: list[str], relative: float = 0.0, own: float = math.inf) -> bool:
    """Equal but for numbers that differ by one in their last digit, and by `relative` of the largest on their line.

    No number, a p-value beside large ones, differs by more than `own` of itself. pylmer's theta is good to some seven
    digits, R's default optimizer to some four.
    """
    return _words(ours) == _words(theirs) and all(
        _all_near(a, b, relative, own) for a, b in zip(ours, theirs, strict=True)
    )


def same_numbers(ours: list[str], theirs: list[str], relative: float = 2e-6, own: float = math.inf) -> bool:
    """The same, blanks aside: seven digits can end in a zero that is not printed."""
    squeezed = [[" ".join(line.split()) for line in page] for page in (ours, theirs)]
    return same_up_to_rounding(squeezed[0], squeezed[1], relative, own)


def _words(page: list[str]) -> list[str]:
    return [NUMBER.sub("#", line) for line in page]


def _all_near(ours: str, theirs: str, relative: float, own: float) -> bool:
    a, b = NUMBER.findall(ours), NUMBER.findall(theirs)
    slack = relative * max((abs(float(number)) for number in b), default=0.0)
    return all(_near(float(x), float(y), 1.01 * _unit(y), slack, own) for x, y in zip(a, b, strict=True))


def _near(x: float, y: float, unit: float, slack: float, own: float) -> bool:
    return abs(x - y) <= unit + (slack if own == math.inf else min(slack, own * abs(y)))


def _unit(number: str) -> float:
    """One in the last digit shown."""
    mantissa, _, exponent = number.partition("e")
    return 10.0 ** (int(exponent or 0) - len(mantissa.partition(".")[2]))
