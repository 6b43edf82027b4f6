"""pooling of a fit of glmer: the three estimates on the scale of the linear predictor.

At the modes a generalized model is the linear one of the working response z = eta - g / W with the working weights W:
A_j = Z_j'W_j Z_j, and (I + Sigma A_j)^-1 is the conditional variance of a level's coefficients relative to Sigma. So
the pooling factors are those of `levels`, and with mu = fixef the weighted average is exact; no and complete pooling
are fits of their own, at working weights of their own (module `unpooled`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
import pandas as pd

from ..extract import NamedVector, se_ranef
from ..families import Family
from ..fit.devfun import rows_of
from ..fit.generalized import GeneralizedFittedModel
from ..numerics.linalg import Array, dense
from . import estimates as of
from .estimates import SECOND_LEVEL, Pooling, pooling
from .levels import LevelSums, NoPooling, level_columns, no_pooling, sums_of
from .unpooled import LevelRows, Unpooled, complete_pooling, unpooled, working

ESTIMATES = ("no_pooling", "complete", "multilevel", "weighted_12_1")


@dataclass(frozen=True, eq=False, repr=False)
class GeneralizedPooling(Pooling):
    """How the coefficients of one grouping factor of a generalized model are pooled, on the scale of the link.

    family         law and link
    link_variance  sigma_y^2: the variance of one observation (one trial) on the scale of the link, phi over the mean
                   working weight; `ratio`, `n_equal` and `icc` are by it
    separated      levels without a finite no-pooling estimate
    """

    family: Family = field(kw_only=True)
    link_variance: float = field(kw_only=True)
    separated: tuple[str, ...] = field(kw_only=True)

    def response(self) -> pd.DataFrame:
        """The table with its estimates as means, by the inverse link: n, no_pooling, complete, multilevel, ...

        They are means where the coefficient is an intercept and all predictors are zero.
        """
        shown = self.frame[["n", *ESTIMATES]].copy()
        for column in ESTIMATES:
            shown[column] = means_of(self.family, shown[column].to_numpy())
        return shown


def pooled(fit: GeneralizedFittedModel, positions: Sequence[int]) -> Pooled:
    """The three fits about one grouping factor, each when it is asked for."""
    return Pooled(fit, positions)


def means_of(family: Family, eta: Array) -> Array:
    """h(eta), at infinite eta its limit; NaN stays."""
    out = np.full(np.shape(eta), np.nan)
    finite = np.isfinite(eta)
    out[finite] = family.mu(np.asarray(eta, float)[finite])
    rising = float(family.link.inverse(np.array([0.5]), 1)[0]) > 0
    top = 1.0 if family.word == "binomial" else np.inf
    out[np.isposinf(eta)], out[np.isneginf(eta)] = (top, 0.0) if rising else (0.0, top)
    return out


@pooling.register(GeneralizedFittedModel)
def pooling_generalized(fit: GeneralizedFittedModel, group: str | None = None) -> GeneralizedPooling:
    """`pooling` for a fit of `glmer`, on the scale of the linear predictor.

    n               rows of the level, of a binomial family its trials
    no_pooling      by maximum likelihood with the level's own coefficients, as `glm` has it; infinite where the level's
                    responses are at one end (no successes, or nothing else): there is no finite estimate
    complete        as `glm` without the group; among other grouping factors their variances are held
    factor          se_multi^2 relative to the variance of the random effects
    weighted_12_1   with these factors; NaN where no pooling has no finite estimate
    """
    return pooled(fit, of.positions_of(fit, group)).record()


def complete_coefficients(fit: GeneralizedFittedModel, group: str) -> Array:
    """beta (p,) of complete pooling of a grouping factor."""
    return complete_pooling(pooled(fit, of.positions_of(fit, group)).rows)


@dataclass(frozen=True, eq=False)
class Pooled:
    """The three fits of one grouping factor; `positions` are its terms."""

    fit: GeneralizedFittedModel
    positions: Sequence[int]

    @property
    def group(self) -> str:
        return self.fit.design.random[self.positions[0]].group

    @cached_property
    def names(self) -> tuple[str, ...]:
        return tuple(column for i in self.positions for column in self.fit.design.random[i].columns)

    @cached_property
    def rows(self) -> LevelRows:
        """The data about the factor."""
        fit, chosen = self.fit, set(self.positions)
        terms = rows_of(fit.rows).terms
        n = fit.design.n
        Z = [np.ones((n, 1)) if terms[i].Z is None else np.asarray(terms[i].Z, float) for i in self.positions]
        others = [i for i in range(len(terms)) if i not in chosen]
        pieces = fit.covariances.pieces(fit.par)
        return LevelRows(
            X=dense(fit.rows.X),
            Z=np.hstack(Z),
            codes=terms[self.positions[0]].codes,
            J=terms[self.positions[0]].n_levels,
            responses=replace(fit.optimum.laplace.responses, family=fit.family),
            others=tuple(terms[i] for i in others),
            covariances=tuple(fit.covariances.families[i] for i in others),
            par=np.concatenate([pieces[i] for i in others]) if others else np.zeros(0),
        )

    def sums(self, eta: Array, moved: Array | None = None, observed: bool = False) -> LevelSums:
        """The factor's sums under the working weights at a linear predictor."""
        fit = self.fit
        responses = self.rows.responses if moved is None else self.rows.without(moved)
        at = working(fit.devfun.structure, responses, eta, observed)
        return sums_of(at, fit.optimum.points, fit.devfun.structure.place[self.positions[0]][0], len(fit.beta))

    @cached_property
    def multilevel(self) -> NoPooling:
        """The multilevel fit's sums, and which columns of X its levels span."""
        return no_pooling(self.sums(self.fit.eta, observed=self.fit.optimum.laplace.criterion.observed))

    @cached_property
    def H(self) -> Array:
        """What the fixed effects add to the levels' coefficients (J, L, a)."""
        return level_columns(self.multilevel)

    @cached_property
    def led(self) -> Unpooled:
        return unpooled(self.rows, self.fit.devfun.structure, self.multilevel, self.fit.eta)

    @cached_property
    def none(self) -> NoPooling:
        """No pooling, with standard errors by the scale of its own; of separated levels nothing is known."""
        sums = replace(self.sums(self.led.eta, self.led.moved), n=int(np.count_nonzero(~self.led.moved)))
        found = no_pooling(sums, 1.0)
        if self.fit.family.has_scale:
            found = no_pooling(sums, self._scale(found.df))
        known = found.known & (self.led.way == 0)
        return replace(found, known=known, se=np.where(known, found.se, np.nan))

    def _scale(self, df: int) -> float:
        """sqrt(phi) of no pooling, by Pearson's chi-square."""
        r, mu = self.rows.responses, self.fit.family.mu(self.led.eta)
        pearson = float(np.sum(r.weights * (r.y - mu) ** 2 / self.fit.family.variance(mu)))
        return float(np.sqrt(pearson / df)) if df > 0 else float("nan")

    def record(self) -> GeneralizedPooling:
        fit, none, led = self.fit, self.none, self.led
        dropped = tuple(fit.design.X_names[self.multilevel.aliased[c]] for c in of.group_level(self.H))
        frame, errors = self.estimates()
        unit = fit.sigma**2 / self.mean_weight
        variances = np.diag(of.covariance(fit, self.positions)) * self.mean_weight
        equal = np.divide(1, variances, out=np.full_like(variances, np.inf), where=variances > 0)
        second = pd.DataFrame(columns=[*SECOND_LEVEL], dtype=float)
        if dropped:
            second = of.second_level(fit, none, level_columns(none))
        labels = of.levels_of(fit, self.group)[1]
        separated = tuple(str(level) for level in labels[np.any(led.way != 0, axis=1)])
        return GeneralizedPooling(
            frame=frame,
            group=self.group,
            coefficients=self.names,
            ratio=of.by_coefficient(self.names, variances),
            n_equal=of.by_coefficient(self.names, equal),
            icc=of.icc_of(fit, self.positions, 1 / self.mean_weight),
            errors=NamedVector(errors),
            matrices=self.multilevel.sums.level_shares,
            slopes=self._slopes(),
            sigma_no=none.sigma,
            df_no=none.df,
            dropped=dropped,
            second_level=second,
            notes=self._notes(dropped, separated),
            family=fit.family,
            link_variance=unit,
            separated=separated,
        )

    @property
    def mean_weight(self) -> float:
        """Working weight, without phi, of one observation: of a binomial family of one trial."""
        return float(np.sum(self.fit.optimum.working_weights) / np.sum(self.rows.responses.weights))

    def estimates(self) -> tuple[pd.DataFrame, dict[str, float]]:
        """The table, and the largest errors of the two weighted averages."""
        fit, none, led = self.fit, self.none, self.led
        multi, sums = self.multilevel, self.multilevel.sums
        mu, modes = of.of_fixed(multi, self.H, fit.beta), of.modes_of(fit, self.group)
        complete = of.of_fixed(multi, self.H, complete_pooling(self.rows))
        multilevel = mu + modes
        own = np.where(none.known, none.own, np.nan)
        runs = led.way != 0
        weighted = sums.averaged(complete, none.own)
        if led.moved.any():
            weighted = np.where(np.any(runs, axis=1)[:, None], np.nan, weighted)
        exact = sums.averaged(mu, np.where(np.isnan(mu), 0, mu) + of.own_given(sums, fit.beta))
        columns = {
            "no_pooling": np.where(runs, np.copysign(np.inf, led.way), own),
            "se_no": none.se,
            "complete": complete,
            "multilevel": multilevel,
            "se_multi": se_ranef(fit)[self.group].to_numpy(),
            "weighted_12_1": weighted,
            "factor": np.diagonal(sums.level_shares, axis1=1, axis2=2),
        }
        frame = of.table(fit, self.group, self.names, columns)
        if fit.family.word == "binomial":
            frame["n"] = np.tile(self._trials(), len(self.names))
        errors = {"mu = fixef": of.largest(exact - multilevel), "grand mean (12.1)": of.largest(weighted - multilevel)}
        return frame, errors

    def _trials(self) -> Array:
        """Trials of each level (J,), whole numbers if they are."""
        found = np.bincount(self.rows.codes, self.rows.responses.weights, self.rows.J)
        return found.astype(int) if np.array_equal(found, np.round(found)) else found

    def _slopes(self) -> NamedVector:
        """The other fixed effects without pooling; infinite ones as NaN."""
        none, names = self.none, self.fit.design.X_names
        beta = np.full(len(names), np.nan)
        beta[none.kept] = none.beta
        beta[self.led.running] = np.nan
        kept = self.multilevel.kept
        return NamedVector(beta[kept], index=[names[k] for k in kept], dtype=float, copy=True)

    def _notes(self, dropped: tuple[str, ...], separated: tuple[str, ...]) -> tuple[str, ...]:
        notes = list(of.notes_on(self.group, self.none, dropped, self.led.way != 0))
        if separated:
            count = "1 level" if len(separated) == 1 else f"{len(separated)} levels"
            notes.append(
                f"the responses of {count} of {self.group} are separated by their own coefficients: no pooling has no "
                "finite estimate there"
            )
        runs = [self.fit.design.X_names[k] for k in np.flatnonzero(self.led.running)]
        if runs:
            notes.append(f"no pooling has no finite estimate of {', '.join(runs)}: with the levels they separate")
        return tuple(notes)
