"""Records that are made again otherwise than of their fields: what computes stays behind, and is built anew."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, replace
from functools import partial
from typing import Any

import pandas as pd

from ..design import DesignRows, InMemory, ModelData
from ..engine.covariance.points import Points
from ..engine.sums.gram import Gram
from ..errors import DataError, FitNote
from ..fit.devfun import Devfun, covariances_of, devfun_of_sums, make_devfun, rows_of
from ..fit.fitted_model import FittedModel
from ..fit.optimum import Optimum
from ..fit.solution import Solution
from ..functions import Columns, Value
from ..numerics.linalg import Array
from ..options import Control
from .admitted import admitted

FAR = "orthogonal"  # the engine of factors of the rows in place of sums


# --- small ones -----------------------------------------------------------------------------------------------------


def _columns_parts(columns: Columns) -> dict[str, Any]:
    """All columns that a formula can read; others are of no use to a fit."""
    found = {name: value for name in columns if (value := _readable(columns, name)) is not None}
    return {"values": found, "n": columns.n, "index": columns.index, "twice": columns.twice}


def _readable(columns: Columns, name: str) -> Value:
    try:
        return columns[name]
    except DataError:
        return None


def _itself(value: Any) -> Any:
    return value


def _columns(values: Mapping[str, Value], n: int, index: pd.Index[Any], twice: frozenset[str]) -> Columns:
    return Columns({name: partial(_itself, value) for name, value in values.items()}, n, index, twice)


def _coder_parts(coder: Any) -> dict[str, Any]:
    names = ("labels", "intercept", "blanks", "codings", "output")
    return {name: getattr(coder, name) for name in names}


def _coder(**parts: Any) -> Any:
    from ..design.coder import coder_of  # late: formulaic is large, and most formulas do without

    return coder_of(**parts)


def _without(name: str) -> Callable[[Any], dict[str, Any]]:
    """The fields of a record, but for one that is none of its meaning."""
    return lambda record: {each.name: getattr(record, each.name) for each in fields(record) if each.name != name}


def plain_solution(solution: Solution) -> Solution:
    """The estimates with all their numbers, where some are computed when they are asked for."""
    return Solution(**{each.name: getattr(solution, each.name) for each in fields(Solution)})


# --- the criterion of lmer: sums, or the factors in their place -------------------------------------------------------


def _devfun_parts(devfun: Devfun) -> dict[str, Any]:
    """With a factor absorbed the sums of all columns are formed of the rows, if they are asked for."""
    engine = devfun.criterion.engine if devfun.absorbed is None else None
    far = {name: getattr(engine, name) for name in ("root", "half", "within")} if _is_far(engine) else None
    gram = None if engine is None else engine.gram
    return {"data": devfun.data, "gram": gram, "REML": devfun.REML, "control": devfun.control, "far": far}


def _is_far(engine: Any) -> bool:
    return engine is not None and engine.name == FAR


def _devfun(
    data: ModelData, gram: Gram | None, REML: bool, control: Control, far: Mapping[str, Array] | None
) -> Devfun:
    if gram is None:
        return make_devfun(data, REML, control)
    if far is not None:
        return _far_devfun(data, gram, REML, control, far)
    rows = rows_of(data.rows) if control.engine == "dense" and isinstance(data.source, InMemory) else None
    chosen = replace(control, engine="auto") if control.engine == "dense" and rows is None else control
    return replace(devfun_of_sums(data, gram, REML, chosen, rows), control=control)


def _far_devfun(data: ModelData, gram: Gram, REML: bool, control: Control, far: Mapping[str, Array]) -> Devfun:
    from ..engine.criterion.profiled import Criterion
    from ..engine.factorization.orthogonal import OrthogonalEngine  # of few responses

    engine = OrthogonalEngine.of_factors(gram, **far)
    return Devfun(data, Criterion(engine, REML), covariances_of(data.design.random).on(gram.scaling.R_terms), control)


# --- fits: what they have computed goes with them ---------------------------------------------------------------------

COMPUTED: dict[str, tuple[str, ...]] = {
    "LmerFit": ("solution",),
    "GlmerFit": ("approximation", "effect_spread"),
    "LmFit": ("weighted", "sum_explained", "log_likelihood", "effects"),
    "LmList": (),
    "GlmFit": ("n_weighted", "null_deviance", "minus_2_log_likelihood", "dispersion", "unscaled"),
}
DROPPED = ("factorized",)  # of a fit, where the search has left it


def _fit_parts(fit: Any) -> dict[str, Any]:
    """The fields, and what a fit without its rows could not compute any more."""
    words = COMPUTED[type(fit).__name__]
    if isinstance(fit, FittedModel) and fit.devfun.absorbed is not None:
        words = ()  # as large as X'X, and made again of the rows
    known = {each.name: getattr(fit, each.name) for each in fields(fit) if each.name not in DROPPED}
    return {**known, "computed": {name: getattr(fit, name) for name in words}}


def _fit(name: str, computed: Mapping[str, Any], **known: Any) -> Any:
    fit = admitted(name)(**known)
    fit.__dict__.update(computed)
    return fit


# --- the table --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Special:
    """parts  what of a record stands in a file, by name; make  the record of these again."""

    parts: Callable[[Any], dict[str, Any]]
    make: Callable[..., Any]


SPECIALS = {
    "FitNote": Special(lambda note: {"text": str(note)}, lambda text: FitNote(text)),
    "Points": Special(lambda points: {"points": tuple(points)}, lambda points: Points(points)),
    "Columns": Special(_columns_parts, _columns),
    "Coder": Special(_coder_parts, _coder),
    "Optimum": Special(_without("factorized"), lambda **parts: Optimum(**parts)),
    "DesignRows": Special(_without("data"), lambda **parts: DesignRows(**parts)),  # it is the request's
    "Devfun": Special(_devfun_parts, _devfun),
    **{name: Special(_fit_parts, partial(_fit, name)) for name in COMPUTED},
}
