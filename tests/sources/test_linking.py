"""Pairs of crossed levels in a list or in a table: the sums are those of the rows in memory."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

import pylmer
from pylmer.sources import linking
from pylmer.sources.linking import PairTable
from pylmer.sources.tally import RunningSums

from .conftest import in_parts

FORMULAS = {
    "counts": ("y ~ x + (1 | u) + (1 | i)", {}),
    "weights": ("y ~ x + (1 | u) + (1 | i)", {"weights": "w"}),
    "slopes": ("y ~ x + (x | u) + (0 + x | i) + (1 | i)", {}),
    "three": ("y ~ x + (1 | u) + (1 | i) + (1 | k)", {}),
}


def rows() -> pd.DataFrame:
    """3,000 ratings of 60 users and 25 items; items and users go on turning up."""
    draw, n = np.random.default_rng(5), 3000
    late = np.arange(n) / n
    u, i = (draw.integers(0, np.maximum(1, most * late**0.3).astype(int)) for most in (60, 25))
    data = pd.DataFrame({"u": u, "i": i, "k": draw.integers(0, 4, n), "x": draw.normal(size=n)})
    data["w"] = draw.uniform(0.5, 2, n)
    slopes = 1 + draw.normal(size=60)[u] + draw.normal(size=25)[i]
    data["y"] = slopes * data["x"] + draw.normal(size=60)[u] + draw.normal(size=25)[i] + draw.normal(size=n)
    data["y"] += draw.normal(size=4)[data["k"]]
    return data


DATA = rows()


@pytest.fixture
def kinds(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """Whether the pairs were in tables when the sums were asked for."""
    met: list[bool] = []
    plain = RunningSums.sums

    def seen(self: RunningSums) -> Any:
        met.extend(link.table is not None for link in self.links.values())
        return plain(self)

    monkeypatch.setattr(RunningSums, "sums", seen)
    return met


@pytest.mark.parametrize("most", [0, 2_000, 10**8], ids=["list", "table for a while", "table"])
@pytest.mark.parametrize("name", FORMULAS)
def test_equal_to_memory(name: str, most: int, kinds: list[bool], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(linking, "MOST_CELLS", most)
    formula, given = FORMULAS[name]
    memory, parts = (pylmer.lmer(formula, data, **given) for data in (DATA, in_parts(DATA, 170)))
    assert abs(parts.optimum.value - memory.optimum.value) <= 1e-8 * memory.optimum.value
    np.testing.assert_allclose(parts.beta, memory.beta, rtol=1e-6)
    assert {key: len(pairs.first) for key, pairs in parts.gram.links.items()} == {
        key: len(pairs.first) for key, pairs in memory.gram.links.items()
    }
    if most != 2_000:
        assert set(kinds) == {most > 0}


def test_rows_are_counted_beyond_four_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(linking, "LARGEST_COUNT", 100)
    plan = pylmer.plan("y ~ x + (1 | u) + (1 | i)", DATA)
    tally = RunningSums(plan)
    pieces = iter(DATA.iloc[start : start + 500] for start in range(0, len(DATA), 500))
    total = plan.sums(pieces).sums.links[0, 1]
    assert total.blocks.sum() == pytest.approx(
        len(DATA) * tally.plan.coordinates.inverse_terms[0].item() ** 2, rel=1e-12
    )


def test_a_nested_factor_stays_a_list(kinds: list[bool]) -> None:
    data = DATA.assign(g=np.arange(len(DATA)) // 3)
    data["s"] = data["g"] // 20
    draw = np.random.default_rng(6)
    data["y"] += 2 * draw.normal(size=1000)[data["g"]] + 2 * draw.normal(size=50)[data["s"]]
    memory, parts = (pylmer.lmer("y ~ x + (1 | g) + (1 | s)", each) for each in (data, in_parts(data, 400)))
    assert abs(parts.optimum.value - memory.optimum.value) <= 1e-8 * memory.optimum.value
    assert kinds == [False]


def test_a_table_grows() -> None:
    """By hand: two levels and one of each factor, then three and two."""
    from pylmer.engine.sums.gram import CrossProducts, Pairs

    two = CrossProducts(Pairs(np.array([0, 1]), np.array([0, 0])), np.array([[[2.0]], [[1.0]]]))
    table = PairTable(two, (2, 1), 1.0)
    table.add(np.array([2, 0, 2]), np.array([1, 0, 1]), (3, 2), ([1.0], [1.0]))
    found = table.total()
    assert (found.first.tolist(), found.second.tolist()) == ([0, 1, 2], [0, 0, 1])
    assert found.blocks.ravel().tolist() == [3.0, 1.0, 2.0]
