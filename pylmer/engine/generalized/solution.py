"""Where the criterion of a generalized linear mixed model is smallest, and what is known there."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ...errors import NumericalError
from ...families import Family
from ...numerics.linalg import Array, block_diagonal, symmetric
from ...numerics.unlocked import cached_property
from ..covariance.points import Points
from ..factorization.blocked import EliminationFactorization
from ..optimize.certificate import Certificate
from .joint_newton import JointDescent
from .laplace import LaplaceAt
from .many.criteria import solvable
from .many.hessian import hessian_at
from .profiled_beta import ProfiledAt
from .proof import observed_information
from .quadrature import QuadratureAt
from .user import At, GeneralizedDevfun


@dataclass(frozen=True, eq=False)
class GeneralizedOptimum:
    """The optimum of `fit_generalized`. Random terms in the order of the rows' terms, all in the user's units.

    devfun       the criterion, in the user's coordinates
    at           the criterion at the optimum: what other evaluations begin at (`devfun.at(x, near=optimum.at)`)
    converged    whether the descent ended by itself; message says what it did if not
    evaluations  full evaluations (value, score, information) of all descents; gradients, of differences, besides
    passes       passes over the rows, the start's among them
    certificate  the conditions of a local minimum, measured
    descent      the last descent, with the information it gathered
    found_by     the name of the optimizer
    """

    devfun: GeneralizedDevfun
    at: At
    converged: bool
    message: str
    evaluations: int
    gradients: int
    passes: int
    certificate: Certificate
    trace: tuple[float, ...]
    descent: JointDescent[At]
    found_by: str = "newton"

    # --- estimates ---

    @property
    def laplace(self) -> LaplaceAt:
        """The modes, and all that stands on them."""
        return self.at.laplace if isinstance(self.at, QuadratureAt) else self.at

    @property
    def optimizer(self) -> str:
        """What found it."""
        return self.found_by

    @property
    def value(self) -> float:
        """The criterion: -2 log of the approximate likelihood, or lme4's with a scale."""
        return self.at.value

    @property
    def estimated(self) -> bool:
        """Whether this is a minimum; parameters may be given instead."""
        return True

    @property
    def points(self) -> Points:
        """The covariances, one point per term, in scaled coordinates."""
        return self.at.place.points

    @property
    def x(self) -> Array:
        """(par, beta, log theta of an estimated shape), see `GeneralizedDevfun`."""
        return self.devfun.coordinates(self.at)

    @property
    def par(self) -> Array:
        """lme4's free parameters of the covariances (k,)."""
        return self.x[: self.devfun.k]

    @cached_property
    def beta(self) -> Array:
        """Fixed effects (p,)."""
        scaled = self.at.beta if isinstance(self.at, ProfiledAt) else self.at.place.beta
        return self.devfun.structure.scaling.inverse @ scaled

    @cached_property
    def _templates(self) -> list[tuple[Array, Array]]:
        terms = zip(self.devfun.covariances, self.points, self.devfun.structure.scaling.R_terms, strict=True)
        return [covariance.factor(point, R) for covariance, point, R in terms]

    @property
    def T(self) -> tuple[Array, ...]:
        """Per term, the lower-triangular template (l, l): Sigma = sigma^2 T T'."""
        return tuple(T for T, _ in self._templates)

    @property
    def theta(self) -> Array:
        """lme4's theta."""
        return np.concatenate([c.theta(T) for c, T in zip(self.devfun.covariances, self.T, strict=True)])

    @property
    def family(self) -> Family:
        """The family, a negative binomial with its theta."""
        return self.laplace.responses.family

    @property
    def u_terms(self) -> tuple[Array, ...]:
        """Per term, spherical conditional modes (J, l)."""
        where = [self.devfun.structure.place[i] for i in range(len(self.points))]
        u = self.laplace.modes.u
        return tuple(u[f][:, here] @ Q for (f, here), (_, Q) in zip(where, self._templates, strict=True))

    @property
    def b_terms(self) -> tuple[Array, ...]:
        """Per term, conditional modes (J, l)."""
        structure = self.devfun.structure
        where = [structure.place[i] for i in range(len(self.points))]
        b = self.laplace.modes.b
        return tuple(b[f][:, at] @ R.T for (f, at), R in zip(where, structure.scaling.inverse_terms, strict=True))

    @property
    def eta(self) -> Array:
        """Linear predictor at the modes, offset included (n,)."""
        return self.laplace.modes.rows.eta

    @property
    def fixed_predictor(self) -> Array:
        """offset + X beta (n,)."""
        return self.laplace.modes.fixed

    @property
    def mu(self) -> Array:
        """h(eta) (n,)."""
        return self.family.mu(self.eta)

    @property
    def working_weights(self) -> Array:
        """W (n,), the expected information."""
        return self.laplace.modes.rows.W

    @property
    def deviance(self) -> float:
        """Sum of the deviance residuals at the modes."""
        return self.laplace.modes.rows.D

    @property
    def penalty(self) -> float:
        """|u|^2."""
        return self.laplace.modes.penalty

    @property
    def pearson(self) -> float:
        """Pearson's chi-square, sum w (y - mu)^2 / V."""
        r = self.laplace.responses
        used = r.weights > 0
        mu, y, w = self.mu[used], r.y[used], r.weights[used]
        return float(np.sum(w * (y - mu) ** 2 / self.family.variance(mu)))

    @property
    def phi(self) -> float:
        """The scale of the criterion: 1 without one."""
        return self.at.phi

    @property
    def sigma(self) -> float:
        """1 without a scale, sqrt(phi) in the exact criterion, lme4's sqrt((Pearson + |u|^2) / n) in lme4's."""
        scale = self.devfun.laplace.scale
        if scale == "lme4":
            return float(np.sqrt((self.pearson + self.penalty) / self.devfun.structure.n))
        return float(np.sqrt(self.phi)) if scale == "exact" else 1.0

    @property
    def logdet_V(self) -> float:
        """log|I + T'Z'AZT|."""
        return self.laplace.factorization.logdet_V

    @property
    def singular(self) -> bool:
        """Whether some covariance has lost a direction."""
        return self.points.singular()

    # --- what is uncertain ---

    @property
    def factorization(self) -> EliminationFactorization:
        """V = A^-1 + Z Sigma Z' at the optimum, A the weights of the criterion; scaled coordinates."""
        return self.laplace.factorization

    @cached_property
    def expected_factorization(self) -> EliminationFactorization:
        """The same with the expected information W, as lme4 has it."""
        at = self.laplace
        if not at.criterion.observed or at.responses.family.canonical:
            return at.factorization
        engine = at.criterion.structure.filled(at.modes.rows.W)
        return engine.factorize(at.place.templates())

    @cached_property
    def hessian(self) -> Array:
        """d's Hessian in the local coordinates of `at`, by central differences of the exact gradient."""
        if isinstance(self.at, LaplaceAt) and solvable(self.devfun):
            return hessian_at(self.devfun, self.at)
        return observed_information(self.at)

    @cached_property
    def free_covariance(self) -> Array:
        """2 H^-1 in the local coordinates that are free; NumericalError if H is not positive definite."""
        free = self.at.place.free
        H = self.hessian[np.ix_(free, free)]
        values, vectors = np.linalg.eigh(H)
        if len(values) and values[0] <= 0:
            raise NumericalError(
                f"the Hessian is not positive definite (smallest eigenvalue {values[0]:.3g}): "
                "standard errors from it do not exist; use_hessian=False gives those at fixed variances"
            )
        return np.asarray(2.0 * (vectors / values) @ vectors.T)

    @cached_property
    def vcov(self) -> Array:
        """Covariance of beta from the Hessian over (Sigma, beta), vanished directions held (p, p); where beta is
        profiled (nAGQ = 0), that at fixed variances. NumericalError if the Hessian is not positive definite."""
        if not self.devfun.p:
            return self.vcov_rx
        free, C = self.at.place.free, self.free_covariance
        k = self.at.place.k
        where = np.cumsum(free)[k : k + self.devfun.p] - 1
        back = self.devfun.structure.scaling.inverse
        return symmetric(back @ C[np.ix_(where, where)] @ back.T)

    @cached_property
    def vcov_x(self) -> Array:
        """Covariance of x = (par, beta, log theta), NaN where a direction has vanished."""
        if not self.at.place.free.all():
            return np.full((self.devfun.size,) * 2, np.nan)
        back = np.linalg.inv(self.devfun.jacobian(self.at.place))
        return symmetric(back @ self.free_covariance @ back.T)

    @cached_property
    def vcov_rx(self) -> Array:
        """sigma^2 (X'V^-1X)^-1 with the expected information: beta at fixed variances (lme4's use.hessian=FALSE)."""
        f = self.expected_factorization
        XVX = symmetric(f.reduced_Xy[:-1, :-1])
        back = self.devfun.structure.scaling.inverse
        return symmetric(self.sigma**2 * back @ np.linalg.inv(XVX) @ back.T)

    @cached_property
    def cond_var(self) -> dict[int, Array]:
        """Per grouping factor (numbered as in the terms), conditional variances of the modes given beta and theta,
        sigma^2 included (J, L, L); L columns of all terms on the factor, in order."""
        structure = self.devfun.structure
        m = structure.p + 1
        out = {}
        for sums, E in zip(structure.factors, self.factorization.selected_inverse(np.zeros((m, m)))[1], strict=True):
            back = block_diagonal(structure.scaling.inverse_terms[i] for i in sums.terms)
            out[sums.number] = self.sigma**2 * (back @ E @ back.T)
        return out
