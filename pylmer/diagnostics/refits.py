"""The estimates after each deletion, from cross-products alone: nothing is read twice and no row is fitted again."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from ..design import Design
from ..engine.covariance.points import Points
from ..engine.criterion.profiled import At, Criterion, Objective, ProfiledEvaluation
from ..engine.criterion.trusted import SCAN
from ..engine.factorization.choose import elimination_engine
from ..engine.factorization.contract import Fixed
from ..engine.optimize.newton import Run
from ..engine.optimize.search import local_minima, lowest, scanned
from ..engine.sums.scaling import Scaling
from ..errors import NumericalError
from ..fit.devfun import Devfun, rows_of
from ..numerics.linalg import Array, Codes, transposed
from ..numerics.rank import independent_columns
from .scalar import Problems, estimates, minimize
from .stacked import can_stack, solve_together
from .sums import Deletions


@dataclass(frozen=True, eq=False)
class Refits:
    """G refits in the user's coordinates, NaN where there is none.

    beta (G, p), vcov (G, p, p), sigma (G,); Sigma per random term (G, l, l), times sigma^2; failed: why, by group
    """

    beta: Array
    vcov: Array
    sigma: Array
    Sigma: tuple[Array, ...]
    failed: dict[int, str]


def refits(devfun: Devfun, points: Points, codes: Codes, count: int, held: bool) -> Refits:
    """The fit without each of `count` groups of rows; codes (n,) say which, -1 none.

    held  theta stays at `points`, the optimum of the whole, and sigma and beta alone are estimated; else theta is
          estimated anew, from there
    """
    rows = rows_of(devfun.rows)
    deletions = Deletions(devfun.gram, rows, codes, count)
    out = _empty(count, devfun)
    out.failed.update(_impossible(deletions, devfun))
    todo = np.array([group for group in range(count) if group not in out.failed], dtype=np.int64)
    todo = _scalar(deletions, devfun, points, todo, held, out)
    for group in _stacked(deletions, devfun, points, todo, held, out):
        _one(deletions, devfun, points, int(group), held, out)
    return out


def _empty(count: int, devfun: Devfun) -> Refits:
    p = devfun.gram.p
    Sigma = tuple(np.full((count, f.width, f.width), np.nan) for f in devfun.families)
    return Refits(np.full((count, p), np.nan), np.full((count, p, p), np.nan), np.full(count, np.nan), Sigma, {})


def _write(
    out: Refits, groups: Codes, scaling: Scaling, beta: Array, Phi: Array, s2: Array, templates: Sequence[Array]
) -> None:
    """Estimates of some groups in scaled coordinates, beta (s, p), Phi (s, p, p), s2 (s,), T~ per term (s, l, l)."""
    back = scaling.inverse
    out.beta[groups] = beta @ back.T + scaling.shift
    out.vcov[groups] = s2[:, None, None] * (back @ Phi @ back.T)
    out.sigma[groups] = np.sqrt(s2)
    for Sigma, T, inverse in zip(out.Sigma, templates, scaling.inverse_terms, strict=True):
        half = np.sqrt(s2)[:, None, None] * (inverse @ T)
        Sigma[groups] = half @ transposed(half)


def _impossible(deletions: Deletions, devfun: Devfun) -> Iterator[tuple[int, str]]:
    """Groups without which there is no fit, and why."""
    design, gram = devfun.design, deletions.gram
    for group in range(deletions.count):
        if gram.n - deletions.sizes[group] <= gram.p:
            yield group, f"leaves {gram.n - deletions.sizes[group]} rows for {gram.p} fixed effects"
            continue
        lost = _dependent(deletions, group, design) if deletions.dominant[group] else ""
        if lost:
            yield group, f"leaves nothing to estimate {lost} from"
            continue
        if not _touches_few(deletions, group):
            continue
        for sums, left in zip(gram.factors, deletions.remaining_levels(group), strict=True):
            if left < 2:
                yield group, f"leaves one level of {design.random[sums.terms[0]].group!r}"
                break


def _dependent(deletions: Deletions, group: int, design: Design) -> str:
    """Names of the columns of X that depend on earlier ones in the rows that remain, as R finds them."""
    kept = independent_columns(deletions.rows_without(group).X)
    return ", ".join(np.delete(np.array(design.X_names), kept))


def _touches_few(deletions: Deletions, group: int) -> bool:
    """Whether so many levels lose rows that fewer than two might remain."""
    gone = deletions.members(group)
    return any(
        sums.J - len(np.unique(codes[gone])) < 2
        for sums, codes in zip(deletions.gram.factors, deletions.levels, strict=True)
    )


# --- one scalar term: all deletions at once --------------------------------------------------------------------------


def _scalar(deletions: Deletions, devfun: Devfun, points: Points, todo: Codes, held: bool, out: Refits) -> Codes:
    """Solve what the scalar formulas can; the groups that are left."""
    gram = deletions.gram
    if len(gram.factors) != 1 or gram.factors[0].L != 1 or not len(todo):
        return todo
    touched = [deletions.levels[0][deletions.members(group)] for group in todo]
    single = np.array([len(t) > 0 and bool(np.all(t == t[0])) for t in touched]) & ~deletions.dominant[todo]
    here, start = todo[single], float(abs(points[0].template()[0, 0]))
    if not len(here):
        return todo
    problems = _problems(deletions, devfun, here)
    theta = np.full(len(here), start) if held else minimize(problems, start, SCAN)
    solved = np.isfinite(theta)
    if solved.any():
        problems, theta = problems.some(np.flatnonzero(solved)), theta[solved]
        found = estimates(problems, theta)
        _write(out, here[solved], gram.scaling, found.beta, found.Phi, found.r2 / problems.m, [theta[:, None, None]])
    return np.concatenate([todo[~single], here[~solved]])


def _problems(deletions: Deletions, devfun: Devfun, groups: Codes) -> Problems:
    sums, REML = deletions.gram.factors[0], devfun.REML
    members = [deletions.members(group) for group in groups]
    level = np.array([deletions.levels[0][gone[0]] for gone in members])
    own = [deletions.level_without(0, int(j), gone) for j, gone in zip(level, members, strict=True)]
    n = deletions.gram.n - deletions.sizes[groups]
    return Problems(
        a=sums.ZtZ[:, 0, 0],
        U=sums.ZtXy[:, 0],
        level=level,
        a_level=np.array([ZtZ[0, 0] for ZtZ, _ in own]),
        U_level=np.array([ZtXy[0] for _, ZtXy in own]),
        XytXy=deletions.XytXy[groups],
        m=(n - deletions.gram.p if REML else n).astype(float),
        REML=REML,
    )


# --- one grouping factor, or nested ones: all deletions at once -------------------------------------------------------


def _stacked(deletions: Deletions, devfun: Devfun, points: Points, todo: Codes, held: bool, out: Refits) -> Codes:
    """Solve together what can be; the groups that are left."""
    engine = devfun.criterion.engine
    near = todo[~deletions.dominant[todo]]
    if not can_stack(engine, devfun.families) or not len(near):
        return todo
    scan = None if held else [devfun.covariances.multiple(c) for c in SCAN]
    found = solve_together(deletions, devfun.REML, devfun.families, points, near, scan)
    _write(out, found.groups, deletions.gram.scaling, found.beta, found.Phi, found.s2, found.places.T)
    return np.setdiff1d(todo, found.groups)


# --- any model: one deletion after the other -------------------------------------------------------------------------


def _one(deletions: Deletions, devfun: Devfun, points: Points, group: int, held: bool, out: Refits) -> None:
    try:
        gram = deletions.gram_without(group)
        criterion = Criterion(elimination_engine(gram), devfun.REML)
        if held:
            old, new = devfun.covariances, devfun.covariances.on(gram.scaling.R_terms)
            fixed, place = _estimated(criterion.at(new.points(old.par(points))))
        else:
            best = _descended(criterion.at, devfun, points, not deletions.dominant[group])
            fixed, place = best.at.fixed, best.at.place
    except NumericalError as error:
        out.failed[group] = f"leaves a model that cannot be fitted: {error}"
        return
    s2, templates = np.array([fixed.r2 / criterion.m]), [point.template()[None] for point in place]
    _write(out, np.array([group]), gram.scaling, fixed.beta[None], fixed.Phi[None], s2, templates)


def _estimated(at: At) -> tuple[Fixed, Points]:
    """The fixed part at a place, and the place; NumericalError where there is no criterion."""
    _ = at.value
    return at.factorization.fixed, at.points


def _descended(objective: Objective, devfun: Devfun, points: Points, near: bool) -> Run[ProfiledEvaluation]:
    """The lowest of the optima reached from that of the whole, unless it is far, and from the minima of a scan."""
    places = [devfun.covariances.multiple(c) for c in SCAN]
    starts = [places[k] for k in local_minima(scanned(objective, places))]
    return lowest(objective, [points, *starts] if near else starts).best
