"""`influence`: a mixed model without each group of rows in turn, and what is computed from that."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from ..errors import ArgumentError, note
from ..extract import NamedVector, VarCorr, fixef, vcov, word
from ..extract.variances import term_names
from ..fit.base import Fit
from ..fit.fitted_model import FittedModel
from ..fit.generalized import GeneralizedFittedModel
from ..fit.given_parameters import GIVEN
from ..fit.words import several
from ..functions import as_factor, read_columns
from ..language import known_as
from ..language.suggest import did_you_mean
from ..numerics.linalg import Array, Codes
from ..text import Shown
from ..text.arguments import written
from .refits import Refits, refits

Mixed = FittedModel | GeneralizedFittedModel
THETA = ("estimated", "held")
SHOWN = 6  # groups named in a note


@dataclass(frozen=True, eq=False, repr=False)
class Influence(Shown):
    """A mixed model and its estimates without each group of rows, as lme4's influence.merMod.

    Prints the deletions that change the fixed effects most.

    groups           what was left out: the name of a grouping factor or column, or "case" for single rows
    fixef            (p,) of the whole;       fixef_deleted    (G, p), a row per deletion
    var_cov          sigma^2 (if there is a scale), then variances v[x] and covariances C[z,x];  var_cov_deleted (G, k)
    vcov             (p, p) of fixef;         vcov_deleted     (G p, p), indexed by (group, name)
    theta            "estimated" or "held"
    failed           group -> why there is no fit without it; its rows are NaN
    number           of groups or rows that might be left out, G unless `obs` chose some
    """

    groups: str
    fixef: NamedVector
    fixef_deleted: pd.DataFrame
    var_cov: NamedVector
    var_cov_deleted: pd.DataFrame
    vcov: pd.DataFrame
    vcov_deleted: pd.DataFrame
    theta: str
    failed: dict[Any, str]
    number: int

    @property
    def deleted(self) -> pd.Index[Any]:
        """What was left out, in the order of the rows."""
        return self.fixef_deleted.index


@word
def influence(fit: FittedModel, groups: Any = None, *, obs: Any = None, theta: str = "estimated") -> Influence:
    """Fit again without each level of a factor, or without each row; lme4's `influence`, influence.ME.

    fit     a fit of `lmer`
    groups  name of a grouping factor ("county", "cask:batch") or of a column of the data; None, the default: single
            rows
    obs     labels of the rows to leave out, one at a time; None, the default: all
    theta   "estimated" (the default) anew in each deletion, as lme4 does, or "held" at that of the whole fit; beta and
            sigma are estimated anew in either case; a fit whose theta is held (`at_theta`) keeps it

    `cooks_distance`, `dfbeta` and `dfbetas` take the result. The rows are not read again: each deletion is the
    cross-products of the whole less those of the rows left out, and starts from the optimum of the whole and from a
    scan; with one grouping factor, or nested ones, all are solved at once. A group without which nothing can be fitted
    (fewer than two levels left, dependent columns of X) gives NaN, and a FitNote names it. Deletions stand as in
    lme4: in the order in which the groups appear in the rows of the fit, which need not be that of the factor's levels.

    Source: Demidenko & Stukel (2005), Statistics in Medicine 24, 893-909. Raises ArgumentError for an unknown group or
    row, and for a fit whose parameters were given.

    >>> import pylmer
    >>> fit = pylmer.lmer("Reaction ~ Days + (Days | Subject)", pylmer.datasets.load("sleepstudy"))
    >>> found = influence(fit, "Subject")
    >>> found
    Influence of each Subject: 18 deletions, theta estimated
    Largest Cook's distances, and changes in standard errors (dfbetas):
        cooks_distance (Intercept)   Days
    309         0.1320      0.4109  0.310
    335         0.1151     -0.0950  0.556
    337         0.1120     -0.3336 -0.325
    310         0.0982      0.4276  0.158
    308         0.0821      0.0587 -0.449
    370         0.0815      0.3557 -0.284
    >>> found.fixef_deleted.round(2).head(2)
         (Intercept)   Days
    308       251.83   9.80
    309       254.13  10.95
    >>> pylmer.cooks_distance(found).round(3).head(2).to_dict()
    {'308': 0.082, '309': 0.132}
    """
    if theta not in THETA:
        raise ArgumentError(f"theta={theta!r}: wanted one of {', '.join(map(repr, THETA))}")
    if fit.optimum.optimizer == GIVEN:
        raise ArgumentError(
            "influence() compares estimates, and the parameters of this fit were given (makeLmer, extend): "
            "refit(fit, fit.rows.y) estimates them"
        )
    codes, labels = left_out(fit, groups, obs)
    theta = "held" if fit.optimum.held else theta
    found = refits(fit.devfun, fit.optimum.points, codes, len(labels), theta == "held")
    return recorded(fit, groups, labels, found, theta)


def left_out(fit: Mixed, groups: Any, obs: Any) -> tuple[Codes, pd.Index[Any]]:
    """Codes (n,) of the deletions, -1 for none, and their labels; ArgumentError for what is unknown."""
    if groups is not None and obs is not None:
        raise ArgumentError("influence() leaves out groups or single rows: give groups or obs, not both")
    if isinstance(groups, pd.Series | pd.DataFrame | pd.Index | np.ndarray):
        raise ArgumentError(
            f"groups= is the name of a grouping factor or of a column of the data, found {type(groups).__name__}; "
            "put groups of your own into the data as a column"
        )
    return _rows(fit, obs) if groups is None else group_codes(fit, groups)


def recorded(fit: Mixed, groups: Any, labels: pd.Index[Any], found: Refits, theta: str) -> Influence:
    """The record of the deletions, with a note of those without a fit."""
    failed = {labels[group]: why for group, why in sorted(found.failed.items())}
    if failed:
        note(without_fits(failed))
    number = fit.design.n if groups is None else len(labels)
    return _record(fit, "case" if groups is None else str(groups), labels, found, theta, failed, number)


def without_fits(failed: dict[Any, str]) -> str:
    """What to say of deletions without a fit."""
    listed = "; ".join(f"without {label!r}: {why}" for label, why in list(failed.items())[:SHOWN])
    rest = len(failed) - SHOWN
    return f"no fit (NaN) for {len(failed)} deletion(s): {listed}{f'; and {rest} more' if rest > 0 else ''}"


def _record(
    fit: Mixed, groups: str, labels: pd.Index[Any], found: Refits, theta: str, failed: Any, number: int
) -> Influence:
    names, beta = list(fit.design.X_names), fixef(fit)
    pairs = pd.MultiIndex.from_product([labels, names])
    components, kinds = _components(fit, found.sigma, found.Sigma), _component_names(fit)
    whole = _components(fit, np.array([fit.sigma]), [np.asarray(V)[None] for V in VarCorr(fit).values()])
    return Influence(
        groups=groups,
        fixef=beta,
        fixef_deleted=pd.DataFrame(found.beta, index=labels, columns=names),
        var_cov=NamedVector(whole[0], index=kinds),
        var_cov_deleted=pd.DataFrame(components, index=labels, columns=kinds),
        vcov=vcov(fit),
        vcov_deleted=pd.DataFrame(found.vcov.reshape(len(pairs), len(names)), index=pairs, columns=names),
        theta=theta,
        failed=failed,
        number=number,
    )


def _lower(width: int) -> list[tuple[int, int]]:
    return [(i, j) for j in range(width) for i in range(j, width)]


def _components(fit: Mixed, sigma: Array, Sigma: Iterable[Array]) -> Array:
    """sigma^2 and the lower triangles of the covariances: (G, k)."""
    parts = [V[:, i, j] for V in Sigma for i, j in _lower(V.shape[1])]
    return np.column_stack([*([sigma**2] if fit.scaled else []), *parts])


def _component_names(fit: Mixed) -> list[str]:
    """lme4's names, with the factor in front where there are several terms."""
    terms = fit.design.random
    out = ["sigma^2"] if fit.scaled else []
    for group, term in zip(term_names([term.group for term in terms]), terms, strict=True):
        front = f"{group}:" if len(terms) > 1 else ""
        for i, j in _lower(len(term.columns)):
            name = term.columns[i] if i == j else f"{term.columns[i]},{term.columns[j]}"
            out.append(f"{front}{'v' if i == j else 'C'}[{name}]")
    return out


# --- what is left out ------------------------------------------------------------------------------------------------


def _rows(fit: Mixed, obs: Any) -> tuple[Codes, pd.Index[Any]]:
    index = fit.rows.index
    if obs is None:
        return np.arange(len(index)), index
    labels: list[Any] = several(obs)
    for label in labels:
        if not is_label(label):
            raise ArgumentError(f"obs: wanted labels of rows, found {written(label)}")
    wanted = pd.Index(labels)
    place = index.get_indexer_for(wanted) if index.is_unique else np.array([_position(index, one) for one in wanted])
    if np.any(place < 0):
        lost = ", ".join(map(repr, wanted[place < 0][:SHOWN].tolist()))
        raise ArgumentError(f"obs: no row of the fit is called {lost}; its rows are {index[0]!r} to {index[-1]!r}")
    if not wanted.is_unique:
        raise ArgumentError(f"obs: row {wanted[wanted.duplicated()].tolist()[0]!r} is named twice")
    codes = np.full(len(index), -1)
    codes[place] = np.arange(len(wanted))
    return codes, wanted


def is_label(label: Any) -> bool:
    """Whether an index can have this label."""
    return not isinstance(label, np.ndarray | np.void | slice) and isinstance(label, Hashable)


def _position(index: pd.Index[Any], label: Any) -> int:
    found = np.flatnonzero(index == label)
    if len(found) > 1:
        raise ArgumentError(f"obs: {len(found)} rows are called {label!r}; give the data an index without repeats")
    return int(found[0]) if len(found) else -1


def group_codes(fit: Fit, name: Any, argument: str = "groups") -> tuple[Codes, pd.Index[Any]]:
    """Codes (n,) of the rows and labels of the groups that have rows, in the order in which they appear.

    name  a grouping factor or a column, as an argument of this name gives it; ArgumentError if it is neither
    """
    codes, labels = _levels(fit, name, argument)
    present = pd.unique(codes[codes >= 0])
    places = np.full(len(labels) + 1, -1)
    places[present] = np.arange(len(present))
    return places[codes], pd.Index(np.array([labels[int(k)] for k in present], dtype=object))


def _levels(fit: Fit, name: Any, argument: str) -> tuple[Codes, Sequence[str]]:
    rows = fit.rows
    columns = {} if fit.request.data is None else read_columns(fit.request.data)
    known = list(dict.fromkeys([*(term.group for term in rows.random), *columns, *rows.variables]))
    meant = known_as(name, known) or ""
    for term in rows.random:
        if term.group == meant:
            return term.codes, term.labels()
    if meant in columns:
        factor = as_factor(columns[meant])
        return np.asarray(factor.codes)[rows.kept], factor.levels.labels()
    if meant in rows.variables:
        factor = as_factor(rows.variables[meant])
        return np.asarray(factor.codes), factor.levels.labels()
    factors = ", ".join(repr(group) for group in dict.fromkeys(term.group for term in rows.random)) or "none"
    raise ArgumentError(
        f"{argument}={name!r}: neither a grouping factor of the model ({factors}) nor a column of the data"
        f"{did_you_mean(str(name), known)}"
    )
