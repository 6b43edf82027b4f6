"""isNested, as lme4's."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

import pylmer
from pylmer.errors import ArgumentError


@pytest.mark.parametrize(
    ("inner", "outer", "nested"),
    [
        (["a1", "a2", "b1"], ["a", "a", "b"], True),
        (["1", "2", "1"], ["a", "a", "b"], False),
        (["a", "a", "b"], ["a1", "a2", "b1"], False),
        (np.arange(6), [0.5] * 3 + [1.5] * 3, True),
        (pd.Categorical(["p", None, "q"], categories=["z", "q", "p"]), [1, 2, 1], True),
        ([True, False, True], pd.Series([1, 2, 1]), True),
    ],
)
def test_nested(inner: Any, outer: Any, nested: bool) -> None:
    assert pylmer.isNested(inner, outer) is nested


def test_pastes() -> None:  # lme4's help page: sample is nested in batch, cask is not
    pastes = pylmer.datasets.load("Pastes")
    assert pylmer.isNested(pastes["sample"], pastes["batch"])
    assert not pylmer.isNested(pastes["cask"], pastes["batch"])


def test_lengths() -> None:
    with pytest.raises(ArgumentError, match="f1 has 2 rows, f2 has 1"):
        pylmer.isNested([1, 2], [1])
