"""The worked chapter: every number against the book, R (tests/data/tour/tour.R and radon.txt) or a closed form."""

from __future__ import annotations

import json
import re
import sys
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.optimize import minimize_scalar

import pylmer
from pylmer.cli import main
from pylmer.tour import walk
from pylmer.tour.chapter import EIGHT, Chapter
from pylmer.tour.figures import FIGURES
from pylmer.tour.numbers import all_indicators, cut, new_county, new_house, significant, spread_of_counties
from pylmer.tour.steps import STEPS

DATA = Path(__file__).parent / "data"
R: dict[str, Any] = json.loads((DATA / "tour" / "tour.json").read_text(encoding="utf-8"))
FITTED = 2e-6  # how far theta of lme4's optimizer lies from the optimum


@cache
def chapter() -> Chapter:
    return Chapter()


@cache
def texts() -> list[str]:
    return list(walk())


def step(title: str) -> str:
    return next(text for text in texts() if title in text)


def row(text: str, name: str) -> list[float]:
    """The numbers of a line of a table."""
    line = next(line for line in text.splitlines() if re.match(rf"{re.escape(name)} +[-(\d]", line))
    return [float(x) for x in re.findall(r"-?\d+\.?\d*", line.removeprefix(name))]


def close(ours: Any, theirs: Any, tolerance: float) -> None:
    np.testing.assert_allclose(np.asarray(ours, float), np.asarray(theirs, float), rtol=tolerance, atol=tolerance)


def transcript(words: str) -> str:
    """What R printed after `words`."""
    after = (DATA / "printing" / "radon.txt").read_text(encoding="utf-8").split(f"> {words}\n")[1]
    return after.split("\n> ")[0].rstrip("\n")


def test_every_step_is_told_once_in_order() -> None:
    told = texts()
    assert len(told) == len(STEPS) + 2
    for number, (text, each) in enumerate(zip(told[1:], STEPS, strict=False), start=1):
        assert text.startswith(f"\n{number}. {each.title}\n==")
    drawn = [name for text in told for name in re.findall(r"([\w-]+)\.png", text)]
    assert sorted(drawn) == sorted(figure.name for figure in FIGURES)
    assert told[-1] == f"\nFigures: pylmer tour --out FOLDER writes {len(FIGURES)} of them."
    prose = [
        line for text in told for line in text.splitlines() if line and not line.startswith(("(", "Five ways", " "))
    ]
    assert max(map(len, prose)) <= 86


@pytest.mark.parametrize(
    ("title", "words"),
    [
        ("Complete pooling", "display(lm(log_radon ~ floor, radon))"),
        ("without predictors", "display(M0)"),
        ("with a predictor of houses", "display(M1)"),
        ("uranium", "display(M2)"),
    ],
)
def test_pages_are_those_of_R(title: str, words: str) -> None:
    assert transcript(words) in step(title)


def test_numbers_of_the_book() -> None:
    """12.4: M1 has 1.46, -0.69, 0.33, 0.76; 12.6: uranium's coefficient is 0.72, sigma_alpha 0.16."""
    M1, M2 = chapter().M1, chapter().M2
    shown = [*M1.fixef(), M1.theta[0] * M1.sigma, M1.sigma, M2.fixef()["log_uranium"], M2.theta[0] * M2.sigma]
    assert [f"{number:.2f}" for number in shown] == ["1.46", "-0.69", "0.33", "0.76", "0.72", "0.16"]
    assert "sigma_alpha falls from 0.33\nto 0.16" in step("uranium")


def test_intervals_of_section_12_4() -> None:
    """R's transcript: floor -0.8338554 -0.5521321, county 26 1.218798 1.506577, its mode -0.24279987 0.04497902."""
    text = step("with a predictor of houses")
    assert row(text, "slope of floor") == [-0.69, -0.83, -0.55]
    assert row(text, "intercept of county 26") == [1.36, 1.22, 1.51]
    assert row(text, "its difference from the mean") == [-0.10, -0.24, 0.04]
    assert chapter().sizes.index[25] == "HENNEPIN"


def test_no_pooling() -> None:
    """R's transcript: floor -0.7205 (0.0735), AITKIN 0.8405 (0.3787), ANOKA 0.8748 (0.1050), BECKER 1.5287 (0.4395)."""
    text = step("No pooling")
    assert [row(text, name) for name in ("floor", "AITKIN", "ANOKA", "BECKER")] == [
        [-0.72, 0.07], [4, 0.84, 0.38], [52, 0.87, 0.10], [3, 1.53, 0.44],
    ]  # fmt: skip
    assert "n = 919, k = 86\nresidual sd = 0.76" in text
    assert "that of LAC QUI PARLE, estimated from 2 houses" in text.replace("\n", " ")


def test_shrinkage() -> None:
    """Closed form: each multilevel intercept is the precision-weighted average, the factor 1 / (1 + n theta^2)."""
    text, M1 = step("Shrinkage"), chapter().M1
    coef, theta = M1.coef()["county"]["(Intercept)"], M1.theta[0]
    for county in EIGHT:
        n, _, _, complete, multilevel, _, _, factor = row(text, county)
        assert (n, complete) == (chapter().sizes[county], 1.33)
        assert multilevel == round(coef[county], 2)
        assert factor == round(1 / (1 + n * theta**2), 2)
    assert row(text, "KOOCHICHING")[1:3] == [0.82, 0.29]  # R's transcript: 0.8192, 0.2890


def test_ratio_and_icc() -> None:
    """Of R's variances 0.10773 and 0.57091: 5.30 houses, 0.159."""
    text = step("The ratio of variances").replace("\n", " ")
    for words in ("= 0.189", "that of 5.30 houses", "46 of 85", "= 0.159"):
        assert words in text
    assert pytest.approx(5.30, abs=5e-3) == 0.57091 / 0.10773
    assert pytest.approx(0.159, abs=5e-4) == 0.10773 / (0.10773 + 0.57091)
    assert int((chapter().sizes <= 5).sum()) == 46


def test_limits() -> None:
    text = step("theta to both limits")
    assert row(text, "theta = 0") == row(text, "lm, complete pooling") == [-0.6134, 1.3267, 1.3267]
    assert row(text, "theta = 1e+08") == row(text, "lm, no pooling") == [-0.7205, 0.8405, 0.8676]
    coef = chapter().M1.coef()["county"]
    fitted = [coef["floor"].iloc[0], *coef["(Intercept)"][["AITKIN", "ST LOUIS"]]]
    assert row(text, "theta = 0.434") == [round(value, 4) for value in fitted]


def test_five_ways() -> None:
    lines = [line for line in step("Five ways").splitlines() if re.match(r"\(\d\) ", line)]
    assert len(lines) == 5
    for line in lines:
        assert line.split()[-4:] == ["1.465763", "-0.6682448", "0.7202676", "0.9488218"]
    apart = float(re.findall(r"intercepts included: (\S+)", step("Five ways"))[0])
    assert apart < 1e-8


def test_predictions() -> None:
    """R's predict() and sigma, and quartiles of the lognormal."""
    text = step("Two predictions")
    assert row(text, "county 26") == [0.6944, 0.7584, 1.201, 2.002, 3.340]
    assert row(text, "new county") == [0.8076, 0.7744, 1.330, 2.242, 3.781]
    M2 = chapter().M2
    both = (new_house(M2, "HENNEPIN", 1), new_county(M2, float(chapter().uranium.mean()), 1))
    for ours, theirs in zip(both, (R["old"], R["new"]), strict=True):
        close([ours.mean, ours.sd], [theirs["mean"], theirs["sd"]], FITTED)
        close(ours.radon(), theirs["quartiles"], FITTED)


def test_cuts() -> None:
    """R's profile limits are interpolated: the upper one of three counties, where the curve is flat, is 1.7e-3 off."""
    sizes = chapter().sizes
    chosen = [*(spread_of_counties(sizes, k) for k in (3, 5, 10, 85)), [*sizes.index[sizes <= 2]]]
    for counties, theirs in zip(chosen, R["cuts"], strict=True):
        ours = cut(chapter().radon, counties, "")
        assert (ours.counties, ours.houses) == (theirs["counties"], theirs["houses"])
        close(ours.sigma_alpha, theirs["sigma_alpha"], 2e-5)  # theta of few counties is loosely determined
        close([ours.floor, ours.se_floor], [theirs["floor"], theirs["se_floor"]], FITTED)
        close([ours.lower, ours.upper], [theirs["lower"], theirs["upper"]], 1e-3)
    assert row(step("How many groups"), "3 counties") == [3, 122, 0.58, 0.00, 1.62, -0.55, 0.20]
    assert row(step("How many groups"), "1 or 2 houses each")[:3] == [11, 19, 0.51]


def test_the_limit_of_three_counties() -> None:
    """By brute force: the deviance with V formed plainly, minimized over sigma_y, rises by the chi^2 quantile."""
    counties = spread_of_counties(chapter().sizes, 3)
    data = chapter().radon[chapter().radon["county"].isin(counties)]
    X = np.column_stack([np.ones(len(data)), data["floor"]])
    same = (data["county"].to_numpy()[:, None] == data["county"].to_numpy()).astype(float)
    y = data["log_radon"].to_numpy()

    def deviance(a: float, s: float) -> float:
        V = a**2 * same + s**2 * np.eye(len(y))
        W = np.linalg.inv(V)
        r = y - X @ np.linalg.solve(X.T @ W @ X, X.T @ W @ y)
        return float(np.linalg.slogdet(V)[1] + r @ W @ r)

    def profiled(a: float) -> float:
        return float(minimize_scalar(lambda s: deviance(a, s), bounds=(0.5, 1.2), options={"xatol": 1e-8}).fun)

    lowest = minimize_scalar(profiled, bounds=(0.1, 1.5), method="bounded").fun
    assert profiled(cut(data, counties, "").upper) - lowest == pytest.approx(3.841459, abs=1e-3)


def test_when_it_matters() -> None:
    text = step("When it matters most")
    for n, count in ((1, 3), (2, 11), (5, 46), (100, 83)):
        factors = [round(float(1 / (1 + n * fit.theta[0] ** 2)), 2) for fit in (chapter().M1, chapter().M2)]
        assert row(text, f"{n} house{'s' if n > 1 else ''}") == [*factors, count]
        assert int((chapter().sizes <= n).sum()) == count


def test_tests_of_indicators() -> None:
    ours = all_indicators(chapter().complete, chapter().none)
    close([ours.F, ours.p * 1e15], [R["F"], R["p"] * 1e15], 1e-9)
    assert [ours.df, ours.df_residual] == R["df"]
    assert [significant(chapter().none, county) for county in ("AITKIN", "HENNEPIN")] == R["significant"]
    text = step("Why county indicators").replace("\n", " ")
    assert "19 of 84 differ significantly from AITKIN (4 houses), 15 from HENNEPIN (105)" in text


def test_command_writes_the_figures(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Each figure is a PNG of some size; no window, no figure is left open."""
    plt = pytest.importorskip("matplotlib.pyplot")
    open_before = plt.get_fignums()
    assert main(["tour", "--out", str(tmp_path / "new" / "figures")]) == 0
    printed = capsys.readouterr().out
    for figure in FIGURES:
        path = tmp_path / "new" / "figures" / f"{figure.name}.png"
        assert path.read_bytes().startswith(b"\x89PNG")
        assert path.stat().st_size > 10_000
        assert f"{path}  {figure.title}" in printed
    assert "1.201  2.002 3.340" in printed
    assert plt.get_fignums() == open_before


def test_without_matplotlib_all_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in sys.modules if name.split(".")[0] == "matplotlib"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    told = list(walk(tmp_path))
    assert told[:-1] == texts()[:-1]
    assert 'pip install "pylmer[plot]"' in told[-1]
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    taken = tmp_path / "file"
    taken.touch()
    for out in (taken, taken / "below"):
        assert main(["tour", "--out", str(out)]) == 2
        captured = capsys.readouterr()
        assert captured.out == ""
        assert f"pylmer: --out {out}: cannot write there" in captured.err
    with pytest.raises(pylmer.DataError, match="name another folder"):
        next(walk(taken))
