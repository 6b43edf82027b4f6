"""The clusters of a fit for `sandwich`: which rows they are, and their X, weights and working covariance."""

from __future__ import annotations

from collections.abc import Iterator
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
from ...numerics.linalg import Array, cholesky, dense
from .sandwich import Cluster, reduced

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


def clusters_of(fit: Fit, codes: Array) -> tuple[list[Cluster], Array]:
    """The clusters in order of their codes, and C (p, p) with C C' = (X'WX)^-1."""
    made = _linear(fit, codes) if isinstance(fit, LinearFit) else _mixed(fit, codes)
    return list(made[0]), made[1]


def _ordered(codes: Array) -> tuple[Array, list[slice]]:
    """Positions of the rows, cluster by cluster, and where each cluster is among them."""
    ends = np.cumsum(np.bincount(codes)).tolist()
    return np.argsort(codes, kind="stable"), list(map(slice, [0, *ends[:-1]], ends))


def _mixed(fit: FittedModel, codes: Array) -> tuple[Iterator[Cluster], Array]:
    """Phi = W^-1 + Z Lambda Lambda' Z' within each cluster, W = Phi^-1."""
    rows, C, (order, places) = fit.rows, cholesky(fit.solution.Phi), _ordered(codes)
    ZL, X = sparse.csr_array(Zt(fit).T @ Lambda(fit))[order], dense(rows.X)[order] @ C
    e = (rows.y - np.asarray(rows.X @ fit.beta, float) - (0.0 if rows.offset is None else rows.offset))[order]
    weights = None if rows.weights is None else rows.weights[order]
    found = (_mixed_cluster(X[at], _columns(ZL, at), e[at], None if weights is None else weights[at]) for at in places)
    return found, C


def _columns(ZL: Any, at: slice) -> Array:
    """The columns that have entries in some rows of a sparse matrix, dense (rows, k)."""
    starts = ZL.indptr[at.start : at.stop + 1]
    entries = slice(starts[0], starts[-1])
    columns, place = np.unique(ZL.indices[entries], return_inverse=True)
    out = np.zeros((at.stop - at.start, len(columns)))
    out[np.repeat(np.arange(len(out)), np.diff(starts)), place] = ZL.data[entries]
    return out


def _mixed_cluster(X: Array, Z: Array, e: Array, weights: Array | None) -> Cluster:
    if weights is None:  # what is orthogonal to Z and X has the covariance I and meets nothing
        whole = reduced(np.column_stack([Z, X, e]))
        Z, X, e = whole[:, : Z.shape[1]], whole[:, Z.shape[1] : -1], whole[:, -1]
    Phi = Z @ Z.T + np.diag(np.ones(len(e)) if weights is None else 1 / weights)
    return Cluster(X, np.linalg.solve(Phi, X), Phi, e)


def _linear(fit: LinearFit, codes: Array) -> tuple[Iterator[Cluster], Array]:
    """Phi = I, independent rows of equal variance, and W the prior weights."""
    C = cholesky(fit.solution.unscaled)
    X, e = dense(fit.rows.X) @ C, fit.solution.residuals
    weights = np.ones(len(e)) if fit.rows.weights is None else fit.rows.weights
    order, places = _ordered(codes)
    X, e, weights = X[order], e[order], weights[order]
    return (_linear_cluster(X[at], weights[at, None] * X[at], e[at]) for at in places), C


def _linear_cluster(X: Array, WX: Array, e: Array) -> Cluster:
    p, whole = X.shape[1], reduced(np.column_stack([X, WX, e]))
    return Cluster(whole[:, :p], whole[:, p:-1], np.eye(len(whole)), whole[:, -1])
