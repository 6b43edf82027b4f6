"""Generalized models with and without pooling: the linear predictors at which the likelihood is largest.

With one grouping factor these are generalized linear models: complete pooling that of X, no pooling that of X beside
columns of its own for each level, by Fisher scoring on sums by level (no column is ever formed). Among other factors,
whose effects stay random with their estimated variances, the fixed effects are found together with the modes, as with
nAGQ=0.

Rows that separate (`engine.generalized.separation`), as those of a level with successes alone, have no finite
estimates: in the limit they say nothing of the others, and are left out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from ..engine.covariance.family import CovarianceFamily
from ..engine.factorization.blocked import EliminationEngine
from ..engine.generalized.generalized import make_generalized_devfun
from ..engine.generalized.glm_fit import GlmData
from ..engine.generalized.glm_fit import fit_glm as glm_of
from ..engine.generalized.modes import RowResponses, row_state
from ..engine.generalized.separation import find_separation
from ..engine.generalized.weighted import GlmRows, WeightedStructure
from ..engine.sums.gram import Gram
from ..engine.sums.rows import TermRows
from ..errors import ArgumentError, NumericalError
from ..families import Family
from ..numerics.linalg import Array
from ..numerics.rank import independent_columns
from .levels import LARGEST, LevelSums, NoPooling, no_pooling

FAR = 15.0  # |x'beta + z'a| beyond which a direction through several levels is looked for
CELLS = 20_000_000  # of the columns of all levels, up to which they are formed to look for it
STEPS, HALVINGS = 200, 40
STILL = 1e-12  # change of the linear predictor, relative, at which the iterations end


@dataclass(frozen=True, eq=False)
class LevelRows:
    """The rows about one grouping factor.

    X (n, p);  Z (n, L) of all its terms;  codes (n,) in 0..J-1;  responses y, weights, offset, family
    others  the random terms of all other factors, covariances their families, par their parameters as estimated
    """

    X: Array
    Z: Array
    codes: Array
    J: int
    responses: RowResponses
    others: tuple[TermRows, ...]
    covariances: tuple[CovarianceFamily, ...]
    par: Array

    @property
    def L(self) -> int:
        return int(self.Z.shape[1])

    def without(self, moved: Array) -> RowResponses:
        """The responses, some rows without weight."""
        return replace(self.responses, weights=np.where(moved, 0.0, self.responses.weights))

    def own_columns(self, rows: Array) -> Array:
        """Z (r, J L) of some rows, a column for each coefficient of each level."""
        out = np.zeros((len(rows), self.J, self.L))
        out[np.arange(len(rows)), self.codes[rows]] = self.Z[rows]
        return out.reshape(len(rows), -1)


@dataclass(frozen=True, eq=False)
class WorkingSums:
    """Sums of [Z X z] under the working weights at a linear predictor, and the engine that eats them."""

    gram: Gram
    engine: EliminationEngine


def working(structure: WeightedStructure, responses: RowResponses, eta: Array, observed: bool = False) -> WorkingSums:
    """With z = eta - offset - g / W, formed as W z; `observed`: the observed information in place of W."""
    state = row_state(responses, eta)
    if state is None:
        raise NumericalError("the linear predictor leaves the domain of the inverse link")
    A = state.O if observed else state.W
    c = A * (eta - responses.offset) - state.g
    zz = float(np.sum(np.divide(c**2, A, out=np.zeros_like(c), where=A > 0)))
    gram, p = structure.filled(A).gram, structure.p
    factors = tuple(
        replace(each, ZtXy=np.concatenate([each.ZtXy[:, :, :p], Zc[:, :, None]], axis=2))
        for each, Zc in zip(gram.factors, structure.cross(c), strict=True)
    )
    Xc = structure.fixed_cross(c)[:, None]
    XytXy = np.block([[gram.XytXy[:p, :p], Xc], [Xc.T, np.full((1, 1), zz)]])
    filled = replace(gram, factors=factors, XytXy=XytXy, y_square=zz)
    return WorkingSums(filled, structure.plan.fill(filled))


# --- complete pooling ------------------------------------------------------------------------------------------------


def complete_pooling(rows: LevelRows) -> Array:
    """beta (p,) of the model without the factor."""
    r = rows.responses
    if not rows.others:
        return glm_of(GlmData(r.family, rows.X, r.y, r.weights, r.offset)).beta
    return _among_others(rows, rows.X, np.arange(len(r.y)))[0]


def _among_others(rows: LevelRows, X: Array, used: Array) -> tuple[Array, Array]:
    """beta and the linear predictor of the rows `used`: columns X (r, k), the other factors' variances held."""
    r = rows.responses
    terms = tuple(
        replace(term, codes=term.codes[used], Z=None if term.Z is None else term.Z[used]) for term in rows.others
    )
    given = GlmRows(X, r.y[used], r.weights[used], r.offset[used], terms)
    devfun = make_generalized_devfun(given, r.family, rows.covariances, nAGQ=0)
    at = devfun.at(rows.par)
    return devfun.structure.scaling.inverse @ at.beta, at.modes.rows.eta  # type: ignore[union-attr]


# --- no pooling ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class Unpooled:
    """Where no pooling leads.

    eta (n,)    of rows that were `moved` (n,) it is any
    way (J, L)  the direction in which the levels' coefficients run to infinity, 0 where they do not
    running (p,)  the columns of X whose coefficients do
    """

    eta: Array
    moved: Array
    way: Array
    running: Array


def separable(family: Family) -> bool:
    """Whether there are responses at the ends of the range of the mean."""
    return family.word in ("binomial", "poisson", "negative.binomial") and family.link.name != "sqrt"


def unpooled(rows: LevelRows, structure: WeightedStructure, start: NoPooling, eta: Array) -> Unpooled:
    """No pooling, from a multilevel fit's linear predictor `eta`; `start` has the columns that its sums keep."""
    moved, way = separated_levels(rows)
    running = np.zeros(rows.X.shape[1], bool)
    while True:
        there = eta if moved.all() else _settled(rows, structure, start, eta, moved)
        found = None if moved.all() else _through_levels(rows, start.kept, there, moved)
        if found is None:
            return Unpooled(np.where(moved, eta, there), moved, way, running)
        direction, more = found
        k = len(start.kept)
        running[start.kept] |= direction[:k] != 0
        way = way + direction[k:].reshape(way.shape)
        moved = moved | more


def separated_levels(rows: LevelRows) -> tuple[Array, Array]:
    """Rows (n,) that their level's own coefficients separate, and the directions (J, L)."""
    moved, way = np.zeros(len(rows.codes), bool), np.zeros((rows.J, rows.L))
    r = rows.responses
    if not separable(r.family):
        return moved, way
    if rows.L == 1 and np.all(rows.Z > 0):
        return _at_one_end(rows)
    counts = r.family.word != "binomial"
    for j, here in enumerate(np.split(np.argsort(rows.codes, kind="stable"), _ends(rows))):
        left = here[r.weights[here] > 0]
        while len(left):
            found = find_separation(rows.Z[left], r.y[left], r.weights[left], counts)
            if found is None:
                break
            way[j] += found.direction
            moved[left[found.moved]] = True
            left = left[~found.moved]
    return moved, way


def _at_one_end(rows: LevelRows) -> tuple[Array, Array]:
    """The same where a level has one coefficient of one sign: its responses are all at one end."""
    r = rows.responses
    used, low, high = r.weights > 0, r.y <= 0, (r.y >= 1) & (r.family.word == "binomial")
    inside = [np.bincount(rows.codes, used & ~end, rows.J) == 0 for end in (low, high)]
    there = np.bincount(rows.codes, used, rows.J) > 0
    way = np.where(there, 1.0 * inside[1] - 1.0 * inside[0], 0.0)
    return (way != 0)[rows.codes] & used, way[:, None]


def _ends(rows: LevelRows) -> Array:
    return np.cumsum(np.bincount(rows.codes, minlength=rows.J))[:-1]


def _settled(rows: LevelRows, structure: WeightedStructure, start: NoPooling, eta: Array, moved: Array) -> Array:
    return (
        _columns_among_others(rows, start.kept, eta, moved)
        if rows.others
        else _scored(rows, structure, start.sums, eta, moved)
    )


def _columns_among_others(rows: LevelRows, kept: Array, eta: Array, moved: Array) -> Array:
    """A column for each coefficient, in a model of the other factors."""
    if rows.J * rows.L > LARGEST:
        raise ArgumentError(
            f"among other grouping factors, {rows.J * rows.L} coefficients are too many; the most are {LARGEST}"
        )
    used = np.flatnonzero(~moved & (rows.responses.weights > 0))
    columns = np.hstack([rows.own_columns(used), rows.X[used][:, kept]])
    known = independent_columns(columns)
    out = eta.copy()
    out[used] = _among_others(rows, columns[:, known], used)[1]
    return out


def _scored(rows: LevelRows, structure: WeightedStructure, like: LevelSums, eta: Array, moved: Array) -> Array:
    """Fisher scoring on sums by level, steps halved while the deviance rises."""
    responses = rows.without(moved)
    deviance = _deviance(responses, eta)
    for _ in range(STEPS):
        there = predictor(rows, no_pooling(sums_like(like, working(structure, responses, eta).gram, len(eta))))
        step, share = there - eta, 1.0
        lower = _deviance(responses, there)
        while not lower <= deviance + 1e-12 * (abs(deviance) + 0.1) and share > 0.5**HALVINGS:
            share *= 0.5
            lower = _deviance(responses, eta + share * step)
        if share <= 0.5**HALVINGS:
            return eta
        eta, deviance = eta + share * step, lower
        if np.max(np.abs(step[~moved])) <= STILL * max(1.0, np.max(np.abs(eta[~moved]))) or _runs_away(
            rows, eta, moved
        ):
            return eta
    return eta


def _runs_away(rows: LevelRows, eta: Array, moved: Array) -> bool:
    return separable(rows.responses.family) and bool(np.max(np.abs(eta - rows.responses.offset)[~moved]) > 2 * FAR)


def _deviance(responses: RowResponses, eta: Array) -> float:
    state = row_state(responses, eta)
    return np.inf if state is None else float(state.D)


def predictor(rows: LevelRows, none: NoPooling) -> Array:
    """offset + X beta + z'a of every row (n,)."""
    own = np.sum(rows.Z * none.own[rows.codes], axis=1)
    return np.asarray(rows.responses.offset + rows.X[:, none.kept] @ none.beta + own)


def sums_like(like: LevelSums, gram: Gram, n: int) -> LevelSums:
    """The sums of one grouping factor alone, in the coordinates of others of the same rows."""
    (sums,) = gram.factors
    p = gram.p
    return replace(like, n=n, A=sums.ZtZ, C=sums.ZtXy, XyXy=gram.XytXy, ZtZ=sums.ZtZ, ZtX=sums.ZtXy[:, :, :p])


def _through_levels(
    rows: LevelRows, kept: Sequence[int] | Array, eta: Array, moved: Array
) -> tuple[Array, Array] | None:
    """A direction of the columns `kept` of X and all levels' coefficients that separates, and the rows it moves."""
    r = rows.responses
    used = np.flatnonzero(~moved & (r.weights > 0))
    if not separable(r.family) or np.max(np.abs(eta - r.offset)[used], initial=0.0) < FAR:
        return None
    if len(used) * (rows.J * rows.L + len(kept)) > CELLS:
        raise NumericalError(
            "no pooling runs away: predictors and levels together separate the responses, in too many rows to say how"
        )
    columns = np.hstack([rows.X[used][:, kept], rows.own_columns(used)])
    found = find_separation(columns, r.y[used], r.weights[used], r.family.word != "binomial")
    if found is None:
        return None
    more = np.zeros(len(moved), bool)
    more[used[found.moved]] = True
    return found.direction, more
