"""Starting values from one-way moments."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from pylmer.engine.covariance.points import Points
from pylmer.engine.criterion.profiled import Criterion
from pylmer.engine.factorization.choose import elimination_engine
from pylmer.engine.optimize.search import COARSE_SCAN, SCAN, search
from pylmer.engine.sums.arrange import form_gram
from pylmer.engine.sums.moments import moment_ratios
from pylmer.engine.sums.rows import Rows, TermRows

from .problems import families, make_rows


def crossed(sd: tuple[float, float], seed: int) -> Rows:
    rng = np.random.default_rng(seed)
    g, h = (v.ravel() for v in np.meshgrid(np.arange(60), np.arange(50)))
    y = sd[0] * rng.normal(size=60)[g] + sd[1] * rng.normal(size=50)[h] + rng.normal(size=3000)
    terms = (TermRows(g.astype(np.int64), 60, None, 0), TermRows(h.astype(np.int64), 50, None, 1))
    return Rows(np.ones((3000, 1)), y, None, terms)


def one_way(y: np.ndarray, codes: np.ndarray) -> float:
    """(MSB - MSW) / n_0 from the definitions (Searle, Casella & McCulloch 1992, 3.6), not below zero."""
    groups = [y[codes == level] for level in np.unique(codes)]
    sizes, means, J = np.array([len(g) for g in groups]), np.array([g.mean() for g in groups]), len(groups)
    between = sizes @ (means - y.mean()) ** 2 / (J - 1)
    within = sum(((g - g.mean()) ** 2).sum() for g in groups) / (len(y) - J)
    n_0 = (len(y) - (sizes**2).sum() / len(y)) / (J - 1)
    return max(0.0, float((between - within) / n_0))


def expected(rows: Rows) -> np.ndarray:
    variances = np.array([one_way(rows.y, term.codes) for term in rows.terms])
    total = float(np.mean((rows.y - rows.y.mean()) ** 2))
    return np.maximum(np.sqrt(variances / max(total - variances.sum(), 0.05 * total)), 0.03)


@pytest.mark.parametrize("balanced", [True, False])
@pytest.mark.parametrize("sd", [(0.5, 1.0), (2.0, 0.2), (0.0, 0.7), (0.0, 30.0)])
def test_moments_are_those_of_one_way_layouts(sd: tuple[float, float], balanced: bool) -> None:
    """Of crossed factors each by itself; with (0, 30) what is left for sigma^2 is held at 5 % of the total."""
    rows = crossed(sd, seed=1)
    if not balanced:
        kept = np.random.default_rng(2).random(3000) < np.linspace(0.05, 1, 3000)
        terms = tuple(replace(term, codes=np.unique(term.codes[kept], return_inverse=True)[1]) for term in rows.terms)
        terms = tuple(replace(term, n_levels=int(term.codes.max()) + 1) for term in terms)
        rows = replace(rows, X=rows.X[kept], y=rows.y[kept], terms=terms)
    ratios = moment_ratios(form_gram(rows))
    assert ratios is not None
    np.testing.assert_allclose(ratios, expected(rows), rtol=1e-8)


def test_vector_terms_have_no_moments() -> None:
    assert moment_ratios(form_gram(make_rows("crossed", weights=False))) is None


@pytest.mark.parametrize("seed", range(5))
def test_both_scans_lead_to_the_same_minimum(seed: int) -> None:
    rows = crossed((0.6, 0.3), seed)
    gram = form_gram(rows)
    criterion, found = Criterion(elimination_engine(gram), True), families(rows)
    ratios = moment_ratios(gram)
    assert ratios is not None
    pairs = list(zip(found, ratios, strict=True))
    whole = search(criterion.at, lambda c: Points.multiple(found, c), multiples=SCAN)
    near = search(criterion.at, lambda c: Points(f.multiple(c * r) for f, r in pairs), multiples=COARSE_SCAN)
    assert near.best.at.value == pytest.approx(whole.best.at.value, abs=1e-9)
    assert near.evaluations <= whole.evaluations
