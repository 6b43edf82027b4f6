"""Terms of single variables: the columns that are put side by side are those that formulaic makes."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pandas as pd
import pytest

import pylmer
from pylmer.design.coder import multiplied
from pylmer.design.matrices import SideBySide, code
from pylmer.functions.codings import coding_of
from pylmer.functions.values import Factor, Logical
from pylmer.functions.variables import coded_factor, is_categorical
from pylmer.language import deparse, parse_formula
from pylmer.language.expand import fixed_terms

FORMULAS = [
    "x",
    "a",
    "0 + a",
    "0 + x",
    "0 + x + a + b",
    "a + x + b + lg",
    "0 + lg + a",
    "count + a",
    "1",
    "b - 1 + count",
]
VARIABLES = {
    "x": np.array([0.5, 1.5, -2.0, 4.0, np.nan]),
    "count": np.array([1, 2, 3, 4, 5]),
    "a": Factor(np.array([0, 1, 2, 0, -1]), pylmer.functions.TextLevels(("u", "v", "w"))),
    "b": Factor(np.array([1, 0, 1, 0, 1]), pylmer.functions.TextLevels(("1", "2")), ordered=True),
    "lg": Logical(np.array([1, 0, 0, 1, 1], dtype=np.int8)),
}


@pytest.mark.parametrize("contrasts", ["contr.treatment", "contr.sum", "contr.poly"])
@pytest.mark.parametrize("right", FORMULAS)
def test_both_ways_make_the_same_columns(right: str, contrasts: str) -> None:
    terms = fixed_terms(parse_formula(f"y ~ {right}"))
    used = {deparse(node): VARIABLES[deparse(node)] for node in terms.used}
    factors = {name: coded_factor(value) for name, value in used.items() if is_categorical(value)}
    codings = {name: coding_of(contrasts, factor.levels) for name, factor in factors.items()}
    ours, X = code(terms, used, 5, codings)
    theirs, wanted = multiplied(terms, used, 5, codings, "numpy")
    assert isinstance(ours, SideBySide)
    np.testing.assert_array_equal(X, wanted)
    assert (ours.names, ours.assign) == (theirs.names, theirs.assign)
    assert ours.marks[int(terms.intercept) :] == theirs.marks[int(terms.intercept) :]
    np.testing.assert_array_equal(ours.matrix(used, 5), theirs.matrix(used, 5))


def test_products_and_wide_factors_are_formulaics() -> None:
    wide = pd.DataFrame(
        {"y": np.arange(40.0) ** 2, "f": np.repeat(list("abcdefghij"), 4), "g": np.tile(list("uvwz"), 10)}
    )
    coder = pylmer.lFormula("y ~ f + (1 | g)", wide).spec.fixed_coder
    assert not isinstance(coder, SideBySide)
    assert coder.names == ("(Intercept)", *(f"f{level}" for level in "bcdefghij"))


def test_formulas_that_differ_in_their_text_alone_have_errors_of_their_own() -> None:
    data = {"y": [1.0, 2.0, 4.0, 3.0], "x": [1.0, 2.0, 3.0, 5.0], "g": ["a", "a", "b", "b"]}
    for text in ("y ~ x + (1 | g)", "y   ~   x + (1 | g)"):
        assert pylmer.lFormula(text, data).formula.text == text


def test_a_plain_fit_needs_nothing_of_formulaic() -> None:
    run = "import sys, pylmer; pylmer.lmer('Reaction ~ Days + (Days | Subject)', pylmer.datasets.load('sleepstudy')); "
    said = subprocess.run(
        [sys.executable, "-c", run + "print('formulaic' in sys.modules)"], capture_output=True, text=True, check=True
    )
    assert said.stdout.strip() == "False"
