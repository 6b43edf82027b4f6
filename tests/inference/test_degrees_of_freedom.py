"""Satterthwaite and Kenward-Roger against lmerTest and pbkrtest, and against the papers' formulas on plain matrices."""

from __future__ import annotations

import numpy as np
import pytest

import pylmer
from pylmer.inference.degrees_of_freedom.choice import kenward_roger_of, satterthwaite_of
from pylmer.numerics.linalg import Array
from tests.reference.cases import OVERPARAMETERISED, assert_close, case, fit, names, numbers


def with_block(block: str) -> list[str]:
    return [n for n in names("lmer") if isinstance(case(n).get(block), dict) and case(n)[block].get("values")]


def test_there_are_cases() -> None:
    assert len(with_block("satterthwaite")) >= 60
    assert len(with_block("kenward_roger")) >= 30


@pytest.mark.parametrize("name", with_block("satterthwaite"))
def test_satterthwaite(name: str) -> None:
    R = case(name)["satterthwaite"]
    table = pylmer.summary(fit(name)).coefficients
    assert list(table.columns) == R["cols"]
    assert list(table.index) == R["rows"]
    np.testing.assert_allclose(table["df"], numbers(R["values"])[:, 2], rtol=1e-4)  # R differentiates numerically
    np.testing.assert_allclose(table["t value"], numbers(R["values"])[:, 3], rtol=1e-3, atol=1e-4)
    np.testing.assert_allclose(table["Pr(>|t|)"], numbers(R["values"])[:, 4], rtol=2e-4, atol=1e-300)


@pytest.mark.parametrize("name", with_block("kenward_roger"))
def test_kenward_roger(name: str) -> None:
    R = case(name)["kenward_roger"]
    table = pylmer.summary(fit(name), ddf="Kenward-Roger").coefficients
    np.testing.assert_allclose(table["df"], numbers(R["values"])[:, 2], rtol=1e-5)
    np.testing.assert_allclose(table["Std. Error"], numbers(R["values"])[:, 1], rtol=1e-5)
    tolerance = 2e-5 if name in OVERPARAMETERISED else 1e-5
    assert_close(pylmer.vcovAdj(fit(name)), case(name)["vcov_kenward_roger"], tolerance)


# --- the formulas of the papers on V itself --------------------------------------------------------------------------


class Plain:
    """V, its derivatives and P (n, n) of a model given as Z Sigma Z' + I, from their definitions."""

    def __init__(self, model: pylmer.LmerFit, derivatives: list[Array], second: dict[tuple[int, int], Array]) -> None:
        self.X = np.asarray(model.rows.X)
        w = model.rows.weights
        self.s2, residual = model.sigma**2, np.eye(len(self.X)) if w is None else np.diag(1 / w)
        V = residual.copy()
        for term, T in zip(model.rows.random, model.solution.T, strict=True):
            Z = term.Zt.T.toarray()
            V += Z @ np.kron(np.eye(len(term.levels)), T @ T.T) @ Z.T
        self.V, self.first, self.second = V, [*derivatives, residual], second
        self.Vi = np.linalg.inv(V)
        self.Phi = np.linalg.inv(self.X.T @ self.Vi @ self.X)
        self.P = self.Vi - self.Vi @ self.X @ self.Phi @ self.X.T @ self.Vi

    def adjusted(self) -> Array:
        """Kenward & Roger (1997), equation 5."""
        X, Vi, first, k = self.X, self.Vi, self.first, range(len(self.first))
        info = np.array([[np.trace(self.P @ first[r] @ self.P @ first[s]) for s in k] for r in k]) / 2
        W = np.linalg.inv(info)
        P = [-X.T @ Vi @ G @ Vi @ X for G in first]
        U = np.zeros_like(self.Phi)
        for r in k:
            for s in k:
                Q = X.T @ Vi @ first[r] @ Vi @ first[s] @ Vi @ X
                bend = self.second.get((min(r, s), max(r, s)), np.zeros_like(self.V))
                U += W[r, s] * (Q - P[r] @ self.Phi @ P[s] - X.T @ Vi @ bend @ Vi @ X / 4)
        return self.s2 * (self.Phi + 2 * self.Phi @ U @ self.Phi)


def small() -> dict[str, Array]:
    """Twenty groups seen at three times, twice or so, with effects that fade from time to time."""
    rng = np.random.default_rng(3)
    cell = np.repeat(np.arange(60), rng.integers(1, 4, 60))
    group, time, n = cell // 3, cell % 3, len(cell)
    start, own = rng.normal(size=20), rng.normal(size=60)
    y = 1.5 * start[group] + (1 + 0.5 * time) * own[cell] + rng.normal(size=n)
    data = {"y": y, "x": rng.normal(size=n), "g": group.astype(str)}
    return data | {"t": np.array([f"t{k}" for k in time])}


@pytest.mark.parametrize(("structure", "hom"), [("cs", True), ("cs", False), ("ar1", True)])
def test_kenward_roger_of_structures(structure: str, hom: bool) -> None:
    text = f"y ~ x + {structure}(0 + t | g, hom = {str(hom).upper()})"
    model = pylmer.lmer(text, small(), control=pylmer.lmerControl(check_nobs_vs_nRE="ignore"))
    [term], [T] = model.rows.random, model.solution.T
    Sigma, Z, J = T @ T.T, term.Zt.T.toarray(), len(term.levels)
    par = model.par.copy()
    par[:-1] = par[:-1] ** 2  # variances, rho

    def covariance(v: Array) -> Array:
        sd = np.sqrt(np.broadcast_to(v[:-1], len(Sigma)))
        lag = np.abs(np.subtract.outer(np.arange(len(Sigma)), np.arange(len(Sigma))))
        C = np.where(lag > 0, v[-1], 1.0) if structure == "cs" else v[-1] ** lag
        return np.outer(sd, sd) * C

    np.testing.assert_allclose(covariance(par), Sigma, rtol=1e-8)

    def full(S: Array) -> Array:
        return Z @ np.kron(np.eye(J), S) @ Z.T

    h, k = 1e-4, range(len(par))
    e = h * np.eye(len(par))
    first = [full((covariance(par + e[r]) - covariance(par - e[r])) / (2 * h)) for r in k]
    linear = structure == "cs" and hom
    second = {
        (r, s): full(
            covariance(par + e[r] + e[s])
            - covariance(par + e[r] - e[s])
            - covariance(par - e[r] + e[s])
            + covariance(par - e[r] - e[s])
        )
        / (4 * h * h)
        for r in k
        for s in k
        if r <= s
    }
    if linear:  # there the variance and the covariance are the parameters, in which Sigma is linear
        off = np.ones_like(Sigma) - np.eye(len(Sigma))
        first, second = [full(np.eye(len(Sigma))), full(off)], {}
    expected = Plain(model, first, second).adjusted()
    np.testing.assert_allclose(kenward_roger_of(model).covariance(np.eye(2)), expected, rtol=1e-5, atol=1e-9)


def test_kenward_roger_with_weights() -> None:
    """pbkrtest 0.5.2 takes the residual covariance of a weighted fit for the identity; the paper's V has W^-1 there."""
    data = pylmer.datasets.load("sleepstudy").iloc[7:].assign(w=np.tile([1.0, 2.0, 0.5, 3.0], 45)[7:])
    model = pylmer.lmer("Reaction ~ Days + (Days | Subject)", data, weights="w")
    Z, J = model.rows.random[0].Zt.T.toarray(), len(model.design.random[0].levels)
    units = [np.array(E, float) for E in ([[1, 0], [0, 0]], [[0, 1], [1, 0]], [[0, 0], [0, 1]])]
    expected = Plain(model, [Z @ np.kron(np.eye(J), E) @ Z.T for E in units], {}).adjusted()
    np.testing.assert_allclose(kenward_roger_of(model).covariance(np.eye(2)), expected, rtol=1e-6)


def test_satterthwaite_from_plain_matrices() -> None:
    """df = 2 (l'Cl)^2 / (g'Ag) with every derivative of the plain criterion and covariance taken by differences."""
    model = fit("dev-sleep-rs")
    X, y = np.asarray(model.rows.X), model.rows.y
    Z = model.rows.random[0].Zt.T.toarray()

    def parts(psi: Array) -> tuple[float, Array]:
        T = np.array([[psi[0], 0.0], [psi[1], psi[2]]])
        V = psi[3] ** 2 * (Z @ np.kron(np.eye(18), T @ T.T) @ Z.T + np.eye(180))
        Vi = np.linalg.inv(V)
        C = np.linalg.inv(X.T @ Vi @ X)
        r = y - X @ C @ X.T @ Vi @ y
        return float(np.linalg.slogdet(V)[1] - np.linalg.slogdet(C)[1] + r @ Vi @ r), C

    psi = np.append(model.theta, model.sigma)
    h = 1e-3 * np.eye(4) * np.array([1, 1, 1, 20.0])[:, None]
    H = np.empty((4, 4))
    for a in range(4):
        for b in range(4):
            signs = ((1, 1), (1, -1), (-1, 1), (-1, -1))
            H[a, b] = sum(s * t * parts(psi + s * h[a] + t * h[b])[0] for s, t in signs) / (4 * h[a, a] * h[b, b])
    slopes = [(parts(psi + h[a])[1] - parts(psi - h[a])[1]) / (2 * h[a, a]) for a in range(4)]
    C, A = parts(psi)[1], 2 * np.linalg.inv(H)
    for row in ([1.0, 0.0], [1.0, 9.0], [0.3, -1.0]):
        L = np.array(row)
        g = np.array([L @ slope @ L for slope in slopes])
        expected = 2 * (L @ C @ L) ** 2 / (g @ A @ g)
        assert satterthwaite_of(model).single(L[None])[0] == pytest.approx(expected, rel=1e-3)


def test_units_do_not_matter() -> None:
    data = pylmer.datasets.load("sleepstudy")
    small_units = data.assign(Reaction=data["Reaction"] * 1e-7, Days=data["Days"] / 30)
    formula = "Reaction ~ Days + (Days | Subject)"
    one, other = pylmer.lmer(formula, data), pylmer.lmer(formula, small_units)
    for ddf in ("Satterthwaite", "Kenward-Roger"):
        ours, theirs = (pylmer.summary(each, ddf=ddf).coefficients["df"] for each in (one, other))
        np.testing.assert_allclose(ours, theirs, rtol=1e-4)


def test_computed_once_and_only_when_asked() -> None:
    model = pylmer.lmer("Reaction ~ Days + (1 | Subject)", pylmer.datasets.load("sleepstudy"))
    assert "degrees" not in str(model)
    assert satterthwaite_of(model) is satterthwaite_of(model)


def test_kenward_roger_needs_REML() -> None:
    with pytest.raises(pylmer.ArgumentError, match="refit it with update"):
        pylmer.summary(fit("dev-sleep-rs-ml"), ddf="Kenward-Roger")


def test_unknown_method() -> None:
    with pytest.raises(pylmer.ArgumentError, match="ddf='KR': wanted one of 'Satterthwaite', 'Kenward-Roger', 'lme4'"):
        pylmer.summary(fit("dev-sleep-rs"), ddf="KR")
