"""The ML deviance by its definition, minimized with one parameter held: slow, and independent of pylmer.

    d = log|V| + r'V^-1 r + n log 2 pi,   V = sigma^2 W^-1 + sum over terms of sum_ab Psi_ab Z_a Z_b',    r = y - X beta

V is a full matrix. Psi = L L' with L lower triangular and entries of any sign, so singular covariances are ordinary
points; rows are reordered for what is held to stand in the first ones. beta is generalized least squares. Each minimum
is the lowest of BFGS from many starts, random ones of several sizes with some entries zero, the best of them pursued.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy import linalg, optimize

Array = np.ndarray
Coordinates = Callable[[Array], tuple[list[Array], Array]]  # x (m, size) -> Psi (m, l, l) per term, log sigma (m,)


@dataclass(frozen=True)
class ConstrainedDeviance:
    """A parameter: kind "sd", "cor", "cov", "theta", "sigma" or "beta"; term and columns, or the coefficient `i`."""

    kind: str
    term: int = 0
    i: int = 0
    j: int = 0


class Dense:
    """y (n,), X (n, p), and per term columns z (n, l) and a group (n,)."""

    def __init__(self, y: Array, X: Array, terms: Sequence[tuple[Array, Array]], weights: Array | None = None) -> None:
        self.y, self.X = np.asarray(y, float), np.asarray(X, float)
        self.w = np.ones(len(self.y)) if weights is None else np.asarray(weights, float)
        self.products, self.lengths = [], []
        for z, g in terms:
            same = (np.asarray(g)[:, None] == np.asarray(g)[None, :]).astype(float)
            self.products.append(np.array([[np.outer(a, b) * same for b in z.T] for a in z.T]))
            self.lengths.append(np.sqrt(np.mean(np.asarray(z, float) ** 2, axis=0)))
        self.size = float(np.std(self.y - self.X @ np.linalg.lstsq(self.X, self.y, rcond=None)[0]))

    def deviance(self, Psi: list[Array], t: float, y: Array, X: Array) -> tuple[float, list[Array], float]:
        """d and its derivatives in each Psi and in t = log sigma."""
        V = np.diag(np.exp(2 * t) / self.w)
        for own, S in zip(Psi, self.products, strict=True):
            V += np.tensordot(own, S, axes=2)
        C = np.linalg.cholesky(V)
        inverse = linalg.lapack.dpotri(C, lower=1)[0]
        inverse = np.tril(inverse) + np.tril(inverse, -1).T
        XV = inverse @ X
        r = y - X @ np.linalg.solve(X.T @ XV, XV.T @ y) if X.shape[1] else y
        a = inverse @ r
        M = inverse - np.outer(a, a)
        d = 2 * np.sum(np.log(np.diag(C))) + r @ a + len(y) * np.log(2 * np.pi)
        slopes = [np.tensordot(S, M, axes=2) for S in self.products]
        return float(d), slopes, float(2 * np.exp(2 * t) * np.sum(np.diag(M) / self.w))

    def minimum(
        self, held: ConstrainedDeviance | None = None, value: float = 0.0, starts: int = 12, seed: int = 0
    ) -> float:
        """The smallest d with `held` at `value` (of "theta" and "cov" as pylmer's prof_scale has them)."""
        y, X = self.y, self.X
        if held is not None and held.kind == "beta":
            y, X = y - X[:, held.i] * value, np.delete(X, held.i, axis=1)
        unpack, size = self._coordinates(held, value)

        def function(x: Array) -> tuple[float, Array]:
            steps = np.diag(1e-6 * np.maximum(1.0, np.abs(x)))
            with np.errstate(all="ignore"):  # the map from x to (Psi, t) by differences: d itself has exact derivatives
                Psi, t = unpack(np.vstack([x, x + steps, x - steps]))
                try:
                    d, G, slope = self.deviance([own[0] for own in Psi], float(t[0]), y, X)
                except np.linalg.LinAlgError:
                    return 1e10, np.zeros(size)
            if not np.isfinite(d):
                return 1e10, np.zeros(size)
            rise = slope * (t[1 : size + 1] - t[size + 1 :])
            for own, each in zip(G, Psi, strict=True):
                rise = rise + np.tensordot(each[1 : size + 1] - each[size + 1 :], own, axes=2)
            return d, rise / (2 * np.diag(steps))

        def from_(x: Array, **options: float) -> optimize.OptimizeResult:
            return optimize.minimize(function, x, jac=True, method="BFGS", options=options)

        tried = sorted((from_(x, gtol=1e-2, maxiter=20) for x in self._starts(size, starts, seed)), key=lambda e: e.fun)
        best = min((from_(each.x, gtol=1e-4, maxiter=200) for each in tried[:3]), key=lambda each: each.fun)
        again = optimize.minimize(function, best.x, jac=True, method="L-BFGS-B", options={"ftol": 1e-13, "gtol": 1e-7})
        return float(min(best.fun, again.fun))

    def _starts(self, size: int, count: int, seed: int) -> list[Array]:
        """Random coordinates of several sizes, some of them zero; the last is log sigma relative to a rough one."""
        rng = np.random.default_rng(seed)
        out = []
        for k in range(count):
            x = rng.normal(size=size) * (0.05, 0.3, 1.0, 2.0)[k % 4]
            x[rng.random(size) < (0.0, 0.4)[k // 4 % 2]] = 0.0
            x[-1] = rng.uniform(-1.5, 0.1)
            out.append(x)
        return out

    def _coordinates(self, held: ConstrainedDeviance | None, value: float) -> tuple[Coordinates, int]:
        """m places x (m, size) -> Psi of each term, log sigma. x is in units of self.size and the columns' lengths."""
        kind, widths = held.kind if held else "", [len(each) for each in self.lengths]
        sizes = [width * (width + 1) // 2 for width in widths]
        lower = [np.tril_indices(width) for width in widths]

        def unpack(x: Array) -> tuple[list[Array], Array]:
            t = np.clip(x[:, -1], -12, 12) + np.log(self.size)
            if kind == "sigma":
                t = np.full(len(x), np.log(value))
            Psi, at = [], 0
            for term, (width, size) in enumerate(zip(widths, sizes, strict=True)):
                L = np.zeros((len(x), width, width))
                L[:, *lower[term]] = x[:, at : at + size]
                units = self.size / self.lengths[term]
                if held is not None and held.term == term and kind in ("sd", "cor", "cov", "theta"):
                    Psi.append(_holding(held, value, L, units, np.exp(t)))
                else:
                    Psi.append(_square(units[:, None] * L))
                at += size
            return Psi, t

        return unpack, sum(sizes) + 1


def _square(L: Array) -> Array:
    """L L' of each."""
    return np.asarray(L @ np.swapaxes(L, 1, 2))


def _holding(held: ConstrainedDeviance, value: float, L: Array, units: Array, sigma: Array) -> Array:
    """Psi (m, l, l) of a term with a parameter at its value; entries of L that it determines are ignored."""
    if held.kind == "theta":
        L = units[:, None] * L / sigma[:, None, None]
        L[:, held.j, held.j] = np.abs(L[:, held.j, held.j])
        L[:, held.i, held.j] = value
        return _square(L) * sigma[:, None, None] ** 2
    first = [held.i] if held.kind == "sd" else [held.i, held.j]
    order = [*first, *(k for k in range(len(units)) if k not in first)]
    L = units[order][:, None] * L
    if held.kind == "sd":
        L[:, 0, 0] = value
    elif held.kind == "cor":
        b = np.abs(L[:, 1, 1])
        L[:, 0, 0] = np.abs(L[:, 0, 0])
        L[:, 1, 0], L[:, 1, 1] = b * value, b * np.sqrt(max(1 - value**2, 0.0))
    else:  # whatever the size of one, the other's covariance with it is the value
        root = units[order][0] * np.exp(np.clip(L[:, 0, 0] / units[order][0], -15, 15))
        L[:, 0, 0], L[:, 1, 0] = root, value / root
    back = np.argsort(order)
    return _square(L)[:, back][:, :, back]
