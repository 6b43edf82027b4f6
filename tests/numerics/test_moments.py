"""Starting values from one-way moments."""

from __future__ import annotations

import numpy as np
import pytest

from pylmer.criterion import Criterion
from pylmer.engines import BlockedEngine
from pylmer.gram import Rows, TermRows, form_gram
from pylmer.moments import moment_ratios
from pylmer.optimize import COARSE_SCAN, SCAN, search

from .problems import families, make_rows


def crossed(sd: tuple[float, float], seed: int) -> Rows:
    rng = np.random.default_rng(seed)
    g, h = (v.ravel() for v in np.meshgrid(np.arange(60), np.arange(50)))
    y = sd[0] * rng.normal(size=60)[g] + sd[1] * rng.normal(size=50)[h] + rng.normal(size=3000)
    terms = (TermRows(g.astype(np.int64), 60, None, 0), TermRows(h.astype(np.int64), 50, None, 1))
    return Rows(np.ones((3000, 1)), y, None, terms)


@pytest.mark.parametrize("sd", [(0.5, 1.0), (2.0, 0.2), (0.0, 0.7)])
def test_balanced_moments_are_near_the_truth(sd: tuple[float, float]) -> None:
    ratios = moment_ratios(form_gram(crossed(sd, seed=1)))
    assert ratios is not None
    assert np.allclose(ratios, sd, atol=0.1 + 0.25 * max(sd))


def test_vector_terms_have_no_moments() -> None:
    assert moment_ratios(form_gram(make_rows("crossed", weights=False))) is None


@pytest.mark.parametrize("seed", range(5))
def test_both_scans_lead_to_the_same_minimum(seed: int) -> None:
    rows = crossed((0.6, 0.3), seed)
    gram = form_gram(rows)
    criterion, found = Criterion(BlockedEngine(gram), True), families(rows)
    ratios = moment_ratios(gram)
    assert ratios is not None
    pairs = list(zip(found, ratios, strict=True))
    whole = search(criterion.at, lambda c: tuple(f.multiple(c) for f in found), multiples=SCAN)
    near = search(criterion.at, lambda c: tuple(f.multiple(c * r) for f, r in pairs), multiples=COARSE_SCAN)
    assert near.best.at.value == pytest.approx(whole.best.at.value, abs=1e-9)
    assert near.evaluations <= whole.evaluations
