"""The transcripts of lme4 2.1 (tests/data/printing/r-output.md, 3a to 3c): the same text, and the same numbers as far
as R's default optimizer finds them (a variance of fm1ML is 565.48 there, 565.52 at the optimum)."""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import pylmer
from pylmer.printing.factors import frame_text

from .pages import data, lines, same_numbers, same_up_to_rounding

MARKDOWN = (Path(__file__).parents[1] / "data" / "printing" / "r-output.md").read_text(encoding="utf-8")
BLOCK = re.compile(r"^\*\*(?P<title>[^\n]*)\*\*[^\n]*\n+```text\n(?P<text>.*?)^```", re.MULTILINE | re.DOTALL)
SECTION = {part[:2]: part for part in MARKDOWN.split("\n### ")}
SLOPE, INTERCEPT = "Reaction ~ Days + (Days | Subject)", "Reaction ~ Days + (1 | Subject)"
SEVEN_DIGITS = {"ranef(fm1)", "coef(fm1)", "head(as.data.frame(ranef(fm1)))", "as.data.frame(VarCorr(fm1))"}
LIST = "summary(rePCA(fm1))"  # R's blank line at the end of a list (test_pages) is not in the transcript
SPLIT = "Reaction ~ Days + (Days || Subject)"


def transcript(section: str, title: str) -> list[str]:
    found = {match["title"].strip("`"): match["text"] for match in BLOCK.finditer(SECTION[section])}
    [text] = [text for name, text in found.items() if name.startswith(title)]
    return lines(text.removesuffix("\n"))


def fit(formula: str, name: str = "sleepstudy", **given: Any) -> pylmer.LmerFit:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", pylmer.FitNote)
        return pylmer.lmer(formula, data(name), **given)


def as_frame(table: pd.DataFrame) -> str:
    """R's print of a data frame with texts in it, numbers formatted by column."""
    from pylmer.text import format_numbers, print_texts

    cells = [
        ["<NA>" if pd.isna(value) else str(value) for value in table[name]]
        if table[name].dtype.kind != "f"
        else format_numbers(table[name])
        for name in table
    ]
    return print_texts([str(k + 1) for k in range(len(table))], list(table.columns), cells, to_right=True)


CASES: list[tuple[str, str, Callable[[], str]]] = [
    ("3a", "print(fm1)", lambda: str(fit(SLOPE))),
    ("3a", "summary(fm1)", lambda: str(pylmer.summary(fit(SLOPE), ddf="lme4"))),
    ("3a", "print(fm1ML)", lambda: str(fit(SLOPE, REML=False))),
    ("3a", "summary(fm1ML)", lambda: str(pylmer.summary(fit(SLOPE, REML=False), ddf="lme4"))),
    ("3a", "print(fm3)", lambda: str(fit(SPLIT))),
    (
        "3a",
        "summary(lmer(diameter",
        lambda: str(pylmer.summary(fit("diameter ~ 1 + (1|plate) + (1|sample)", "Penicillin"), ddf="lme4")),
    ),
    ("3a", "structured terms", lambda: sd_table(str(fit("Reaction ~ Days + cs(Days | Subject)")))),
    ("3b", "display(fm1)", lambda: str(pylmer.display(fit(SLOPE)))),
    ("3b", "display(fmML)", lambda: str(pylmer.display(fit(INTERCEPT, REML=False)))),
    ("3c", "VarCorr(fm1)", lambda: str(pylmer.VarCorr(fit(SLOPE)))),
    (
        "3c",
        "print(VarCorr(fm1), comp",
        lambda: pylmer.VarCorr(fit(SLOPE)).to_string(comp=("Variance", "Std.Dev.")),
    ),
    ("3c", "as.data.frame(VarCorr(fm1))", lambda: as_frame(pylmer.VarCorr(fit(SLOPE)).as_frame())),
    ("3c", "ranef(fm1)", lambda: str(pylmer.ranef(fit(SLOPE)))),
    ("3c", "head(as.data.frame(ranef(fm1)))", lambda: as_frame(pylmer.ranef(fit(SLOPE)).as_frame().head(6))),
    ("3c", "coef(fm1)", lambda: str(pylmer.coef(fit(SLOPE)))),
    ("3d", "vcov(fm1)", lambda: f'2 x 2 Matrix of class "dpoMatrix"\n{frame_text(pylmer.vcov(fit(SLOPE)))}'),
    ("3d", "logLik(fm1)", lambda: str(pylmer.logLik(fit(SLOPE)))),
    ("3e", "summary(fm1)", lambda: str(pylmer.summary(fit(SLOPE)))),
    ("3d", "summary(rePCA(fm1))", lambda: str(pylmer.summary(pylmer.rePCA(fit(SLOPE))))),
]


def sd_table(page: str) -> str:
    rows = page.split("\n")
    start = rows.index("Random effects:") + 1
    return "\n".join(rows[start : start + 4])


@pytest.mark.parametrize(("section", "title", "ours"), CASES, ids=[case[1] for case in CASES])
def test_transcript(section: str, title: str, ours: Callable[[], str]) -> None:
    same = same_numbers if title in SEVEN_DIGITS else same_up_to_rounding
    page = lines(ours())[:-1] if title == LIST else lines(ours())
    assert same(page, transcript(section, title), 1e-4), ours()


def test_singular_print() -> None:
    ours = lines(str(fit("Yield ~ 1 + (1 | Batch)", "Dyestuff2")))
    theirs = transcript("3a", "lmer(Yield")
    assert ours == [line.replace("nloptwrap", "newton") for line in theirs]


def test_singular_summary() -> None:
    ours = lines(str(pylmer.summary(fit("Yield ~ 1 + (1 | Batch)", "Dyestuff2"), ddf="lme4")))
    theirs = transcript("3a", "summary() of the same")
    assert ours[:-2] == [line.replace("nloptwrap", "newton") for line in theirs[:-1]]
    assert ours[-2].startswith("boundary (singular) fit: ")
    assert ours[-1] == ""  # in R's pages too (test_pages), here the transcript has left it out
    assert theirs[-1].startswith("boundary (singular) fit: ")


def test_rank_deficient() -> None:
    frame = data("sleepstudy").assign(D2=lambda d: 2 * d["Days"])
    frame.attrs["name"] = "rd"
    with pytest.warns(pylmer.FitNote, match="rank deficient"):
        model = pylmer.lmer("Reaction ~ Days + D2 + (1 | Subject)", frame)
    theirs = transcript("3a", "rank-deficient print")
    assert lines(str(model))[:-1] == theirs[:-1]
    assert lines(str(model))[-1] == str(model.notes[0])
    assert lines(str(pylmer.summary(model, ddf="lme4")))[-2:] == lines(str(model))[-2:]


def test_weights_subset_offset() -> None:
    frame = data("sleepstudy").assign(wt=1.0)
    frame.attrs["name"] = "w"
    model = pylmer.lmer(INTERCEPT, frame, weights="wt", subset="Days > 1")
    header = ["   Data: w", "Weights: wt", " Subset: Days > 1"]
    assert header == transcript("3a", "print with weights")[2:5] == lines(str(model))[2:5]


def test_thirteen_fixed_effects() -> None:
    page = str(pylmer.summary(fit("angle ~ recipe * temperature + (1 | recipe:replicate)", "cake")))
    assert "\n\nCorrelation matrix not shown by default, as p = 18 > 12.\n" in page
    assert page.endswith("\n    vcov(fit)        if you need it\n")
