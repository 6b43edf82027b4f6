"""Every kind of table gives the fit of its rows in memory, and is read again by words that need rows."""

from __future__ import annotations

import pickle
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import pylmer
from pylmer.cli import main
from pylmer.errors import DataError, FitNote
from pylmer.sources import tables
from pylmer.sources.files import Files

from .conftest import in_parts

FORMULA = "Reaction ~ Days + (Days | Subject)"


@pytest.fixture(scope="module")
def sleepstudy() -> pd.DataFrame:
    data = pylmer.datasets.load("sleepstudy")
    return data.assign(Subject=data["Subject"].astype(str)).reset_index(drop=True)


@pytest.fixture(scope="module")
def memory(sleepstudy: pd.DataFrame) -> Any:
    return pylmer.lmer(FORMULA, sleepstudy)


def dask_frame(pattern: str) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return pytest.importorskip("dask.dataframe").read_parquet(pattern)


KINDS: dict[str, Callable[[str], Any]] = {
    "glob": lambda pattern: pattern,
    "path": lambda pattern: Path(pattern).parent / "part000.parquet",
    "folder": lambda pattern: Path(pattern).parent,
    "polars": lambda pattern: pytest.importorskip("polars").scan_parquet(pattern),
    "duckdb": lambda pattern: pytest.importorskip("duckdb").sql(f"select * from '{pattern}'"),
    "dataset": lambda pattern: pytest.importorskip("pyarrow.dataset").dataset(Path(pattern).parent, format="parquet"),
}


@pytest.mark.parametrize("kind", KINDS)
def test_kinds_of_tables(kind: str, sleepstudy: pd.DataFrame, memory: Any, parquet: Any) -> None:
    pattern = parquet(sleepstudy, rows=200 if kind == "path" else 50, group=30)
    fit = pylmer.lmer(FORMULA, KINDS[kind](pattern))
    assert abs(fit.optimum.value - memory.optimum.value) <= 1e-8 * memory.optimum.value
    np.testing.assert_allclose(pylmer.fitted(fit), pylmer.fitted(memory), rtol=1e-8)


def test_a_dask_frame(sleepstudy: pd.DataFrame, memory: Any, parquet: Any) -> None:
    frame = dask_frame(parquet(sleepstudy, rows=50))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # dask's own: what pandas and narwhals will do away with
        fit = pylmer.lmer(FORMULA, frame)
    assert abs(fit.optimum.value - memory.optimum.value) <= 1e-8 * memory.optimum.value


@pytest.mark.parametrize("ending", [".csv", ".csv.gz"])
def test_csv_files(ending: str, sleepstudy: pd.DataFrame, tmp_path: Path) -> None:
    for number in range(3):
        sleepstudy[number * 60 : number * 60 + 60].to_csv(tmp_path / f"{number}{ending}", index=False)
    whole = pylmer.lmer(FORMULA, pd.concat([pd.read_csv(path) for path in sorted(tmp_path.iterdir())]))
    fit = pylmer.lmer(FORMULA, Files.named(tmp_path / f"*{ending}", rows=25))
    assert abs(fit.optimum.value - whole.optimum.value) <= 1e-8 * whole.optimum.value
    assert list(pylmer.ranef(fit)["Subject"].index) == list(pylmer.ranef(whole)["Subject"].index)


WORDS: dict[str, Callable[[Any], Any]] = {
    "fixef": lambda fit: fit.fixef(),
    "likelihood": lambda fit: (str(fit.logLik()), fit.nobs()),
    "AIC": lambda fit: (round(fit.AIC(), 6), round(fit.BIC(), 6)),
    "VarCorr": lambda fit: str(fit.VarCorr()),
    "display": lambda fit: str(fit.display()).partition("coef.est")[2],
    "anova": lambda fit: str(fit.anova()),
    "confint": lambda fit: fit.confint().round(4),
    "fitted": lambda fit: fit.fitted(),
    "resid": lambda fit: fit.resid(),
    "predict": lambda fit: fit.predict(),
    "update": lambda fit: pylmer.update(fit, ". ~ . + I(Days^2)").fixef(),
    "drop1": lambda fit: str(pylmer.drop1(fit)),
    "refit": lambda fit: pylmer.refit(fit, np.arange(180.0) % 7 + np.arange(180)).fixef(),
    "comparison": lambda fit: str(pylmer.anova(fit, pylmer.update(fit, ". ~ . - Days"))).replace(_data(fit), ""),
    "augment": lambda fit: pylmer.augment(fit).drop(columns="Subject"),
}


def _data(fit: Any) -> str:
    return f"Data: {fit.data_name}\n"


@pytest.mark.parametrize("word", WORDS)
def test_words_as_in_memory(word: str, sleepstudy: pd.DataFrame, memory: Any, parquet: Any) -> None:
    pattern = parquet(sleepstudy, rows=50)
    fit = pickle.loads(pickle.dumps(pylmer.lmer(FORMULA, pattern)))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FitNote)
        ours, theirs = WORDS[word](fit), WORDS[word](memory)
    if isinstance(ours, pd.Series | pd.DataFrame):
        np.testing.assert_allclose(ours, theirs, rtol=1e-6, atol=1e-8)
    else:
        assert ours == theirs


def test_the_summary_is_that_of_memory_without_residuals(sleepstudy: pd.DataFrame, memory: Any, parquet: Any) -> None:
    fit = pylmer.lmer(FORMULA, parquet(sleepstudy, rows=50))
    ours, theirs = pylmer.summary(fit), pylmer.summary(memory)
    assert ours.residuals is None
    page = theirs.to_string(show_resids=False).replace("Data: sleepstudy", "")
    assert str(ours).replace(_data(fit).strip(), "") == page


def test_the_rows_of_a_fit_are_never_those_of_its_first_part() -> None:
    """A table of 5,000 rows, of which the first 2,000 plan it: a refit without x is of all."""
    draw = np.random.default_rng(8)
    data = pd.DataFrame({"x": draw.normal(size=5000), "g": np.arange(5000) // 50})
    data["y"] = data["x"] + draw.normal(size=100)[data["g"]] + draw.normal(size=5000)
    fit = pylmer.lmer("y ~ x + (1 | g)", in_parts(data, 1000))
    smaller = pylmer.update(fit, ". ~ . - x")
    assert (smaller.nobs(), len(smaller.design.random[0].levels)) == (5000, 100)
    assert smaller.optimum.value == pytest.approx(pylmer.lmer("y ~ 1 + (1 | g)", data).optimum.value, rel=1e-8)


def test_more_rows_than_memory_is_given_for(monkeypatch: pytest.MonkeyPatch, sleepstudy: pd.DataFrame) -> None:
    fit = pylmer.lmer(FORMULA, in_parts(sleepstudy, 50))
    monkeypatch.setattr(tables, "MOST_BYTES", 1000)
    with pytest.raises(DataError, match=r"influence\(\) needs all rows of .* at once, which are more than the 41 that"):
        pylmer.influence(fit)
    assert fit.nobs() == 180
    assert "Number of obs: 180" in str(pylmer.summary(fit))


def test_files_that_are_too_large_are_not_read_first(
    monkeypatch: pytest.MonkeyPatch, sleepstudy: pd.DataFrame, parquet: Any
) -> None:
    """Parquet files say how many rows they have; the words that would want them all name what does without."""
    fit = pylmer.lmer(FORMULA, parquet(sleepstudy, rows=50))
    monkeypatch.setattr(tables, "MOST_BYTES", 1000)
    monkeypatch.setattr(Files, "parts", lambda *_: pytest.fail("the rows were read"))
    for word in (pylmer.fitted, pylmer.resid, pylmer.predict, pylmer.augment, pylmer.simulate):
        with pytest.raises(DataError, match=r"\(\) needs all rows of .* with write_augmented\(fit, 'file.parquet'\)"):
            word(fit)


def test_other_functions_read_tables_that_memory_holds(sleepstudy: pd.DataFrame, parquet: Any) -> None:
    pattern = parquet(sleepstudy, rows=50)
    ours, theirs = (pylmer.lm("Reaction ~ Days", data) for data in (pattern, sleepstudy))
    np.testing.assert_allclose(ours.beta, theirs.beta, rtol=1e-10)


def test_categories_have_their_order_in_every_part(parquet: Any) -> None:
    data = pylmer.datasets.load("cake")
    data["recipe"] = pd.Categorical(data["recipe"].astype(str), ["C", "A", "B"])
    formula = "angle ~ recipe + temp + (1 | recipe:replicate)"
    fit, whole = pylmer.lmer(formula, parquet(data, rows=40)), pylmer.lmer(formula, data)
    assert fit.fixef().index.tolist() == whole.fixef().index.tolist() == ["(Intercept)", "recipeA", "recipeB", "temp"]
    np.testing.assert_allclose(fit.beta, whole.beta, rtol=1e-8)


@pytest.mark.parametrize("ending", [".parquet", ".csv"])
def test_fitted_values_are_written_part_by_part(ending: str, parquet: Any, tmp_path: Path) -> None:
    data = pylmer.datasets.load("sleepstudy").assign(w=1.5)
    data.loc[[3, 77], "Days"] = np.nan
    given = {"offset": "w", "subset": "Reaction > 200"}
    fit, whole = pylmer.lmer(FORMULA, parquet(data, rows=50), **given), pylmer.lmer(FORMULA, data, **given)
    read = pd.read_parquet if ending == ".parquet" else pd.read_csv
    written = []
    for number, each in enumerate((fit, whole)):
        path = tmp_path / f"{number}.rows{ending}"
        assert pylmer.write_augmented(each, path) == whole.nobs()
        written.append(read(path))
    assert list(written[0]) == ["Reaction", "Days", "Subject", "w", ".fitted", ".resid"]
    for column in (".fitted", ".resid"):
        np.testing.assert_allclose(written[0][column], written[1][column], rtol=1e-7, atol=1e-9)
    with pytest.raises(pylmer.ArgumentError, match="wanted a name that ends in"):
        pylmer.write_augmented(fit, tmp_path / "rows.xlsx")


def test_the_command_line_reads_files_in_parts(sleepstudy: pd.DataFrame, parquet: Any, capsys: Any) -> None:
    pattern = parquet(sleepstudy, rows=50)
    assert main(["fit", FORMULA, "--data", pattern]) == 0
    assert "Number of obs: 180" in capsys.readouterr().out
    assert main(["fit", FORMULA, "--data", pattern.replace("*", "none*")]) == 2
    assert "no file is named as" in capsys.readouterr().err
