"""The mixed-model equations in lme4's factors: Z, Lambda, L, RZX, RX (Bates et al. 2015, section 3.4).

    [ L        0  ] [ L'  RZX ]   [ Lambda'Z'WZ Lambda + I   Lambda'Z'WX ]
    [ RZX'   RX'  ] [ 0    RX ] = [ X'WZ Lambda              X'WX        ]

Random effects are in the order of `fit.b`; nothing is permuted, so L and RZX differ from lme4's by its permutation.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from scipy import linalg, sparse

from ..design import Designed
from ..engine.covariance.covariances import Covariances
from ..engine.covariance.family import CovarianceFamily
from ..errors import ArgumentError
from ..fit.fitted_model import FittedModel
from ..numerics.linalg import Array, cholesky_of_one, dense, inverse_of_lower, solve_lower_columns

LARGEST = 10_000  # random effects up to which a dense q x q matrix is formed


class Templates(Protocol):
    """Estimates with a template per term."""

    @property
    def T(self) -> tuple[Array, ...]:
        """Lower triangular (l, l)."""


class Mixed(Designed, Protocol):
    """Any fit with random effects."""

    @property
    def solution(self) -> Templates:
        """Its estimates."""

    @property
    def covariances(self) -> Covariances:
        """What the covariances may be."""

    @property
    def b(self) -> Array:
        """Conditional modes (q,)."""


def Zt(fit: Designed) -> sparse.csr_array:
    """Z': (q, n), terms in fitting order, effects inside a level."""
    return sparse.csr_array(sparse.vstack([term.Zt for term in fit.rows.random]))


def Lambda(fit: Mixed) -> sparse.csc_array:
    """The relative covariance factor (q, q): one copy of T per level."""
    terms = zip(fit.design.random, fit.covariances.families, fit.solution.T, strict=True)
    blocks = [
        sparse.kron(sparse.eye_array(len(term.levels)), stored_entries(T, family), format="coo")
        for term, family, T in terms
    ]
    return sparse.csc_array(sparse.block_diag(blocks))


def stored_entries(T: Array, family: CovarianceFamily) -> sparse.coo_array:
    """T with the entries that its structure leaves free, also those that happen to be zero."""
    places = np.nonzero(family.theta_places >= 0)
    return sparse.coo_array((T[places], places), shape=T.shape)


@dataclass(frozen=True, eq=False)
class System:
    """Cholesky factors: L (q, q) lower, RZX (q, p), RX (p, p) upper."""

    L: Array
    RZX: Array
    RX: Array


def system(fit: FittedModel) -> System:
    """The factors at the fit; ArgumentError if they are too large to be formed densely."""
    return weighted_system(fit, np.ones(fit.design.n) if fit.rows.weights is None else fit.rows.weights)


def weighted_system(fit: Mixed, weights: Array) -> System:
    """The same under weights (n,)."""
    from ..numerics.threads import threads_for  # late: a page asks for no system

    q = len(fit.b)
    if q > LARGEST:
        raise ArgumentError(f"this needs a dense {q} x {q} matrix; it is formed up to {LARGEST} random effects")
    ZLt = Lambda(fit).T @ Zt(fit)
    weighted = sparse.csr_array(ZLt.multiply(weights[None, :]))
    X: Any = fit.rows.X
    WX = weights[:, None] * X if isinstance(X, np.ndarray) else X.multiply(weights[:, None])

    with threads_for(q):
        L = cholesky_of_one((weighted @ ZLt.T).toarray() + np.eye(q))
    ZX, XX = dense(weighted @ X), dense(X.T @ WX)
    RZX = solve_lower_columns(L, ZX)
    return System(L, RZX, np.asarray(linalg.cholesky(XX - RZX.T @ RZX)))


def RX(fit: FittedModel) -> Array:
    """Upper triangular (p, p) with RX'RX = X'V^-1 X: from (X'V^-1 X)^-1 = Phi, nothing of size q is formed."""
    return np.asarray(linalg.cholesky(np.linalg.inv(fit.solution.Phi)))


def joint_covariance(fit: FittedModel) -> Array:
    """Covariance of (b - b_hat, beta_hat - beta): (q + p, q + p)."""
    from ..numerics.threads import threads_for

    factors = system(fit)
    q, p = factors.RZX.shape
    lower = np.block([[factors.L, np.zeros((q, p))], [factors.RZX.T, factors.RX.T]])

    with threads_for(q):
        half = inverse_of_lower(lower)
        half[:, :q] = half[:, :q] @ Lambda(fit).T.toarray()
        return np.asarray(fit.sigma**2 * (half.T @ half))
