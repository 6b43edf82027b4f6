"""The logistic chapter: its numbers against R (tests/data/glmm) and arithmetic, its pictures, its words public."""

from __future__ import annotations

import ast
import json
import re
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from scipy import integrate, special

import pylmer
from pylmer.cli import main
from pylmer.tour import CHAPTERS, walk
from pylmer.tour.logistic import FIGURES, STEPS, Herds

HERE = Path(__file__).parent
R = json.loads((HERE / "data" / "glmm" / "pooling.json").read_text(encoding="utf-8"))["cbpp"]


@cache
def herds() -> Herds:
    return Herds()


@cache
def texts() -> list[str]:
    return list(walk(chapter="glmer"))


def step(title: str) -> str:
    return next(text for text in texts() if title in text)


def row(text: str, name: str) -> list[float]:
    """The numbers of a line of a table."""
    line = next(line for line in text.splitlines() if re.match(rf"{re.escape(name)} +[-(\d]", line))
    return [float(x) for x in re.findall(r"-?\d+\.?\d*", line.removeprefix(name))]


def test_every_step_is_told_once_in_order() -> None:
    told = texts()
    assert len(told) == len(STEPS) + 2
    for number, (text, each) in enumerate(zip(told[1:], STEPS, strict=False), start=1):
        assert text.startswith(f"\n{number}. {each.title}\n==")
    drawn = [name for text in told for name in re.findall(r"([\w-]+)\.png", text)]
    assert sorted(drawn) == sorted(figure.name for figure in FIGURES)
    assert told[-1] == f"\nFigures: pylmer tour glmer --out FOLDER writes {len(FIGURES)} of them."
    assert max(len(line) for text in told for line in text.splitlines()) <= 86


def test_only_public_words_are_used() -> None:
    """What is not of the tour itself comes from `pylmer`, and by a name that it offers."""
    for path in Path(pylmer.__file__).parent.glob("tour/logistic/*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and node.level == 3:
                assert node.module is None
                assert {alias.name for alias in node.names} <= {*dir(pylmer)}
            elif isinstance(node, ast.ImportFrom) and node.level:
                assert node.level < 3


def test_complete_and_no_pooling() -> None:
    """R: complete -1.2690, -1.1708; herd 1 -0.6295 (0.4090), herd 14 -0.0405 (0.4109), herd 13 -2.6133 (0.6055)."""
    data = pylmer.datasets.load("cbpp")
    text = step("Complete pooling")
    assert f"{int(data['incidence'].sum())} cases\nin {int(data['size'].sum())} animals" in text
    assert f"logit^-1(-1.27) =\n{special.expit(R['complete'][0]):.3f}" in text
    assert f"exp(-1.17) = {np.exp(R['complete'][1]):.2f}" in text
    sums = data.groupby("herd", observed=True)[["size", "incidence"]].sum()
    for herd in ("1", "2", "3", "14", "13"):
        k = int(herd) - 1
        eta, error = R["none"][k], R["se_none"][k]
        shown = [*sums.loc[herd], round(eta, 2), round(error, 2), round(special.expit(eta), 3)]
        assert row(step("2. No pooling"), f"herd {herd}") == pytest.approx(shown, abs=1e-9)


def test_multilevel() -> None:
    """R: -1.3985, sd 0.6423; the quantiles of a herd one sd below and above."""
    text = step("3. Multilevel").replace("\n", " ")
    low, middle, high = special.expit(R["fixef"][0] + 0.642261 * np.array([-1, 0, 1]))
    assert f"probability of {middle:.3f}" in text
    assert f"between {low:.3f} and {high:.3f}" in text
    data = pylmer.datasets.load("cbpp")
    assert data[data["herd"] == "8"]["period"].tolist() == ["1"]


def test_shrinkage() -> None:
    text = step("Shrinkage of probabilities")
    for k in range(15):
        none, multi = R["none"][k], R["fixef"][0] + R["ranef"][k]
        wanted = [special.expit(none), special.expit(R["complete"][0]), special.expit(multi), R["factor"][k]]
        assert row(text, f"herd {k + 1}")[1:] == pytest.approx(wanted, abs=0.0051)


def test_ratio() -> None:
    """0.4125 is the variance, 1 / R's mean working weight that of a trial; pi^2 / 3 the latent one."""
    text = step("The ratio of variances").replace("\n", " ")
    variance, trial = 0.642261**2, 1 / R["weights"]
    pooled, shared = trial / variance, variance / (variance + trial)
    for words in (f"here {trial:.1f}", f"that of {pooled:.1f} animals", f"{shared:.3f} of"):
        assert words in text
    assert f"it is {variance / (variance + np.pi**2 / 3):.3f}" in text


def test_herds_without_a_case() -> None:
    data = pylmer.datasets.load("cbpp").query("period == '3'")
    text = step("Herds without a case").replace("\n", " ")
    assert f"{int((data['incidence'] == 0).sum())} of {len(data)} herds have no case" in text
    assert row(step("Herds without a case"), "herd 3")[1] == 0.0


def test_predictions() -> None:
    """Cases of 20 animals of a new herd: quantiles of a binomial mixed over logits that are normal."""
    text = step("Predicted probabilities")
    assert row(text, "a new herd")[0] == round(special.expit(R["fixef"][0]), 3)
    mean = integrate.quad(
        lambda z: special.expit(R["fixef"][0] + 0.642261 * z) * np.exp(-z * z / 2) / np.sqrt(2 * np.pi), -8, 8
    )[0]
    assert row(text, "quarter 1")[2] == pytest.approx(mean, abs=0.006)  # the adjustment is of second order
    by_quarter = pylmer.datasets.load("cbpp").groupby("period", observed=True)[["incidence", "size"]].sum()
    for quarter, sums in by_quarter.iterrows():
        assert row(text, f"quarter {quarter}")[0] == round(sums["incidence"] / sums["size"], 3)


def test_quadratures() -> None:
    """-2 log L with nAGQ = 25 by numerical integration herd by herd; Laplace's is lme4's 184.0526."""
    assert row(step("Laplace's approximation"), "nAGQ = 1")[0] == 184.0526
    best = herds().quadratures[25]
    beta, sd = best.fixef().to_numpy(), float(best.theta[0])
    data = pylmer.datasets.load("cbpp")
    eta = beta[0] + np.where(data["period"] == "1", 0.0, np.append(0, beta[1:])[data["period"].cat.codes])
    total = 0.0
    for herd in data["herd"].cat.categories:
        here = (data["herd"] == herd).to_numpy()
        y, n, x = data["incidence"][here].to_numpy(), data["size"][here].to_numpy(), eta[here]

        def density(z: float, y: np.ndarray = y, n: np.ndarray = n, x: np.ndarray = x) -> float:
            p = special.expit(x + sd * z)
            return float(np.prod(special.binom(n, y) * p**y * (1 - p) ** (n - y)) * np.exp(-z * z / 2))

        total += -2 * np.log(integrate.quad(density, -9, 9, epsabs=0, epsrel=1e-10)[0] / np.sqrt(2 * np.pi))
    assert row(step("Laplace's approximation"), "nAGQ = 25")[0] == pytest.approx(total, abs=1e-4)


def test_certificates() -> None:
    """What is foretold comes true, to a tenth; both are in standard errors."""
    text = step("Two certificates")
    for name in ("(Intercept)", "period2", "period3", "period4"):
        foretold, moved = row(text, name)
        assert foretold == pytest.approx(moved, abs=2e-4)
    assert herds().M.approximation.largest == pytest.approx(0.029, abs=5e-4)  # glmm.md, section 7


def test_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    plt = pytest.importorskip("matplotlib.pyplot")
    open_before = plt.get_fignums()
    assert main(["tour", "glmer", "--out", str(tmp_path)]) == 0
    printed = capsys.readouterr().out
    assert printed.startswith("Multilevel logistic regression in small")
    for figure in FIGURES:
        path = tmp_path / f"{figure.name}.png"
        assert path.read_bytes().startswith(b"\x89PNG")
        assert path.stat().st_size > 10_000
        assert f"{path}  {figure.title}" in printed
    assert plt.get_fignums() == open_before


def test_the_tour_alone_is_the_radon_chapter(capsys: pytest.CaptureFixture[str]) -> None:
    assert list(CHAPTERS) == ["lmer", "glmer"]
    assert next(walk()).startswith("Multilevel linear models: the basics.")
    with pytest.raises(SystemExit):
        main(["tour", "poisson"])
    assert "invalid choice: 'poisson'" in capsys.readouterr().err
