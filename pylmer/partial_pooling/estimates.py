"""pooling(fit): each level's estimate by no, complete and partial pooling, and how much it is pooled."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import pandas as pd

from ..errors import ArgumentError
from ..extract import NamedVector, se_ranef, word
from ..extract.random import factors
from ..fit.fitted_model import FittedModel
from ..fit.generalized import GeneralizedFittedModel
from ..language import known_as
from ..language.suggest import did_you_mean
from ..numerics.linalg import Array, block_diagonal
from ..text import Shown
from .levels import LevelSums, NoPooling, level_columns, no_pooling, sums_of

Fitted: TypeAlias = FittedModel | GeneralizedFittedModel
SECOND_LEVEL = ("Estimate", "Std. Error")
CONSTANT = 1e-8  # of a column's size, within which it is the same for all levels


@dataclass(frozen=True, eq=False, repr=False)
class Pooling(Shown):
    """How the coefficients of one grouping factor are pooled; prints its first levels and what they have in common.

    frame         see `pooling`;  group the grouping factor, coefficients its names (l,)
    ratio         sigma_alpha^2 / sigma_y^2, the variance between levels relative to that of one row
    n_equal       sigma_y^2 / sigma_alpha^2, the group size at which data and model weigh the same
    icc           the part of the variance of an observation that is between levels, at the rows' average
    errors        largest distance of two weighted averages from the multilevel estimates: with "mu = fixef" it is
                  rounding, with the "grand mean (12.1)" it is what the approximation costs
    matrices      (J, l, l) shares of the model in the estimates, (I + Sigma A_j)^-1; the factors are their diagonals
    slopes        no-pooling estimates of the other fixed effects;  sigma_no, df_no its residual standard deviation
    dropped       group-level predictors, which no pooling cannot have
    second_level  no-pooling estimates regressed on them: Estimate and Std. Error; no rows where there are none
    notes         what must be said

    ratio and n_equal are numbers where there is one coefficient, else a Series by coefficient.
    """

    frame: pd.DataFrame
    group: str
    coefficients: tuple[str, ...]
    ratio: float | NamedVector
    n_equal: float | NamedVector
    icc: float
    errors: NamedVector
    matrices: Array
    slopes: NamedVector
    sigma_no: float
    df_no: int
    dropped: tuple[str, ...]
    second_level: pd.DataFrame
    notes: tuple[str, ...] = ()

    def as_frame(self) -> pd.DataFrame:
        """The table as a DataFrame: index level, or (coefficient, level) where there are several coefficients."""
        return self.frame.copy()

    def __getitem__(self, column: str) -> pd.Series:
        """A column of the table."""
        if column not in self.frame:
            raise KeyError(f"{column!r}; there is {', '.join(map(repr, self.frame.columns))}")
        return self.frame[column]


@word
def pooling(fit: FittedModel, group: str | None = None) -> Pooling:
    """No, complete and partial pooling of a grouping factor's coefficients, level by level.

    fit    a fit of `lmer` or `glmer`
    group  the grouping factor to look at; None, the default: the one there is. The effects of the others stay random,
           with their estimated variances, in all columns

    A record whose `as_frame()` has a row for each level (and, with random slopes, coefficient) and columns

    n              rows of the level; of a binomial family its trials
    no_pooling     least squares with the level's own coefficients ("lm(y ~ x + factor(g) - 1)"), se_no its error;
                   NaN where the level's rows do not determine it
    complete       what the model without the group says of the level (the fit at theta = 0)
    multilevel     fixed effects plus conditional mode, se_multi the error of the latter (arm's se.ranef)
    weighted_12_1  (I - Omega) no_pooling + Omega complete, which is (12.1): with sigma_y^2 / n_j and sigma_alpha^2 as
                   the variances, precision-weighted. It only approximates `multilevel`, see `errors`
    factor         the pooling factor 1 / (1 + n_j theta^2): 1 is complete pooling, 0 none

    and attributes `ratio`, `n_equal`, `icc`, `errors`, `second_level`, ... (see `Pooling`).

    Of `glmer` all estimates are on the scale of the linear predictor, and `response()` gives them as means. No pooling
    is by maximum likelihood, infinite for a level whose responses are all at one end (`separated` names it); factors
    are conditional variances relative to those of the random effects; sigma_y^2 is the variance of one observation (of
    a binomial family: of one trial) on that scale, phi over the mean working weight.

    With prior weights n_j is the sum of the level's weights. With random slopes the factors are the diagonal of
    Omega_j = (I + Sigma A_j)^-1, A_j = Z_j'W_j Z_j: multilevel_j = Omega_j mu_j + (I - Omega_j) own_j; as the
    coefficients borrow from each other an entry may lie outside [0, 1] (`matrices` has Omega_j whole). Predictors that
    are constant within levels are aliased in no pooling: they are dropped there, count in complete and multilevel as
    part of the level's coefficient, and the no-pooling estimates are regressed on them (`second_level`, weights by
    (Sigma + A_j^-1)^-1).

    Raises ArgumentError for several factors without `group`, and for one that the model has not.
    Source: Gelman & Hill (2007), 12.2-12.4, (12.1) and 21.6; Gelman & Pardoe (2006), Technometrics 48(2).

    >>> import pylmer
    >>> M1 = pylmer.lmer("log_radon ~ floor + (1 | county)", pylmer.datasets.load("radon"))
    >>> found = pooling(M1)
    >>> round(found.n_equal, 2), round(found.icc, 3)
    (5.3, 0.159)
    >>> found.as_frame().loc[["AITKIN", "HENNEPIN"], ["n", "no_pooling", "complete", "multilevel", "factor"]].round(3)
                n  no_pooling  complete  multilevel  factor
    AITKIN      4       0.841     1.327       1.192   0.570
    HENNEPIN  105       1.361     1.327       1.363   0.048
    """
    positions = positions_of(fit, group)
    terms = [fit.design.random[i] for i in positions]
    criterion = fit.criterion
    sums = sums_of(criterion, fit.optimum.points, criterion.gram.place[positions[0]][0], len(fit.beta))
    none = no_pooling(sums)
    names = tuple(column for term in terms for column in term.columns)
    H = level_columns(none)
    dropped = tuple(fit.design.X_names[none.aliased[c]] for c in group_level(H))
    frame, errors = _estimates(fit, terms[0].group, names, none, H)
    variances = np.diag(covariance(fit, positions))
    return Pooling(
        frame=frame,
        group=terms[0].group,
        coefficients=names,
        ratio=by_coefficient(names, variances),
        n_equal=by_coefficient(
            names, np.divide(1, variances, out=np.full_like(variances, np.inf), where=variances > 0)
        ),
        icc=icc_of(fit, positions),
        errors=NamedVector(errors),
        matrices=sums.level_shares,
        slopes=NamedVector(none.beta, index=[fit.design.X_names[k] for k in none.kept], dtype=float, copy=True),
        sigma_no=none.sigma,
        df_no=none.df,
        dropped=dropped,
        second_level=second_level(fit, none, H) if dropped else pd.DataFrame(columns=[*SECOND_LEVEL], dtype=float),
        notes=notes_on(terms[0].group, none, dropped),
    )


def positions_of(fit: Fitted, group: str | None) -> list[int]:
    """The terms of the factor to look at."""
    known = factors(fit)
    if group is None:
        if len(known) > 1:
            raise ArgumentError(
                f"the model has {len(known)} grouping factors: say group={' or '.join(map(repr, known))}"
            )
        return next(iter(known.values()))
    meant = known_as(group, known)
    if meant not in known:
        hint = did_you_mean(str(group), list(known))
        raise ArgumentError(f"group={group!r} is no grouping factor of the model{hint}; it has {', '.join(known)}")
    return known[meant]


def group_level(H: Array) -> list[int]:
    """Which aliased columns of X vary between levels."""
    spread = np.nanmax(H, axis=0, initial=-np.inf) - np.nanmin(H, axis=0, initial=np.inf)
    return [c for c in range(H.shape[2]) if np.max(spread[:, c]) > CONSTANT * np.nanmax(np.abs(H[:, :, c]), initial=0)]


def _estimates(
    fit: FittedModel, group: str, names: tuple[str, ...], none: NoPooling, H: Array
) -> tuple[pd.DataFrame, dict[str, float]]:
    """The table, and the largest errors of the two weighted averages."""
    sums = none.sums
    mu, modes = of_fixed(none, H, fit.beta), modes_of(fit, group)
    complete = of_fixed(none, H, _complete(sums))
    multilevel = mu + modes
    weighted = sums.averaged(complete, none.own)
    exact = sums.averaged(mu, np.where(np.isnan(mu), 0, mu) + own_given(sums, fit.beta))
    columns = {
        "no_pooling": np.where(none.known, none.own, np.nan),
        "se_no": none.se,
        "complete": complete,
        "multilevel": multilevel,
        "se_multi": se_ranef(fit)[group].to_numpy(),
        "weighted_12_1": weighted,
        "factor": np.diagonal(sums.level_shares, axis1=1, axis2=2),
    }
    errors = {"mu = fixef": largest(exact - multilevel), "grand mean (12.1)": largest(weighted - multilevel)}
    return table(fit, group, names, columns), errors


def table(fit: Fitted, group: str, names: Sequence[str], columns: dict[str, Array]) -> pd.DataFrame:
    """Columns (J, L) as a frame: a row for each level, of several coefficients one after the other."""
    codes, levels = levels_of(fit, group)
    n = np.bincount(codes, minlength=len(levels))
    pieces = [pd.DataFrame({"n": n, **{k: v[:, c] for k, v in columns.items()}}, levels) for c in range(len(names))]
    return pieces[0] if len(names) == 1 else pd.concat(pieces, keys=list(names), names=["coefficient", group])


def levels_of(fit: Fitted, group: str) -> tuple[Array, pd.Index]:
    """Each row's level, and the levels' labels."""
    term = next(term for term in fit.rows.random if term.group == group)
    return term.codes, pd.Index(term.labels(), dtype=object)


def modes_of(fit: Fitted, group: str) -> Array:
    """Conditional modes (J, L)."""
    return np.hstack([fit.solution.b_terms[i] for i in factors(fit)[group]])


def of_fixed(none: NoPooling, H: Array, beta: Array) -> Array:
    """What fixed effects say of the levels' coefficients: (J, L)."""
    return np.asarray(H @ beta[none.aliased])


def _complete(sums: LevelSums) -> Array:
    """beta (p,) without the group: least squares on X with the other factors among the errors."""
    scaled = np.linalg.solve(sums.XyXy[:-1, :-1], sums.XyXy[:-1, -1]) if len(sums.shift) else sums.shift
    return np.asarray(np.linalg.solve(sums.R_x, scaled) + sums.shift)


def own_given(sums: LevelSums, beta: Array) -> Array:
    """A^+ Z'(y - X beta) in the user's coordinates (J, L): what a level's rows add to given fixed effects."""
    residual = sums.C[:, :, -1] + sums.C[:, :, :-1] @ (sums.R_x @ (sums.shift - beta))
    return sums.of_user(sums.own(residual[:, :, None]))[:, :, 0]


def largest(differences: Array) -> float:
    known = differences[~np.isnan(differences)]
    return float(np.max(np.abs(known))) if known.size else float("nan")


def covariance(fit: Fitted, positions: Sequence[int]) -> Array:
    """Sigma of a factor's coefficients per unit sigma^2 (L, L)."""
    return block_diagonal(fit.solution.T[i] @ fit.solution.T[i].T for i in positions)


def icc_of(fit: Fitted, positions: Sequence[int], residual: float = 1.0) -> float:
    """Mean over rows of z'Sigma z, relative to that of all terms and the residual, per unit sigma^2."""
    parts = [_row_variance(fit, i) for i in range(len(fit.design.random))]
    return float(sum(parts[i] for i in positions) / (sum(parts) + residual))


def _row_variance(fit: Fitted, term: int) -> float:
    Z, T = fit.rows.random[term].Z, fit.solution.T[term]
    return float(T[0, 0] ** 2 if Z is None else np.mean(np.sum((Z @ T) ** 2, axis=1)))


def by_coefficient(names: Sequence[str], values: Array) -> float | NamedVector:
    return float(values[0]) if len(names) == 1 else NamedVector(values, index=list(names), dtype=float)


def second_level(fit: Fitted, none: NoPooling, H: Array) -> pd.DataFrame:
    """No-pooling estimates on what varies between levels, weighted by (Sigma + A_j^-1)^-1; one row per column of X.

    In blocks: gamma = (sum H_j'B_j H_j)^-1 sum H_j'B_j own_j with B_j = A_j (I + Sigma A_j)^-1.
    """
    s = none.sums
    design = s.R_z @ np.where(np.isnan(H), 0.0, H)  # where a level's rows say nothing B is zero
    H_z = design.reshape(len(s.A), s.A.shape[1], -1)
    own = (none.own @ s.R_z.T).reshape(len(s.A), -1, 1)
    B = s.A @ s.shares
    left = np.sum(np.swapaxes(H_z, 1, 2) @ B @ H_z, axis=0)
    right = np.sum(np.swapaxes(H_z, 1, 2) @ B @ own, axis=0)[:, 0]
    index = [fit.design.X_names[k] for k in none.aliased]
    errors = fit.sigma * np.sqrt(np.diag(np.linalg.inv(left)))
    return pd.DataFrame(np.column_stack([np.linalg.solve(left, right), errors]), index=index, columns=[*SECOND_LEVEL])


def notes_on(group: str, none: NoPooling, dropped: tuple[str, ...], runs: Array | None = None) -> tuple[str, ...]:
    """What must be said; `runs` (J, L) are coefficients that run to infinity, of which others speak."""
    notes = []
    if dropped:
        are, them = ("is", "it") if len(dropped) == 1 else ("are", "them")
        notes.append(
            f"{', '.join(dropped)} {are} aliased with the levels of {group}: dropped in no pooling, whose estimates "
            f"are regressed on {them} afterwards"
        )
    count = int(np.sum(~np.all(none.known | (runs if runs is not None else False), axis=1)))
    if count:
        where = "no pooling, and where a dropped predictor moves them" if dropped else "no pooling"
        levels = "1 level" if count == 1 else f"{count} levels"
        notes.append(f"the rows of {levels} of {group} do not determine all their coefficients: NaN in {where}")
    if none.df <= 0 and np.isnan(none.sigma):
        notes.append("no pooling leaves no residual degrees of freedom: it has no standard errors")
    return tuple(notes)
