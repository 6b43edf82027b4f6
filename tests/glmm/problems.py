"""Generated generalized linear mixed models of every family, link and shape of random effects."""

from __future__ import annotations

import numpy as np

from pylmer import families
from pylmer.engine.covariance.family import covariance_family
from pylmer.engine.generalized.weighted import GlmRows
from pylmer.engine.sums.rows import TermRows

from .plain import Plain, inverse_link

FAMILIES = (
    ("binomial", "logit"),
    ("binomial", "probit"),
    ("binomial", "cloglog"),
    ("binomial", "cauchit"),
    ("binomial", "log"),
    ("poisson", "log"),
    ("poisson", "sqrt"),
    ("poisson", "identity"),
    ("negative.binomial", "log"),
    ("negative.binomial", "sqrt"),
    ("negative.binomial", "identity"),
    ("Gamma", "inverse"),
    ("Gamma", "log"),
    ("Gamma", "identity"),
    ("inverse.gaussian", "1/mu^2"),
    ("inverse.gaussian", "inverse"),
    ("inverse.gaussian", "log"),
    ("inverse.gaussian", "identity"),
    ("gaussian", "log"),
    ("gaussian", "inverse"),
)
SCALED = ("Gamma", "inverse.gaussian", "gaussian")
SHAPE = 2.5  # theta of the negative binomial
CENTRE = {  # of eta, and its spread: where each link has room on all sides
    "logit": (-0.4, 1.0),
    "probit": (-0.2, 0.6),
    "cloglog": (-0.5, 0.6),
    "cauchit": (-0.3, 0.8),
    "log": (0.8, 0.5),
    "sqrt": (2.5, 0.4),
    "identity": (6.0, 0.8),
    "inverse": (1.0, 0.12),
    "1/mu^2": (1.0, 0.12),
}
STRUCTURES = ("scalar", "slope", "diag", "nested", "crossed", "crossed slopes", "row effects")


def family_of(name, link, shape=SHAPE):
    """The family object of pylmer."""
    if name == "negative.binomial":
        return families.negative_binomial(shape, link)
    word = {"inverse.gaussian": "inverse_gaussian"}.get(name, name)
    return getattr(families, word)(link)


class Problem:
    """Rows and the oracle of one generated model, with a place (par, beta) near which to look."""

    def __init__(self, name, link, structure="scalar", seed=1, n=72):
        rng = np.random.default_rng([seed, len(name), len(link), STRUCTURES.index(structure)])
        x = rng.normal(size=n)
        X = np.column_stack([np.ones(n), x])
        a, b = np.arange(n) % 8, rng.integers(0, 5, n)
        b[:5] = np.arange(5)
        one, slope = np.ones((n, 1)), np.column_stack([np.ones(n), x])
        parts = {
            "scalar": [(a, 8, None, 0, "us")],
            "slope": [(a, 8, slope, 0, "us")],
            "diag": [(a, 8, slope, 0, "diag")],
            "nested": [(a, 8, slope, 0, "us"), (a // 2, 4, None, 1, "us")],
            "crossed": [(a, 8, None, 0, "us"), (b, 5, None, 1, "us")],
            "crossed slopes": [(a, 8, slope, 0, "us"), (b, 5, slope, 1, "us")],
            "row effects": [(np.arange(n), n, None, 0, "us"), (a, 8, None, 1, "us")],
        }[structure]
        centre, spread = CENTRE[link] if (name, link) != ("binomial", "log") else (-1.6, 0.25)
        scale = spread * 0.5
        eta = centre + 0.4 * spread * np.clip(x, -1.5, 1.5) + scale * np.clip(rng.normal(size=8), -1, 1)[a]
        self.weights = rng.integers(1, 9, n).astype(float) if name == "binomial" else rng.uniform(0.5, 2, n)
        if name in ("poisson", "negative.binomial"):
            self.weights = np.ones(n)
        self.offset = 0.1 * spread * rng.normal(size=n)
        self.y = self._drawn(rng, name, inverse_link(link, eta)[0])
        self.name, self.link, self.X, self.parts = name, link, X, parts
        self.beta = np.array([centre, 0.3 * spread])
        phi = 0.05 if name in SCALED else 1.0
        self.T = [
            self._template(0 if Z is None else Z.shape[1], kind, scale / np.sqrt(phi)) for _, _, Z, _, kind in parts
        ]
        self.plain = Plain(
            X,
            self.y,
            self.weights,
            self.offset,
            [(codes, J, one if Z is None else Z) for codes, J, Z, _, _ in parts],
            name,
            link,
        )

    def _drawn(self, rng, name, mu):
        if name == "binomial":
            return rng.binomial(self.weights.astype(int), mu) / self.weights
        if name == "poisson":
            return rng.poisson(mu).astype(float)
        if name == "negative.binomial":
            return rng.poisson(rng.gamma(SHAPE, mu / SHAPE)).astype(float)
        if name == "Gamma":
            return rng.gamma(self.weights / 0.05, mu * 0.05 / self.weights)
        if name == "inverse.gaussian":
            return rng.wald(mu, self.weights / 0.05)
        return np.abs(rng.normal(mu, np.sqrt(0.05 / self.weights))) + 0.05

    @staticmethod
    def _template(width, kind, scale):
        if width == 0:
            return np.array([[0.8 * scale]])
        T = np.array([[0.8, 0.0], [0.25, 0.5]]) * scale
        return np.diag(np.diag(T)) if kind == "diag" else T

    @property
    def rows(self):
        terms = [TermRows(codes.astype(np.int64), J, Z, f, kind) for codes, J, Z, f, kind in self.parts]
        return GlmRows(self.X, self.y, self.weights, self.offset, tuple(terms))

    @property
    def covariances(self):
        return tuple(covariance_family(t.structure, t.width, t.hom) for t in self.rows.terms)

    @property
    def family(self):
        return family_of(self.name, self.link)

    @property
    def par(self):
        """lme4's parameters of T."""
        return np.concatenate([c.theta(T) for c, T in zip(self.covariances, self.T, strict=True)])
