"""Files that cannot be read as one table: an error that names the file, before the work where that is possible."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import pylmer
from pylmer.errors import DataError
from pylmer.sources.files import Files

from .conftest import in_parts

FORMULA = "y ~ x + (1 | g)"


def rows(n: int, seed: int = 1, groups: int = 6) -> pd.DataFrame:
    draw = np.random.default_rng(seed)
    g = np.arange(n) % groups
    x = draw.normal(size=n)
    return pd.DataFrame({"y": 1 + 2 * x + g / 3 + draw.normal(size=n), "x": x, "g": [f"g{k}" for k in g]})


def written(folder: Path, *frames: pd.DataFrame) -> str:
    for number, frame in enumerate(frames, start=1):
        frame.to_parquet(folder / f"{number}.parquet", row_group_size=20, index=False)
    return str(folder / "*.parquet")


def test_text_in_the_second_file(tmp_path: Path) -> None:
    second = rows(60, 2)
    second["y"] = second["y"].astype(str)
    with pytest.raises(DataError, match=r"column 'y' is text in .*2\.parquet, but numeric in .*1\.parquet"):
        pylmer.lmer(FORMULA, written(tmp_path, rows(60), second))


def test_groups_of_different_types(tmp_path: Path) -> None:
    second = rows(60, 2)
    second["g"] = np.arange(60) % 5
    with pytest.raises(DataError, match=r"column 'g' is numeric in .*2\.parquet, but text in .*1\.parquet"):
        pylmer.lmer(FORMULA, written(tmp_path, rows(60), second))


def test_a_column_is_missing_in_the_second_file(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"2\.parquet has no column 'y' \(it has x, g\)"):
        pylmer.lmer(FORMULA, written(tmp_path, rows(60), rows(60, 2)[["x", "g"]]))


def test_another_order_and_a_further_column_are_fine(tmp_path: Path) -> None:
    second = rows(60, 2)[["g", "x", "y"]].assign(z=1.0)
    fit = pylmer.lmer(FORMULA, written(tmp_path, rows(60), second))
    memory = pylmer.lmer(FORMULA, pd.concat([rows(60), rows(60, 2)]))
    assert abs(fit.optimum.value - memory.optimum.value) < 1e-8 * abs(memory.optimum.value)


def test_a_truncated_file(tmp_path: Path) -> None:
    files = written(tmp_path, rows(60), rows(60, 2))
    last = tmp_path / "2.parquet"
    last.write_bytes(last.read_bytes()[:-200])
    with pytest.raises(DataError, match=r"cannot read .*2\.parquet: "):
        pylmer.lmer(FORMULA, files)


def test_a_corrupt_row_group(tmp_path: Path) -> None:
    from pyarrow import parquet

    files = written(tmp_path, rows(60), rows(60, 2))
    last = tmp_path / "2.parquet"
    meta = parquet.read_metadata(last).row_group(1).column(0)
    start = meta.dictionary_page_offset or meta.data_page_offset
    damaged = bytearray(last.read_bytes())
    damaged[start : start + meta.total_compressed_size] = b"\xff" * meta.total_compressed_size
    last.write_bytes(bytes(damaged))
    with pytest.raises(DataError, match=r"cannot read .*2\.parquet, row group 2 of 3: "):
        pylmer.lmer(FORMULA, files)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("*.parquet", "no file is named as"),
        ("none.parquet", "there is no file"),
        ("", "has no files that end in"),
        ("notes.txt", "wanted a file that ends in"),
    ],
)
def test_no_files(tmp_path: Path, name: str, message: str) -> None:
    (tmp_path / "notes.txt").write_text("nothing")
    with pytest.raises(DataError, match=message):
        pylmer.lmer(FORMULA, str(tmp_path / name))


def test_files_of_two_formats(tmp_path: Path) -> None:
    rows(30).to_csv(tmp_path / "a.csv", index=False)
    written(tmp_path, rows(30))
    with pytest.raises(DataError, match="are of two formats"):
        pylmer.lmer(FORMULA, tmp_path)


def test_a_csv_file_whose_lines_do_not_fit(tmp_path: Path) -> None:
    rows(30).to_csv(tmp_path / "a.csv", index=False)
    with (tmp_path / "a.csv").open("a") as file:
        file.write("1,2\n")
    with pytest.raises(DataError, match=r"cannot read .*a\.csv: line 32 has 2 fields, but the header has 3"):
        pylmer.lmer(FORMULA, str(tmp_path / "a.csv"))


def test_text_late_in_a_csv_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    frame = rows(60)
    frame["y"] = [*frame["y"].astype(str)[:50], *["much"] * 10]
    frame.to_csv(tmp_path / "a.csv", index=False)
    table = Files.named(tmp_path / "a.csv", rows=25)
    with pytest.raises(DataError, match=r"column 'y' is text in .*a\.csv \(rows 51 to 60\), but numeric in "):
        pylmer.lmer(FORMULA, table)


def test_a_level_that_turns_up_in_the_last_file_only(tmp_path: Path) -> None:
    second = rows(60, 2).assign(g="late")
    fit = pylmer.lmer(FORMULA, written(tmp_path, rows(60), second))
    memory = pylmer.lmer(FORMULA, pd.concat([rows(60), second]))
    assert list(pylmer.ranef(fit)["g"].index) == list(pylmer.ranef(memory)["g"].index)
    np.testing.assert_allclose(fit.theta, memory.theta, rtol=1e-8)


def test_a_level_of_a_predictor_in_the_last_part_only() -> None:
    data = rows(90).assign(f=[*"ab" * 40, *"c" * 10])
    fit = pylmer.lmer("y ~ x + f + (1 | g)", in_parts(data, 20))
    assert fit.fixef().index.tolist() == ["(Intercept)", "x", "fb", "fc"]


def test_an_empty_part_and_a_part_in_which_nothing_is_known() -> None:
    data, unknown = rows(60), rows(20, 3).assign(y=np.nan, g=None)
    parts = [data[:0], data[:30], unknown, data[30:], data[:0]]
    fit = pylmer.lmer(FORMULA, lambda: iter(parts))
    memory = pylmer.lmer(FORMULA, pd.concat([data, unknown]))
    assert (fit.design.n, fit.design.n_missing) == (memory.design.n, memory.design.n_missing) == (60, 20)
    np.testing.assert_allclose(fit.theta, memory.theta, rtol=1e-8)


def test_no_row_is_left() -> None:
    with pytest.raises(DataError, match="0 of the 60 rows"):
        pylmer.lmer(FORMULA, in_parts(rows(60).assign(y=np.nan), 20))


@pytest.mark.filterwarnings("ignore:predictors are on very different scales")
def test_products_of_small_integers_and_decimals(tmp_path: Path) -> None:
    data = rows(90)
    data["x"] = (np.arange(90) * 1001).astype(np.int32)
    data["d"] = [Decimal(k) / 4 for k in range(90)]
    fit = pylmer.lmer("y ~ I(x * x) + d + (1 | g)", written(tmp_path, data))
    floats = data.assign(x=data["x"].astype(float), d=data["d"].astype(float))
    memory = pylmer.lmer("y ~ I(x * x) + d + (1 | g)", floats)
    np.testing.assert_allclose(fit.beta, memory.beta, rtol=1e-8)


def test_infinite_values_name_their_part() -> None:
    data = rows(60).assign(x=np.where(np.arange(60) == 45, 0.0, 1.0 + np.arange(60)))
    with pytest.raises(DataError, match=r"frame 3 of .*: 'log\(x\)' is infinite in 1 row"):
        pylmer.lmer("y ~ log(x) + (1 | g)", in_parts(data, 20))


def test_nan_made_by_a_function_is_counted_over_all_parts() -> None:
    data = rows(60).assign(z=np.where(np.arange(60) % 20 == 7, -1.0, 2.0 + np.arange(60)))
    with pytest.warns(pylmer.FitNote, match=r"log\(z\) is NaN in 3 rows where its variables are not"):
        fit = pylmer.lmer("y ~ log(z) + (1 | g)", in_parts(data, 20))
    assert fit.nobs() == 57


def test_an_iterator_that_can_be_read_once() -> None:
    with pytest.raises(DataError, match="can be read once"):
        pylmer.lmer(FORMULA, (part for part in [rows(60)]))
    once = iter([rows(60)])
    with pytest.raises(DataError, match="must give a fresh iterator"):
        pylmer.lmer(FORMULA, lambda: once)


@pytest.mark.parametrize("given", [lambda n: n, len, dict, lambda: 3, lambda: rows(60)])
def test_functions_that_give_no_frames(given: Any) -> None:
    with pytest.raises(DataError, match=r"wanted|no data frame"):
        pylmer.lmer(FORMULA, given)


def test_a_file_that_has_changed_or_gone(tmp_path: Path) -> None:
    files = written(tmp_path, rows(60), rows(60, 2))
    fit = pylmer.lmer(FORMULA, files)
    rows(40).to_parquet(tmp_path / "2.parquet")
    with pytest.raises(DataError, match=r"resid\(\) reads .*, where 100 rows can be used, but the fit is of 120"):
        pylmer.resid(fit)
    (tmp_path / "2.parquet").unlink()
    again: list[Callable[[], Any]] = [
        lambda: pylmer.update(fit, ". ~ . - x"),
        lambda: pylmer.drop1(fit, test="Chisq"),
        lambda: pylmer.fitted(fit),
        lambda: pylmer.refit(fit, np.zeros(120)),
    ]
    for word in again:
        with pytest.raises(DataError, match=r"2\.parquet is gone"):
            word()


@pytest.mark.parametrize("word", ["weights", "offset", "subset"])
def test_arguments_with_a_value_for_each_row(word: str) -> None:
    with pytest.raises(pylmer.ArgumentError, match=f"{word}= has a value for each row, but the rows are read in parts"):
        pylmer.lmer(FORMULA, in_parts(rows(60), 20), **{word: np.ones(60)})


def test_values_that_depend_on_other_rows() -> None:
    with pytest.raises(DataError, match=r"the value of I\(x - mean\(x\)\) in a row depends on other rows"):
        pylmer.lmer("y ~ I(x - mean(x)) + (1 | g)", in_parts(rows(60), 20))
    with pytest.raises(DataError, match=r"the value of half\(x\) in a row depends on other rows"):
        pylmer.lmer("y ~ half(x) + (1 | g)", in_parts(rows(60), 20), env={"half": lambda x: x - x[0]})


def test_names_that_mean_nothing() -> None:
    with pytest.raises(pylmer.FormulaNameError, match="'w'"):
        pylmer.lmer("y ~ w + (1 | g)", in_parts(rows(60), 20))
