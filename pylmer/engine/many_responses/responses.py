"""Many responses of one design as further columns of its sums: one pass over the rows serves all of them.

Z'WZ, Z'WX and X'WX are those of the design. Every response is shifted by its own least-squares fit, so that nothing is
lost to a large mean (design.md section 4).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import TypeAlias

import numpy as np
from scipy import sparse

from ...numerics.linalg import Array, cholesky_of_one, chunks, inverse_of_lower, rows_for_products
from ...numerics.stacks import inner_products
from ..covariance.points import Points
from ..criterion.deviance import degrees, deviance, leaves_nothing, log_determinants, noise
from ..factorization.contract import SumsEngine
from ..sums.gram import Gram
from ..sums.rows import Rows
from ..sums.scaling import scaled_random, scaled_X

Blocks: TypeAlias = "Iterable[tuple[slice, Array]]"

COLUMNS = 256  # responses whose values at a common place are formed at once


@dataclass(frozen=True, eq=False)
class Responses:
    """Sums of R responses, shifted, with the columns of one design, in its scaled coordinates.

    gram      the sums of the design
    Zty       per grouping factor (L, R, J)
    Xty       (R, p);  yty (R,), after the shift;  y_square (R,) before it
    shift     (R, p), in the user's coordinates: y~ = y - X shift
    """

    gram: Gram
    Zty: tuple[Array, ...]
    Xty: Array
    yty: Array
    y_square: Array
    shift: Array

    @property
    def R(self) -> int:
        """Number of responses."""
        return len(self.yty)

    def gram_of(self, r: int) -> Gram:
        """The sums of the design with response r."""
        gram, p = self.gram, self.gram.p
        factors = []
        for sums, Zty in zip(gram.factors, self.Zty, strict=True):
            ZtXy = sums.ZtXy.copy()
            ZtXy[:, :, p] = Zty[:, r].T
            factors.append(replace(sums, ZtXy=ZtXy))
        XytXy = gram.XytXy.copy()
        XytXy[p, :p] = XytXy[:p, p] = self.Xty[r]
        XytXy[p, p] = self.yty[r]
        scaling = replace(gram.scaling, shift=self.shift[r])
        return replace(gram, factors=tuple(factors), XytXy=XytXy, y_square=float(self.y_square[r]), scaling=scaling)


def response_sums(rows: Rows, gram: Gram, Y: Array) -> Responses:
    """The sums of Y (n, R), offset taken off, with the columns of `rows`, whose sums are `gram`."""
    weighted = Y * rows.root_weights(slice(0, rows.n))
    y_square = np.add.reduce(weighted * weighted, axis=0)
    X, half = _scaled_blocks(rows, gram), inverse_of_lower(cholesky_of_one(gram.XytXy[:-1, :-1]))
    scaled_shift = np.zeros((gram.p, Y.shape[1]))
    for _ in range(2):  # the second pass takes off what rounding left of a large mean
        found = half.T @ (half @ _XtY(X(), weighted))
        for at, block in X():
            weighted[at] -= block @ found
        scaled_shift += found
    return Responses(
        gram,
        tuple(_ZtY(rows, gram, sums.terms, weighted) for sums in gram.factors),
        _XtY(X(), weighted).T,
        np.add.reduce(weighted * weighted, axis=0),
        y_square,
        (gram.scaling.inverse @ scaled_shift).T,
    )


def _scaled_blocks(rows: Rows, gram: Gram) -> Callable[[], Blocks]:
    """sqrt(w) X~, some rows at a time, as often as it is asked for; of few rows formed once."""
    slices = list(chunks(rows.n, rows_for_products(gram.p + 1)))

    def blocks() -> Blocks:
        return ((at, scaled_X(rows, gram.scaling, at)) for at in slices)

    if len(slices) > 1:
        return blocks
    held = list(blocks())
    return lambda: held


def _XtY(X: Blocks, weighted: Array) -> Array:
    """X~'W Y (p, R)."""
    return np.asarray(sum(block.T @ weighted[at] for at, block in X))


def _ZtY(rows: Rows, gram: Gram, terms: tuple[int, ...], weighted: Array) -> Array:
    """Z~'W Y of one grouping factor: (L, R, J)."""
    first = rows.terms[terms[0]]
    Z = scaled_random(rows, gram.scaling, terms, slice(0, rows.n))
    if weighted.shape[1] == 1:
        y = weighted[:, 0]
        return np.array([[np.bincount(first.codes, z * y, first.n_levels)] for z in Z.T])
    where = (first.codes, np.arange(rows.n))
    shape = (first.n_levels, rows.n)
    out = np.empty((Z.shape[1], weighted.shape[1], first.n_levels))
    for a, column in enumerate(Z.T):
        out[a] = (sparse.csr_array((column, where), shape=shape) @ weighted).T
    return out


def common_values(engine: SumsEngine, REML: bool, points: Points, responses: Responses) -> Array:
    """The criterion of every response at one common place: (R,), infinite where a response leaves no residuals.

    V is factorized once: log|V| and log|X'V^-1 X| are the same for all, and y'Py of all takes one solve with Z'Y.
    """
    gram = responses.gram
    T = [point.template() for point in points]
    at = engine.factorize(T).fixed
    r2 = np.concatenate(
        [_residual_squares(engine, T, at.L_X, responses, part) for part in chunks(responses.R, COLUMNS)]
    )
    r2 = np.where(leaves_nothing(r2, responses.y_square), np.nan, r2)
    logdet_V, logdet_XtVX = at.logdet_V - gram.sum_log_weights, at.logdet_XtVX + 2 * gram.scaling.logdet_R
    d = deviance(log_determinants(logdet_V, logdet_XtVX, REML), r2, degrees(gram.n, gram.p, REML))
    return np.asarray(np.nan_to_num(d, nan=np.inf))


def blurred_responses(engine: SumsEngine, REML: bool, points: Points, responses: Responses, most: float) -> Array:
    """Whether rounding moves the criterion of each response by more than `most` at one common place: (R,)."""
    gram, T = responses.gram, [point.template() for point in points]
    L_X = engine.factorize(T).fixed.L_X
    parts = chunks(responses.R, COLUMNS)
    r2 = np.concatenate([_residual_squares(engine, T, L_X, responses, part) for part in parts])
    with np.errstate(divide="ignore", invalid="ignore"):
        lost = responses.yty / np.maximum(r2, 0.0)
    return np.asarray(~(noise(0.0, degrees(gram.n, gram.p, REML), lost) < most))


def _residual_squares(engine: SumsEngine, T: list[Array], L_X: Array, responses: Responses, part: slice) -> Array:
    """y'Py of some responses at the templates T: with B = Sigma Z'V^-1 [X Y], [X Y]'V^-1 Y = [X Y]'Y - Y'Z B."""
    p = responses.gram.p
    ZtY, B, XtVY = weighted_columns(engine, T, responses, part)
    pairs = zip(ZtY, B, strict=True)
    YtVY = responses.yty[part] - sum(np.sum(one * two[:, :, p:], axis=(0, 1)) for one, two in pairs)
    half = np.linalg.solve(L_X, XtVY) if p else XtVY
    return np.asarray(YtVY - np.sum(half**2, axis=0))


def weighted_columns(
    engine: SumsEngine, T: list[Array], responses: Responses, part: slice = slice(None)
) -> tuple[list[Array], list[Array], Array]:
    """Z'Y per factor (J, L, r), Sigma Z'V^-1 [X Y] per factor (J, L, p + r), and X'V^-1 Y (p, r), of some responses."""
    gram, p = responses.gram, responses.gram.p
    ZtY = [np.moveaxis(Zty[:, part], (0, 1, 2), (1, 2, 0)) for Zty in responses.Zty]
    factors = tuple(
        replace(sums, ZtXy=np.concatenate([sums.ZtXy[:, :, :p], more], axis=2))
        for sums, more in zip(gram.factors, ZtY, strict=True)
    )
    wide = engine.sharing(replace(gram, factors=factors)).factorize(T)
    B = wide.modes(np.eye(p + ZtY[0].shape[2]))[1]
    ZtX = [sums.ZtXy[:, :, :p] for sums in gram.factors]
    XtVY = responses.Xty[part].T - inner_products(ZtX, [b[:, :, p:] for b in B])
    return ZtY, B, XtVY
