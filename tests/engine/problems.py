"""Generated rows of every shape that the engines distinguish."""

from __future__ import annotations

import numpy as np

from pylmer.engine.covariance.family import CovarianceFamily, covariance_family
from pylmer.engine.covariance.points import Points
from pylmer.engine.sums.rows import Rows, TermRows

KINDS = (
    "one scalar",
    "one vector",
    "two terms on one factor",
    "nested",
    "nested, wide above",
    "nested three deep",
    "crossed",
    "crossed three, one term hom",
    "crossed scalars",
    "chain beside crossed",
    "chain of scalars beside crossed",
    "chain, wide above, beside crossed",
    "cs and ar1",
    "no fixed effects",
)


def make_rows(kind: str, *, weights: bool, seed: int = 1, n: int = 140) -> Rows:
    rng = np.random.default_rng(seed)
    x, z = rng.normal(size=n) * 5 + 3, rng.normal(size=n)
    X = np.column_stack([np.ones(n), x])
    a, b = np.arange(n) % 12, rng.integers(0, 7, n)
    b[:7] = np.arange(7)
    above = a // 3
    Z2, Z3 = np.column_stack([np.ones(n), x]), np.column_stack([np.ones(n), x, z])

    def term(codes, J, Z, factor, structure="us", hom=False):  # type: ignore[no-untyped-def]
        return TermRows(codes.astype(np.int64), J, Z, factor, structure, hom)

    terms = {
        "one scalar": [term(a, 12, None, 0)],
        "one vector": [term(a, 12, Z2, 0)],
        "two terms on one factor": [term(a, 12, Z2, 0), term(a, 12, z[:, None], 0)],
        "nested": [term(a, 12, Z3, 0), term(above, 4, Z2, 1)],
        "nested, wide above": [term(above, 4, np.column_stack([Z3, z**2]), 1), term(a, 12, None, 0)],
        "nested three deep": [term(a, 12, Z2, 0), term(above, 4, None, 1), term(above // 2, 2, Z2, 2, "diag")],
        "crossed": [term(a, 12, Z2, 0), term(b, 7, Z3, 1)],
        "crossed three, one term hom": [
            term(a, 12, None, 0),
            term(b, 7, Z2, 1, "diag", True),
            term(above, 4, None, 2),
        ],
        "crossed scalars": [term(b, 7, None, 1), term(a, 12, z[:, None], 0), term(above, 4, None, 2)],
        "chain beside crossed": [
            term(b, 7, None, 3),
            term(a, 12, Z2, 0),
            term(above, 4, Z3, 1),
            term(above // 2, 2, None, 2),
        ],
        "chain of scalars beside crossed": [
            term(a, 12, None, 0),
            term(above, 4, z[:, None], 1),
            term(above // 2, 2, None, 2),
            term(b % 2, 2, None, 3),
            term(b // 3, 3, None, 4),
        ],
        "chain, wide above, beside crossed": [
            term(b, 7, None, 2),
            term(b // 4, 2, z[:, None], 3, "diag"),
            term(a, 12, None, 0),
            term(above, 4, np.column_stack([Z3, z**2]), 1),
        ],
        "cs and ar1": [term(a, 12, Z3, 0, "cs"), term(b, 7, Z3, 1, "ar1", True)],
        "no fixed effects": [term(a, 12, Z2, 0)],
    }[kind]
    y = rng.normal(size=n) * 2 + 10 + rng.normal(size=12)[a] * 2 + rng.normal(size=12)[a] * 0.3 * x
    X = X[:, :0] if kind == "no fixed effects" else X
    return Rows(X, y, rng.uniform(0.5, 2, n) if weights else None, tuple(terms))


def families(rows: Rows) -> tuple[CovarianceFamily, ...]:
    return tuple(covariance_family(t.structure, t.width, t.hom) for t in rows.terms)


def random_points(rows: Rows, *, singular: bool, seed: int = 2) -> Points:
    rng = np.random.default_rng(seed)
    points = []
    for family in families(rows):
        point = family.multiple(0.7)
        point = point.moved(rng.normal(size=family.size) * 0.4)
        points.append(point.zeroed(0.5) if singular else point)
    return Points(points)
