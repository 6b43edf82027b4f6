"""getME: the components of a fit under lme4's names."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy import sparse

from ..errors import ArgumentError
from ..fit.fitted_model import FittedModel
from ..fit.words import word
from ..numerics.linalg import Array, Codes
from . import system
from .fixed import fixef
from .likelihood import criterion
from .random import factors
from .records import NamedVector
from .rows import raw_matrix
from .variances import term_names


@word
def getME(fit: FittedModel, name: str | Sequence[str]) -> Any:
    """A component of the fit by lme4's name, or a dict of several for a list of names.

    fit   a fit of `lmer`
    name  one of the names below, or a list of them; "ALL" gives all but L and RZX

    Design: X (n, p), Z (n, q) and Zt sparse, Ztlist, mmList, y, offset, flist, cnms. Estimates: beta, fixef, theta,
    par, sigma, u, b, mu. Covariance: Lambda and Lambdat (q, q) sparse, Lind (places in theta of Lambdat's entries,
    from 0), Tlist, ST, lower. Factors: A = Lambda'Z', L, RZX, RX (L and RZX unpermuted). Sizes: N, n, p, q, p_i, l_i,
    q_i, k, m, m_i, Gp, Tp, n_rtrms, n_rfacs. Also REML, is_REML, devcomp, devfun.

    Raises ArgumentError for any other name.

    >>> import pylmer
    >>> fit = pylmer.lmer("Reaction ~ Days + (Days | Subject)", pylmer.datasets.load("sleepstudy"))
    >>> pylmer.getME(fit, ["p", "q"])
    {'p': 2, 'q': 36}
    """
    return component(fit, name, COMPONENTS, {"L", "RZX"})


def component(
    fit: Any, name: str | Sequence[str], known: Mapping[str, Callable[[Any], Any]], skipped: Collection[str]
) -> Any:
    """One of the components that are known for this kind of fit, or several; "ALL" for all but those skipped."""
    if isinstance(name, str) and name == "ALL":
        return component(fit, [each for each in known if each not in skipped], known, skipped)
    if not isinstance(name, str):
        return {each: component(fit, each, known, skipped) for each in name}
    if name not in known:
        raise ArgumentError(f"getME() knows no {name!r}; it knows {', '.join(known)}")
    return _copied(known[name](fit))


def _copied(value: Any) -> Any:
    """Arrays are copies, for those of the fit cannot be written to."""
    if isinstance(value, dict):
        return {key: _copied(each) for key, each in value.items()}
    return value.copy() if isinstance(value, np.ndarray | sparse.csr_array) else value


@dataclass(frozen=True, eq=False)
class DevComp:
    """lme4's components of the deviance: `cmp` (numbers) and `dims` (sizes), each by name."""

    cmp: pd.Series[float]
    dims: pd.Series[int]


def _widths(fit: FittedModel) -> list[int]:
    return [len(term.columns) for term in fit.design.random]


def _levels(fit: FittedModel) -> list[int]:
    return [len(term.levels) for term in fit.design.random]


def _sizes(fit: FittedModel) -> list[int]:
    return [width * levels for width, levels in zip(_widths(fit), _levels(fit), strict=True)]


def _theta_sizes(fit: FittedModel) -> list[int]:
    return [len(names) for names in fit.covariances.theta_names_by_term]


def _pointers(sizes: Sequence[int]) -> Codes:
    return np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)


def _by_term(fit: FittedModel, values: Sequence[int]) -> NamedVector:
    return NamedVector(list(values), index=[term.label for term in fit.design.random], dtype=int)


def _labelled(fit: FittedModel, values: Sequence[Any]) -> dict[str, Any]:
    """By group; a second term on a group gets its number, as in VarCorr."""
    return dict(zip(term_names([term.group for term in fit.design.random]), values, strict=True))


def _theta(fit: FittedModel) -> NamedVector:
    return NamedVector(fit.theta, index=list(fit.covariances.theta_names), copy=True)


def _par(fit: FittedModel) -> NamedVector:
    return NamedVector(fit.par, index=list(fit.covariances.names), copy=True)


def _lower(fit: FittedModel) -> NamedVector:
    return NamedVector(fit.devfun.lower, index=list(fit.covariances.names))


def _scaled_T(T: Array) -> Array:
    """S on the diagonal, the unit lower triangle of T = (unit lower) S below (lme4's ST)."""
    diagonal = np.diag(T).copy()
    scale = np.where(diagonal == 0, 1.0, diagonal)
    out = np.asarray(T / scale)
    np.fill_diagonal(out, diagonal)
    return out


def _zt_list(fit: FittedModel) -> dict[str, sparse.csr_array]:
    """Per column of each term its rows of Z': (J, n)."""
    out: dict[str, sparse.csr_array] = {}
    for term in fit.rows.random:
        matrix, width = sparse.csr_array(term.Zt), len(term.columns)
        out |= {f"{term.group}.{column}": matrix[k::width] for k, column in enumerate(term.columns)}
    return out


def _mm_list(fit: FittedModel) -> dict[str, pd.DataFrame]:
    return {term.label: raw_matrix(fit, i) for i, term in enumerate(fit.design.random)}


def _flist(fit: FittedModel) -> dict[str, pd.Categorical[str]]:
    first = {group: fit.rows.random[where[0]] for group, where in factors(fit).items()}
    return {group: pd.Categorical.from_codes(term.codes, pd.Index(term.labels())) for group, term in first.items()}


def _lind(fit: FittedModel) -> Codes:
    """Places in theta, from 0, of the stored entries of Lambda' in its column order."""
    starts, out = _pointers(_theta_sizes(fit)), []
    terms = zip(fit.covariances.families, fit.design.random, starts, strict=False)
    for family, term, start in terms:
        stored = family.theta_places[family.theta_places >= 0]  # row by row of the template
        out.append(np.tile(stored + start, len(term.levels)))
    return np.concatenate(out)


def _devcomp(fit: FittedModel) -> DevComp:
    n, p, s = fit.design.n, len(fit.beta), fit.solution
    w = np.ones(n) if fit.rows.weights is None else fit.rows.weights
    wrss, ussq = float(w @ (fit.rows.y - fit.mu) ** 2), float(fit.u @ fit.u)
    cmp = {
        "ldL2": s.logdet_V + float(np.log(w).sum()),
        "ldRX2": s.logdet_XtVX,
        "wrss": wrss,
        "ussq": ussq,
        "pwrss": wrss + ussq,
        "drsum": np.nan,
        "REML": criterion(fit, True) if fit.REML else np.nan,
        "dev": np.nan if fit.REML else criterion(fit, False),
        "sigmaML": float(np.sqrt(s.r2 / n)),
        "sigmaREML": float(np.sqrt(s.r2 / (n - p))) if n > p else np.nan,
    }
    dims = {"N": n, "n": n, "p": p, "nmp": n - p, "q": sum(_sizes(fit)), "nth": len(fit.theta), "useSc": 1}
    dims |= {"reTrms": len(fit.design.random), "spFe": int(sparse.issparse(fit.rows.X)), "REML": p * fit.REML}
    return DevComp(pd.Series(cmp), pd.Series(dims | {"GLMM": 0, "NLMM": 0}))


COMPONENTS: dict[str, Callable[[FittedModel], Any]] = {
    "X": lambda fit: fit.rows.X,
    "Z": lambda fit: sparse.csr_array(system.Zt(fit).T),
    "Zt": system.Zt,
    "Ztlist": _zt_list,
    "mmList": _mm_list,
    "y": lambda fit: fit.rows.y,
    "mu": lambda fit: fit.mu,
    "u": lambda fit: fit.u,
    "b": lambda fit: fit.b,
    "Gp": lambda fit: _pointers(_sizes(fit)),
    "Tp": lambda fit: _pointers(_theta_sizes(fit)),
    "L": lambda fit: system.system(fit).L,
    "Lambda": system.Lambda,
    "Lambdat": lambda fit: sparse.csc_array(system.Lambda(fit).T),
    "Lind": _lind,
    "Tlist": lambda fit: _labelled(fit, fit.solution.T),
    "A": lambda fit: sparse.csr_array(system.Lambda(fit).T @ system.Zt(fit)),
    "RX": lambda fit: pd.DataFrame(system.RX(fit), index=fit.design.X_names, columns=fit.design.X_names),
    "RZX": lambda fit: pd.DataFrame(system.system(fit).RZX, columns=fit.design.X_names),
    "sigma": lambda fit: fit.sigma,
    "flist": _flist,
    "fixef": lambda fit: fixef(fit),
    "beta": lambda fit: fit.beta,
    "theta": _theta,
    "par": _par,
    "ST": lambda fit: _labelled(fit, [_scaled_T(T) for T in fit.solution.T]),
    "REML": lambda fit: len(fit.beta) * fit.REML,
    "is_REML": lambda fit: fit.REML,
    "n_rtrms": lambda fit: len(fit.design.random),
    "n_rfacs": lambda fit: len(factors(fit)),
    "N": lambda fit: fit.design.n,
    "n": lambda fit: fit.design.n,
    "p": lambda fit: len(fit.beta),
    "q": lambda fit: sum(_sizes(fit)),
    "p_i": lambda fit: _by_term(fit, _widths(fit)),
    "l_i": lambda fit: _by_term(fit, _levels(fit)),
    "q_i": lambda fit: _by_term(fit, _sizes(fit)),
    "k": lambda fit: len(fit.design.random),
    "m_i": lambda fit: _by_term(fit, _theta_sizes(fit)),
    "m": lambda fit: len(fit.theta),
    "cnms": lambda fit: _labelled(fit, [list(term.columns) for term in fit.design.random]),
    "devcomp": _devcomp,
    "offset": lambda fit: np.zeros(fit.design.n) if fit.rows.offset is None else fit.rows.offset,
    "lower": _lower,
    "devfun": lambda fit: fit.devfun,
}
