"""Estimates at a point, brought back from the scaled coordinates to the user's."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..engine.covariance.covariances import Covariances
from ..engine.criterion.profiled import At
from ..numerics.linalg import Array, block_diagonal, seal
from ..numerics.stacks import congruent


@dataclass(frozen=True, eq=False)
class Solution:
    """All that a fit says, random terms in fitting order.

    T           per term, lower-triangular template (l, l): Sigma_i = sigma^2 T T'
    u_terms     per term, spherical conditional modes (J, l);  b_terms = u T' likewise
    beta        (p,);   Phi (p, p) = (X'V^-1X)^-1, so that vcov(beta) = sigma^2 Phi
    r2          penalized weighted residual sum of squares
    cond_var    per grouping factor (numbered as in the terms), conditional variances of b given beta, theta and
                sigma (J, L, L), times sigma^2; L columns of all terms on the factor, in order
    """

    T: tuple[Array, ...]
    u_terms: tuple[Array, ...]
    b_terms: tuple[Array, ...]
    theta: Array
    par: Array
    beta: Array
    sigma: float
    Phi: Array
    r2: float
    logdet_V: float
    logdet_XtVX: float
    criterion: float
    cond_var: dict[int, Array]

    def __post_init__(self) -> None:
        seal(self)


def solve(at: At, covariances: Covariances, numbers: Sequence[int]) -> Solution:
    """The estimates at `at`; `numbers` gives the grouping factor of each term."""
    gram, fixed = at.gram, at.factorization.fixed
    scaling = gram.scaling
    u, b, _ = at.factorization.modes(at.v[:, None])
    T, turns = zip(*covariances.factors(at.points), strict=True)
    inverse = scaling.inverse
    sigma = float(np.sqrt(at.s2))
    where = [gram.place[i] for i in range(len(T))]
    return Solution(
        T=T,
        u_terms=tuple(u[f][:, here, 0] @ Q for (f, here), Q in zip(where, turns, strict=True)),
        b_terms=tuple(b[f][:, here, 0] @ back.T for (f, here), back in zip(where, scaling.inverse_terms, strict=True)),
        theta=covariances.theta(T),
        par=covariances.par(at.points),
        beta=inverse @ fixed.beta + scaling.shift,
        sigma=sigma,
        Phi=inverse @ at.Phi @ inverse.T,
        r2=fixed.r2,
        logdet_V=fixed.logdet_V - gram.sum_log_weights,
        logdet_XtVX=fixed.logdet_XtVX + 2 * scaling.logdet_R,
        criterion=at.value,
        cond_var=_conditional_variances(at, numbers, sigma),
    )


def _conditional_variances(at: At, numbers: Sequence[int], sigma: float) -> dict[int, Array]:
    gram = at.gram
    zero = np.zeros((gram.p + 1, gram.p + 1))
    out = {}
    for sums, E in zip(gram.factors, at.factorization.selected_inverse(zero)[1], strict=True):
        back = block_diagonal(gram.scaling.inverse_terms[i] for i in sums.terms)
        out[numbers[sums.terms[0]]] = congruent(sigma * back.T, E)
    return out
