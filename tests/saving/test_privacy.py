"""A file without rows holds none: planted values of the data are nowhere in it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import pylmer

pytestmark = pytest.mark.filterwarnings("ignore::pylmer.FitNote")
n = 300
rng = np.random.default_rng(20261130)
PLANTED = [123.456789, 77.7654321, 1.2345678901, 0.987654321]  # response, predictor, weight, offset
group = rng.integers(0, 20, n)
DATA = pd.DataFrame(
    {
        "y": rng.normal(50, 10, n),
        "x": rng.normal(60, 10, n),
        "w": rng.uniform(0.5, 2, n),
        "o": rng.normal(size=n),
        "z": rng.normal(size=n),
        "count": rng.poisson(5, n),
        "g": [f"group {each}" for each in group],
        "name": [f"person {each}" for each in range(n)],
    },
    index=[f"row {each}" for each in range(n)],
)
DATA.iloc[17, :4] = PLANTED
DATA.iloc[17, 7] = "Jane Doe"
DATA.loc["row 5", "z"] = 555.5544
SECRETS = ["Jane Doe", "person 3", "row 17", "row 5"]
MODELS = {
    "lmer": lambda: pylmer.lmer("y ~ x + (x | g)", DATA, weights="w", offset="o"),
    "arrays": lambda: pylmer.lmer("y ~ poly(x, 2) + (1 | g)", DATA, weights=DATA["w"], offset=DATA["o"].to_numpy()),
    "env": lambda: pylmer.lmer("y ~ x + (1 | g)", env={each: DATA[each].to_numpy() for each in ("y", "x", "g")}),
    "both": lambda: pylmer.lmer("y ~ q + (1 | g)", DATA, env={"q": DATA["x"].to_numpy(), "more": DATA["z"]}),
    "refit": lambda: pylmer.refit(pylmer.lmer("z ~ x + (1 | g)", DATA), DATA["y"]),
    "subset": lambda: pylmer.lmer("y ~ x + (1 | g)", DATA, subset=DATA["z"].to_numpy() < 600),
    "far": lambda: pylmer.lmer("y ~ 0 + z + (1 | g)", DATA.assign(y=DATA["y"] + 1e7)),
    "streamed": lambda: pylmer.lmer("y ~ x + (1 | g)", lambda: iter([DATA[:100], DATA[100:]]), weights="w"),
    "glmer": lambda: pylmer.glmer("count ~ x + offset(o) + (1 | g)", DATA.assign(x=DATA["x"] / 100), "poisson"),
    "gamma": lambda: pylmer.glmer("y ~ z + (1 | g)", DATA.assign(y=DATA["y"].abs() + 1), "Gamma('log')", weights="w"),
    "lm": lambda: pylmer.lm("y ~ x", DATA, weights="w", offset="o"),
    "glm": lambda: pylmer.glm("count ~ x", DATA.assign(x=DATA["x"] / 100), "poisson"),
    "lmList": lambda: pylmer.lmList("y ~ z | g", DATA),
}


def contents(path: Path) -> tuple[str, list[np.ndarray[Any, Any]]]:
    """All texts of a file, and all its arrays."""
    with np.load(path, allow_pickle=False) as held:
        parts = {name: held[name] for name in held.files}
    texts = [str(parts.pop("header")), parts.pop("records").tobytes().decode()]
    texts += ["\n".join(each.ravel()) for each in parts.values() if each.dtype.kind == "U"]
    return "\n".join(texts), [each for each in parts.values() if each.dtype.kind in "iuf"]


def numbers_in(found: Any) -> list[float]:
    """All numbers of some JSON."""
    if isinstance(found, dict):
        found = list(found.values())
    if isinstance(found, list):
        return [number for each in found for number in numbers_in(each)]
    return [float(found)] if isinstance(found, int | float) and not isinstance(found, bool) else []


@pytest.mark.parametrize("name", MODELS)
def test_no_planted_value_is_in_the_file(name: str, tmp_path: Path) -> None:
    fit = MODELS[name]()
    pylmer.save(fit, tmp_path / "fit.npz")
    texts, arrays = contents(tmp_path / "fit.npz")
    assert not [secret for secret in SECRETS if secret in texts]
    with np.load(tmp_path / "fit.npz", allow_pickle=False) as held:
        said = numbers_in(json.loads(held["records"].tobytes()))
    known = np.concatenate([np.asarray(said, float), *(each.ravel().astype(float) for each in arrays)])
    ranges = {float(DATA[each].max()) for each in ("x", "z", "w", "y", "o")}  # a range is told, and said to be
    ranges |= {float(DATA[each].min()) for each in ("x", "z", "w", "y", "o")}
    values = [
        *DATA["y"],
        *(DATA["y"] + 1e7),
        *(DATA["y"].abs() + 1),
        *DATA["x"],
        *(DATA["x"] / 100),
        *DATA["w"],
        *DATA["o"],
    ]
    looked_for = np.array(sorted({*values, *DATA["z"], *PLANTED} - ranges - {each / 100 for each in ranges}))
    near = looked_for[np.abs(looked_for) > 1e-6]
    at = np.searchsorted(np.sort(known), near)
    sorted_known = np.append(np.sort(known), np.inf)
    gap = np.minimum(np.abs(sorted_known[at] - near), np.abs(near - sorted_known[np.maximum(at - 1, 0)]))
    assert not near[gap < 1e-12 * np.abs(near)].tolist()


@pytest.mark.parametrize("name", MODELS)
def test_no_array_has_a_value_for_each_row(name: str, tmp_path: Path) -> None:
    pylmer.save(MODELS[name](), tmp_path / "fit.npz")
    _, arrays = contents(tmp_path / "fit.npz")
    assert max(max(each.shape, default=1) for each in arrays) < n


def test_with_rows_they_are_there(tmp_path: Path) -> None:
    """So that the tests above look where they should."""
    pylmer.save(MODELS["lmer"](), tmp_path / "fit.npz", rows=True)
    texts, arrays = contents(tmp_path / "fit.npz")
    assert all(secret in texts for secret in SECRETS)
    assert any(123.456789 in each for each in arrays)


@pytest.mark.parametrize("rows", [False, True])
def test_a_file_grows_with_rows_only_where_they_are_in_it(rows: bool, tmp_path: Path) -> None:
    sizes = []
    for count in (1, 20):
        more = pd.concat([DATA] * count, ignore_index=True)
        more["y"] += np.random.default_rng(count).normal(size=len(more))
        pylmer.save(pylmer.lmer("y ~ x + (x | g)", more), tmp_path / "fit.npz", rows=rows)
        sizes.append((tmp_path / "fit.npz").stat().st_size)
    assert (sizes[1] > 3 * sizes[0]) if rows else (sizes[1] < 1.1 * sizes[0])
