"""The clusters of a fit for `sandwich`: which rows they are, and their X, weights and working covariance."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import sparse

from ...errors import ArgumentError, DataError
from ...extract.system import Lambda, Zt
from ...fit.fitted_model import FittedModel
from ...fit.linear.regression import LinearFit
from ...functions import RefusedError, Value, as_factor, read_columns, vector_among
from ...functions.series import value_of
from ...functions.values import length, missing, take
from ...language import known_as
from ...language.suggest import did_you_mean
from ...numerics.linalg import Array, cholesky, chunks, dense, sorted_by, transposed
from .sandwich import CELLS, Clusters, reduced

Fit = FittedModel | LinearFit


def cluster_codes(fit: Fit, cluster: Any) -> tuple[Array, str | None]:
    """The cluster (n,) of each row used, 0..m-1, and its name if it has one.

    `cluster` is a grouping factor, a column of the data, a vector with a value for each row used or each row of the
    data (a Series goes by its labels), or None for the grouping factor within which all others are nested.
    ArgumentError where there is none.
    """
    if cluster is None:
        return _highest(fit)
    if isinstance(cluster, str):
        for term in fit.rows.random:
            if term.group == known_as(cluster, [term.group]):
                return _checked(fit, term.codes, term.group), term.group
        name, column = _column(fit, cluster)
        return _checked(fit, _codes(fit, column, f"cluster {name!r}"), name), name
    value = value_of(vector_among(cluster, fit.rows.labels, "cluster="), "cluster=")
    return _checked(fit, _codes(fit, value, "cluster="), "cluster="), None


def _highest(fit: Fit) -> tuple[Array, str]:
    groups = {term.group: term.codes for term in fit.rows.random}
    if not groups:
        raise ArgumentError("an lm() has no grouping factor: name the clusters, cluster='...'")
    name = min(groups, key=lambda group: int(groups[group].max()))
    inside = [group for group in groups if not nested(groups[group], groups[name])]
    if inside:
        raise ArgumentError(
            f"the random effects are not nested: {inside[0]!r} is not nested in {name!r}, so there is no clustering "
            "within which all dependence lies; vcovCR() needs nested grouping factors, or a cluster= above all of them"
        )
    return groups[name], name


def nested(inner: Array, outer: Array) -> bool:
    """Whether every level of `inner` occurs with one level of `outer`, both codes (n,)."""
    first = np.zeros(int(inner.max()) + 1, dtype=np.int64)
    first[inner] = outer
    return bool(np.array_equal(first[inner], outer))


def _checked(fit: Fit, codes: Array, name: str) -> Array:
    for term in fit.rows.random:
        if not nested(term.codes, codes):
            raise ArgumentError(
                f"the random effects are not nested in the clusters: levels of {term.group!r} occur in several "
                f"clusters of {name!r}; the clusters must be at the level of the highest grouping factor or above"
            )
    return codes


def _column(fit: Fit, name: str) -> tuple[str, Value]:
    """The column of this name, with or without backticks."""
    data = fit.request.data
    columns = read_columns(data) if data is not None else {}
    meant = known_as(name, columns)
    if meant is None or meant not in columns:
        known = [*dict.fromkeys(term.group for term in fit.design.random), *columns]
        raise ArgumentError(f"cluster={name!r} is neither a grouping factor nor a column{did_you_mean(name, known)}")
    return meant, columns[meant]


def _codes(fit: Fit, value: Value, what: str) -> Array:
    design, positions = fit.design, fit.rows.used.positions
    if length(value) == design.n_total and positions is not None:
        value = take(value, positions)
    if length(value) != design.n:
        rows = f"{design.n} rows" if design.n == design.n_total else f"{design.n} rows used of {design.n_total}"
        raise DataError(f"{what} has {length(value)} values; the fit has {rows}")
    if missing(value) is not None:
        raise DataError(f"{what} has missing values: each row needs its cluster")
    try:
        codes = as_factor(value).codes
    except RefusedError as refused:
        raise DataError(f"{what}: {refused}") from None
    return np.unique(codes, return_inverse=True)[1].reshape(-1)


def clusters_of(fit: Fit, codes: Array) -> tuple[list[Clusters], Array]:
    """The clusters, those with as many directions in one stack, and C (p, p) with C C' = (X'WX)^-1."""
    found, C = _linear(fit, codes) if isinstance(fit, LinearFit) else _mixed(fit, codes)
    by_directions: dict[int, list[Clusters]] = {}
    for some in found:
        by_directions.setdefault(some.X.shape[1], []).append(some)
    return [_joined(same) for same in by_directions.values()], C


def _joined(same: list[Clusters]) -> Clusters:
    """Clusters with as many directions, side by side."""
    if len(same) == 1:
        return same[0]
    parts = ([getattr(each, name) for each in same] for name in ("X", "WX", "Phi", "e"))
    return Clusters(*map(np.concatenate, parts))


def _alike(codes: Array, widths: Array, p: int) -> Iterator[tuple[Array, Array]]:
    """Clusters (k,) with as many rows and as many random effects, `widths` (m,), and their rows: (k, n_c)."""
    order, sizes = sorted_by(codes, len(widths)), np.bincount(codes, minlength=len(widths))
    starts = np.cumsum(sizes) - sizes
    for size, width in np.unique(np.stack([sizes, widths], axis=1), axis=0).tolist():
        same = np.flatnonzero((sizes == size) & (widths == width))
        for at in chunks(len(same), max(1, CELLS // (size * (width + 2 * p + 1)))):
            yield same[at], order[starts[same[at], None] + np.arange(size)]


def _mixed(fit: FittedModel, codes: Array) -> tuple[Iterator[Clusters], Array]:
    """Phi = W^-1 + Z Lambda Lambda' Z' within each cluster, W = Phi^-1."""
    rows, C = fit.rows, cholesky(fit.solution.Phi)
    X, e = dense(rows.X), rows.y - np.asarray(rows.X @ fit.beta, float) - (0.0 if rows.offset is None else rows.offset)
    Z = RandomColumns.of(sparse.csr_array(Zt(fit).T @ Lambda(fit)), codes)
    found = (
        _mixed_clusters(X[at] @ C, Z.dense(some, at), e[at], None if rows.weights is None else rows.weights[at])
        for some, at in _alike(codes, Z.widths, len(C))
    )
    return found, C


@dataclass(frozen=True, eq=False)
class RandomColumns:
    """The columns of Z Lambda (n, q), each of which has entries in the rows of one cluster only.

    place (q,)  of each column among those of its cluster;  widths (m,) how many each cluster has
    """

    ZL: Any
    place: Array
    widths: Array

    @classmethod
    def of(cls, ZL: Any, codes: Array) -> RandomColumns:
        m, q = int(codes.max()) + 1, ZL.shape[1]
        cluster = np.full(q, m)
        cluster[ZL.indices] = np.repeat(codes, np.diff(ZL.indptr))
        sizes = np.bincount(cluster, minlength=m + 1)
        place = np.empty(q, dtype=np.int64)
        place[sorted_by(cluster, m + 1)] = np.arange(q) - np.repeat(np.cumsum(sizes) - sizes, sizes)
        return cls(ZL, place, sizes[:m])

    def dense(self, clusters: Array, at: Array) -> Array:
        """The columns of k `clusters` of one width in their rows `at` (k, n_c): (k, n_c, width)."""
        rows = self.ZL[at.reshape(-1)]
        out = np.zeros((at.size, int(self.widths[clusters[0]])))
        out[np.repeat(np.arange(at.size), np.diff(rows.indptr)), self.place[rows.indices]] = rows.data
        return out.reshape(*at.shape, -1)


def _mixed_clusters(X: Array, Z: Array, e: Array, weights: Array | None) -> Clusters:
    if weights is None:  # what is orthogonal to Z and X has the covariance I and meets nothing
        whole = reduced(np.concatenate([Z, X, e[:, :, None]], axis=2))
        Z, X, e = whole[:, :, : Z.shape[2]], whole[:, :, Z.shape[2] : -1], whole[:, :, -1]
    own = np.eye(e.shape[1]) if weights is None else np.eye(e.shape[1]) / weights[:, :, None]
    Phi = Z @ transposed(Z) + own
    return Clusters(X, np.linalg.solve(Phi, X), Phi, e)


def _linear(fit: LinearFit, codes: Array) -> tuple[Iterator[Clusters], Array]:
    """Phi = I, independent rows of equal variance, and W the prior weights."""
    C = cholesky(fit.solution.unscaled)
    X, e, weights = dense(fit.rows.X) @ C, fit.solution.residuals, fit.rows.weights
    none = np.zeros(int(codes.max()) + 1, dtype=np.int64)
    found = (
        _linear_clusters(X[at], X[at] if weights is None else weights[at, None] * X[at], e[at])
        for _, at in _alike(codes, none, len(C))
    )
    return found, C


def _linear_clusters(X: Array, WX: Array, e: Array) -> Clusters:
    p, whole = X.shape[2], reduced(np.concatenate([X, WX, e[:, :, None]], axis=2))
    k, r, _ = whole.shape
    return Clusters(whole[:, :, :p], whole[:, :, p:-1], np.broadcast_to(np.eye(r), (k, r, r)), whole[:, :, -1])
