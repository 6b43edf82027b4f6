"""The oracle: criteria of generalized linear mixed models from their definitions, in plain numpy on n x q arrays.

Nothing is shared with pylmer: links and variances by their own formulas, densities from scipy.stats, Z and Lambda
formed, modes by Newton on all random effects at once, quadrature one group at a time.
"""

from __future__ import annotations

import itertools

import numpy as np
from scipy import optimize, special, stats

SCALED = ("Gamma", "inverse.gaussian", "gaussian")


def inverse_link(link, eta):
    """h, h', h'' at eta."""
    if link == "logit":
        mu = 1 / (1 + np.exp(-eta))
        return mu, mu * (1 - mu), mu * (1 - mu) * (1 - 2 * mu)
    if link == "probit":
        d = stats.norm.pdf(eta)
        return stats.norm.cdf(eta), d, -eta * d
    if link == "cloglog":
        d = np.exp(eta - np.exp(eta))
        return 1 - np.exp(-np.exp(eta)), d, d * (1 - np.exp(eta))
    if link == "cauchit":
        return 0.5 + np.arctan(eta) / np.pi, 1 / (np.pi * (1 + eta**2)), -2 * eta / (np.pi * (1 + eta**2) ** 2)
    if link == "log":
        return np.exp(eta), np.exp(eta), np.exp(eta)
    power = {"identity": 1.0, "sqrt": 2.0, "inverse": -1.0, "1/mu^2": -0.5}[link]
    return eta**power, power * eta ** (power - 1), power * (power - 1) * eta ** (power - 2)


def variance(family, mu, shape):
    """V, V' at mu."""
    return {
        "binomial": lambda: (mu * (1 - mu), 1 - 2 * mu),
        "poisson": lambda: (mu, np.ones_like(mu)),
        "Gamma": lambda: (mu**2, 2 * mu),
        "inverse.gaussian": lambda: (mu**3, 3 * mu**2),
        "gaussian": lambda: (np.ones_like(mu), np.zeros_like(mu)),
        "negative.binomial": lambda: (mu + mu**2 / shape, 1 + 2 * mu / shape),
    }[family]()


def minus2loglik(family, y, w, mu, phi, shape):
    """-2 log f."""
    if family == "binomial":
        return -2 * np.sum(stats.binom.logpmf(np.round(w * y), np.round(w).astype(int), mu))
    if family == "poisson":
        return -2 * np.sum(w * stats.poisson.logpmf(y, mu))
    if family == "negative.binomial":
        return -2 * np.sum(w * stats.nbinom.logpmf(y, shape, shape / (shape + mu)))
    if family == "Gamma":
        return -2 * np.sum(stats.gamma.logpdf(y, w / phi, scale=mu * phi / w))
    if family == "inverse.gaussian":
        return np.sum(np.log(2 * np.pi * phi * y**3 / w) + w * (y - mu) ** 2 / (phi * mu**2 * y))
    return -2 * np.sum(stats.norm.logpdf(y, mu, np.sqrt(phi / w)))


def deviance(family, y, w, mu, shape):
    """Deviance residuals, squared (n,)."""
    if family == "binomial":
        return 2 * w * (special.xlogy(y, y / mu) + special.xlogy(1 - y, (1 - y) / (1 - mu)))
    if family == "poisson":
        return 2 * w * (special.xlogy(y, y / mu) - (y - mu))
    if family == "negative.binomial":
        return 2 * w * (special.xlogy(y, y / mu) - (y + shape) * np.log((y + shape) / (mu + shape)))
    if family == "Gamma":
        return 2 * w * (-np.log(y / mu) + (y - mu) / mu)
    if family == "inverse.gaussian":
        return w * (y - mu) ** 2 / (y * mu**2)
    return w * (y - mu) ** 2


class Plain:
    """One model: X, Z per term (n, l), codes per term; family and link by name."""

    def __init__(self, X, y, w, offset, terms, family, link):
        self.X, self.y, self.w, self.offset, self.terms = X, y, w, offset, terms
        self.family, self.link = family, link
        blocks = []
        for codes, J, Z in terms:
            block = np.zeros((len(y), J * Z.shape[1]))
            for a in range(Z.shape[1]):
                block[np.arange(len(y)), codes * Z.shape[1] + a] = Z[:, a]
            blocks.append(block)
        self.Z = np.hstack(blocks)

    def Lambda(self, T):
        """Templates (l, l) per term -> (q, q)."""
        parts = [np.kron(np.eye(J), t) for (_, J, _), t in zip(self.terms, T, strict=True)]
        out = np.zeros((self.Z.shape[1],) * 2)
        at = 0
        for part in parts:
            out[at : at + len(part), at : at + len(part)] = part
            at += len(part)
        return out

    def rows(self, eta, shape):
        """g, W, O (n,)."""
        h, h1, h2 = inverse_link(self.link, eta)
        V, V1 = variance(self.family, h, shape)
        r, r1 = h1 / V, h2 / V - h1**2 * V1 / V**2
        return -self.w * (self.y - h) * r, self.w * h1 * r, self.w * (h1 * r - (self.y - h) * r1)

    def penalized(self, ZL, fixed, u, shape):
        """D + |u|^2, infinite outside of the domain."""
        with np.errstate(all="ignore"):
            eta = fixed + ZL @ u
            mu = inverse_link(self.link, eta)[0]
            inside = self.family == "gaussian" or (np.all(mu > 0) and (self.family != "binomial" or np.all(mu < 1)))
            if self.link in ("inverse", "1/mu^2", "identity") and self.family != "gaussian":
                inside = inside and bool(np.all(eta > 0))
            value = np.sum(deviance(self.family, self.y, self.w, mu, shape)) + u @ u
        return value if inside and np.isfinite(value) else np.inf

    def modes(self, T, beta, shape=1.0):
        """u (q,) to rounding."""
        ZL, fixed = self.Z @ self.Lambda(T), self.offset + self.X @ beta
        u = np.zeros(ZL.shape[1])
        for _ in range(100):
            g, W, O = self.rows(fixed + ZL @ u, shape)  # noqa: E741
            H = np.eye(len(u)) + ZL.T @ (ZL * O[:, None])
            if np.linalg.eigvalsh(H)[0] <= 0:
                H = np.eye(len(u)) + ZL.T @ (ZL * W[:, None])
            step = -np.linalg.solve(H, ZL.T @ g + u)
            share, now = 1.0, self.penalized(ZL, fixed, u, shape)
            while self.penalized(ZL, fixed, u + share * step, shape) > now + 1e-12 * abs(now) and share > 1e-10:
                share /= 2
            u = u + share * step
            if np.max(np.abs(step)) < 1e-13 * max(1.0, np.max(np.abs(u))):
                break
        return u

    def joint_modes(self, T, shape=1.0):
        """(beta, u) that minimize D + |u|^2."""
        ZL = self.Z @ self.Lambda(T)

        def profile(beta):
            return self.penalized(ZL, self.offset + self.X @ beta, self.modes(T, beta, shape), shape)

        p = self.X.shape[1]
        beta = np.linalg.lstsq(self.X, self._start() - self.offset, rcond=None)[0]
        for _ in range(60):
            u = self.modes(T, beta, shape)
            g, _, O = self.rows(self.offset + self.X @ beta + ZL @ u, shape)  # noqa: E741
            full = np.hstack([self.X, ZL])
            H = full.T @ (full * O[:, None])
            H[p:, p:] += np.eye(len(u))
            step = -np.linalg.solve(H, np.append(self.X.T @ g, ZL.T @ g + u))[:p]
            share, now = 1.0, profile(beta)
            while profile(beta + share * step) > now + 1e-12 * abs(now) and share > 1e-8:
                share /= 2
            beta = beta + share * step
            if np.max(np.abs(step)) < 1e-12:
                break
        return beta, self.modes(T, beta, shape)

    def _start(self):
        """eta of the mean response in every row."""
        mean = np.average(self.y, weights=self.w)
        low, high = (1e-6, 1e4) if self.link in ("identity", "sqrt", "inverse", "1/mu^2") else (-8.0, 8.0)
        if (self.family, self.link) == ("binomial", "log"):
            low, high = -20.0, -1e-9
        eta = optimize.brentq(lambda each: inverse_link(self.link, np.array([each]))[0][0] - mean, low, high)
        return np.full(len(self.y), eta)

    def laplace(self, T, beta, kind, shape=1.0, u=None):
        """kind: fisher, observed; lme4 (scale, Fisher weights), exact (scale, observed)."""
        u = self.modes(T, beta, shape) if u is None else u
        ZL = self.Z @ self.Lambda(T)
        eta = self.offset + self.X @ beta + ZL @ u
        _, W, O = self.rows(eta, shape)  # noqa: E741
        A = W if kind in ("fisher", "lme4") else O
        sign, logdet = np.linalg.slogdet(np.eye(len(u)) + ZL.T @ (ZL * A[:, None]))
        assert sign > 0
        mu = inverse_link(self.link, eta)[0]
        if kind in ("fisher", "observed"):
            return minus2loglik(self.family, self.y, self.w, mu, 1.0, shape) + u @ u + logdet
        if kind == "lme4":
            return self.aic_r(mu) + u @ u + logdet

        def profile(log_phi):
            phi = np.exp(log_phi)
            return minus2loglik(self.family, self.y, self.w, mu, phi, shape) + u @ u / phi

        start = np.log((np.sum(deviance(self.family, self.y, self.w, mu, shape)) + u @ u) / len(self.y))
        best = optimize.minimize_scalar(profile, bracket=(start - 0.5, start + 0.5), tol=1e-10)
        return best.fun + logdet

    def aic_r(self, mu):
        """family()$aic of R as its help and print give it, phi = D / sum w."""
        D, w = np.sum(deviance(self.family, self.y, self.w, mu, 1.0)), self.w
        if self.family == "Gamma":
            phi = D / np.sum(w)
            return -2 * np.sum(w * stats.gamma.logpdf(self.y, 1 / phi, scale=mu * phi)) + 2
        if self.family == "gaussian":
            return len(w) * (np.log(2 * np.pi * D / len(w)) + 1) + 2 - np.sum(np.log(w))
        return np.sum(w) * (np.log(D / np.sum(w) * 2 * np.pi) + 1) + 3 * np.sum(np.log(self.y) * w) + 2

    def fast(self, T, kind, shape=1.0):
        """nAGQ = 0."""
        beta, u = self.joint_modes(T, shape)
        return self.laplace(T, beta, kind, shape, u)

    def quadrature(self, T, beta, count, shape=1.0, phi=1.0):
        """Adaptive quadrature for the terms of one factor, one group at a time; T lower triangular. Weights are
        Fisher's without a scale and observed with one, where phi is given."""
        x, weights = np.polynomial.hermite.hermgauss(count)
        codes, J, _ = self.terms[0]
        widths = [Z.shape[1] for _, _, Z in self.terms]
        L = sum(widths)
        template = np.zeros((L, L))
        at = 0
        for t in T:
            template[at : at + len(t), at : at + len(t)] = t
            at += len(t)
        Zs = np.hstack([Z for _, _, Z in self.terms])
        total = 0.0
        for j in range(J):
            one = codes == j
            group = Plain(
                self.X[one],
                self.y[one],
                self.w[one],
                self.offset[one],
                [(np.zeros(one.sum(), int), 1, Zs[one])],
                self.family,
                self.link,
            )
            u = group.modes([template], beta, shape)
            ZL, fixed = Zs[one] @ template, group.offset + group.X @ beta
            W = group.rows(fixed + ZL @ u, shape)[1 + (self.family in SCALED)]
            C = np.linalg.cholesky(np.eye(L) + ZL.T @ (ZL * W[:, None]))
            integral = 0.0
            for k in itertools.product(range(count), repeat=L):
                node = x[list(k)]
                h = group.penalized(ZL, fixed, u + np.sqrt(2 * phi) * np.linalg.solve(C.T, node), shape)
                integral += np.prod(weights[list(k)]) * np.exp(node @ node - 0.5 * h / phi)
            total += -2 * np.log(integral * np.pi ** (-L / 2) / np.prod(np.diag(C)))
        mu = np.where(self.y > 0, self.y, 1e-300)
        mu = np.where(self.y < 1, mu, 1 - 1e-16) if self.family == "binomial" else mu
        saturated = minus2loglik(self.family, self.y, self.w, mu, phi, shape) - np.sum(
            deviance(self.family, self.y, self.w, mu, shape) / phi
        )
        return total + saturated
