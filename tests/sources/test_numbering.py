"""Labels get numbers as they turn up, in a table of whole numbers or by hashing; columns are counted on the way."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import pylmer
from pylmer.datasets import csv_files
from pylmer.datasets.csv_files import checked_header
from pylmer.errors import DataError
from pylmer.sources import numbering
from pylmer.sources.facts import ColumnFacts
from pylmer.sources.numbering import Numbering

PARTS: dict[str, list[Any]] = {
    "small": [[3, 1, 3], [1, 7, 2], [2]],
    "negative": [[-5, 4, -5], [9, -12, 4]],
    "far": [[10**12 + 1, 10**12], [10**12 + 5, 10**12]],
    "wide": [[1, 10**15, 1], [2, 10**15]],
    "wide later": [[4, 2], [10**9, 2], [4, 3, 10**9]],
    "then fractions": [[4, 2], [2.5, 2.0], [4, 3]],
    "unsigned": [np.array([250, 3], dtype=np.uint8), np.array([2**63 + 5, 3], dtype=np.uint64)],
    "nothing between": [[5, 6], [], [6, 8]],
}


@pytest.mark.parametrize("name", PARTS)
def test_numbers_are_given_as_labels_turn_up(name: str) -> None:
    made, expected = Numbering(), dict[Any, int]()
    for part in PARTS[name]:
        value = part if isinstance(part, np.ndarray) else np.array(part, dtype=None if part else np.int64)
        codes = made.codes(value)
        wanted = [expected.setdefault(float(label), len(expected)) for label in value.tolist()]
        assert codes.tolist() == wanted
    assert [float(label) for label in made.labels.tolist()] == list(expected)
    assert len(made) == len(expected)
    assert (made.table is not None) == (name in ("small", "negative", "far", "nothing between"))


def test_a_table_may_be_longer_where_labels_are_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(numbering, "SPAN", 10)
    made = Numbering()
    assert made.codes(np.arange(10)).tolist() == list(range(10))
    assert made.codes(np.array([70, 3])).tolist() == [10, 3]  # 71 is no more than 8 x 10
    assert made.table is not None
    assert made.codes(np.array([500, 70])).tolist() == [11, 10]
    assert made.table is None


def test_columns_are_known_by_their_sums() -> None:
    """As by the rows, whatever the mean: what is left beside the intercept loses no digits in good coordinates."""
    draw = np.random.default_rng(1)
    X = np.column_stack([np.ones(900), 1e6 + draw.normal(size=900), draw.integers(0, 2, 900), draw.normal(size=900)])
    R = np.linalg.qr(X[:200])[1] / np.sqrt(200)
    R = R * np.sign(np.diag(R))[:, None]
    scaled = X @ np.linalg.inv(R)
    still = np.ones(4, dtype=bool)
    ours = ColumnFacts.of_sums(X, scaled.T @ scaled, R, still)
    theirs = ColumnFacts.none(4).with_rows(X)
    np.testing.assert_allclose(ours.mean, theirs.mean, rtol=1e-12)
    np.testing.assert_allclose(ours.squares, theirs.squares, rtol=1e-8, atol=1e-8)
    assert ours.indicator.tolist() == theirs.indicator.tolist() == [True, False, True, False]


def test_products_of_numbers_are_the_columns_of_r() -> None:
    data = pylmer.datasets.load("sleepstudy").assign(z=lambda d: np.sin(np.arange(len(d))))
    data["f"] = np.where(data["Days"] > 4, "late", "early")
    for fixed in ("Days * z + I(z^2)", "0 + z:Days + z", "Days * f"):
        formula = f"Reaction ~ {fixed} + (Days | Subject)"
        plan, memory = pylmer.plan(formula, data), pylmer.lFormula(formula, data)
        total = plan.sums(data).sums
        R = total.coordinates.R
        np.testing.assert_allclose(R.T @ total.XytXy[:-1, :-1] @ R, memory.X.T @ memory.X, rtol=1e-9, atol=1e-6)


# --- fields of CSV files ---------------------------------------------------------------------------------------------

FITTING = {
    "plain": b"x,g\n1,a\n2,b\n",
    "no last end": b"x,g\n1,a\n2,b",
    "blank lines": b"\n  \nx,g\n1,a\n\n2,b\n \t\n",
    "windows": b"x,g\r\n1,a\r\n\r\n2,b\r\n",
    "one column": b"x\n1\n2\n",
    "a mark first": b"\xef\xbb\xbfx,g\n1,\xc3\xa4\n",
    "quotes": b'x,g\n1,"a,b"\n2,"c\nd"\n',
}
MISFITS = {
    "more": (b"x,g\n1,a\n2,b,c\n", "line 3 has 3 fields"),
    "fewer": (b"x,g\n1,a\n2\n", "line 3 has 1 field,"),
    "made up for": (b"x,g,h\n1,a,b,c\n2,b\n", "line 2 has 4 fields"),
    "in the last line": (b"x,g\n1,a\n2,b,c", "line 3 has 3 fields"),
    "beyond quotes": (b'x,g\n1,"a,b"\n2,b,c\n', "line 3 has 3 fields"),
}


@pytest.mark.parametrize("block", [1, 3, 2**23])
@pytest.mark.parametrize("name", FITTING)
def test_files_whose_rows_fit(name: str, block: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(csv_files, "BLOCK", block)
    path = tmp_path / "a.csv"
    path.write_bytes(FITTING[name])
    assert checked_header(path) == (["x"] if name == "one column" else ["x", "g"])


@pytest.mark.parametrize("block", [1, 2**23])
@pytest.mark.parametrize("name", MISFITS)
def test_files_whose_rows_do_not(name: str, block: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(csv_files, "BLOCK", block)
    path = tmp_path / "a.csv"
    path.write_bytes(MISFITS[name][0])
    with pytest.raises(DataError, match=MISFITS[name][1]):
        checked_header(path)


def test_a_plain_file_wants_no_closer_look(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    pd.DataFrame({"x": np.arange(50.0), "g": ["a", "b"] * 25}).to_csv(path, index=False)
    assert csv_files._plainly_fits(path, 2)
    assert not csv_files._plainly_fits(path, 3)
