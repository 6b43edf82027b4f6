"""The packaged data sets: types, level order, provenance.

Checksums are R's own (tests/data/datasets.json, made by datasets.R).
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from pylmer import datasets
from pylmer.errors import ArgumentError

HERE = Path(__file__).parent
SEEN_BY_R = json.loads((HERE / "data" / "datasets.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", datasets.names())
def test_values_are_those_of_r(name: str) -> None:
    frame = datasets.load(name)
    seen = SEEN_BY_R[name]
    assert frame.attrs["name"] == name
    assert len(frame) == seen["n_rows"]
    assert list(frame.columns) == list(seen["columns"])
    for column, expected in seen["columns"].items():
        values = frame[column]
        if "levels" in expected:
            assert list(values.cat.categories) == expected["levels"]
            assert values.cat.ordered is expected["ordered"]
            assert int((values.cat.codes.astype(int) + 1).sum()) == expected["code_sum"]
        else:
            assert float(values.sum()) == pytest.approx(expected["sum"], rel=1e-13)
            assert float((values**2).sum()) == pytest.approx(expected["sumsq"], rel=1e-13)


@pytest.mark.parametrize("name", datasets.names())
def test_every_set_names_its_publication(name: str) -> None:
    about = datasets.describe(name)
    assert any(f"({year})" in about.publication for year in range(1930, 2030))
    assert "Measurements" in about.licence
    assert name in str(about)


def test_sets_are_small() -> None:
    assert all(path.stat().st_size < 100_000 for path in Path(datasets.__file__).parent.glob("tables/*"))


def test_column_types() -> None:
    radon = datasets.load("radon")
    assert radon["floor"].dtype == np.int64
    assert radon["log_radon"].dtype == np.float64
    assert radon["county"].cat.categories[0] == "AITKIN"
    assert radon["log_radon"].iloc[0] == 0.78845736036427  # exactly the double of the text


def test_loads_are_independent() -> None:
    changed = datasets.load("radon")
    changed.loc[0, "log_radon"] = 0.0
    assert datasets.load("radon").loc[0, "log_radon"] != 0.0


def test_missing_cells_and_logicals(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("n,flag,g\n1,TRUE,b\nNA,FALSE,NA\n", encoding="utf-8")
    about = {
        "name": "t",
        "file": "t.csv",
        "columns": {"n": "integer", "flag": "logical", "g": "factor"},
        "factors": {"g": {"levels": ["b", "a"], "ordered": False}},
    }
    (tmp_path / "t.json").write_text(json.dumps(about), encoding="utf-8")
    frame = datasets.read(tmp_path / "t.json")
    assert frame["n"].isna().tolist() == [False, True]
    assert frame["flag"].dtype == bool
    assert frame["g"].isna().tolist() == [False, True]
    assert isinstance(frame["g"].dtype, pd.CategoricalDtype)


def test_unknown_name_says_what_is_there() -> None:
    with pytest.raises(ArgumentError, match="did you mean 'radon'"):
        datasets.load("raddon")
    with pytest.raises(ArgumentError, match="known are cake, cbpp, Dyestuff"):
        datasets.load("zzz")
