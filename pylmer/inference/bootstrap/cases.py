"""The case bootstrap: groups, groups within them, and rows are drawn with replacement, and the model is fitted anew.

A group that is drawn twice enters as two groups. Nothing about the distribution or the variances is assumed, only that
the units resampled are exchangeable (van der Leeden, Meijer & Busing 2008, in: Handbook of Multilevel Analysis, 11.4).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import singledispatch
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd

from ...design import ModelData
from ...design.rows_used import RowsUsed
from ...errors import ArgumentError, NumericalError
from ...extract import word
from ...extract.variances import term_names
from ...fit.devfun import make_devfun
from ...fit.fitted_model import FittedModel
from ...fit.fitting import fitted
from ...fit.generalized import GeneralizedFittedModel
from ...fit.optimum import optimize_devfun
from ...fit.request import Request
from ...functions import read_columns, taken_values
from ...functions.levels import TextLevels
from ...functions.values import take
from ...numerics.linalg import Codes
from ...simulation.drawing import Seed, generator, replicates
from .record import BootMer
from .replicating import Execution, bootstrap
from .statistics import Piece, Statistic, statistic
from .words import call_text, function_name

Mixed = FittedModel | GeneralizedFittedModel


@word
def case_bootstrap(
    fit: FittedModel,
    FUN: Any = None,
    nsim: int = 1,
    seed: Seed = None,
    *,
    resample: Sequence[bool] | None = None,
    progress: bool | None = None,
) -> BootMer:
    """Case bootstrap: resample groups, or rows within them, with replacement, and fit the model to them.

    fit       a fit of `lmer` or `glmer`
    FUN       the statistic, as in `bootMer`; None, the default: standard deviations, correlations, sigma, fixed effects
    nsim      number of replicates, each a fit of its own of several milliseconds; default 1
    seed      a whole number or a numpy Generator; None, the default: other draws every time
    resample  one True or False per grouping factor, the coarsest first, and a last one for the rows: whether the units
              of this level are resampled within those above. For `(1 | school/class)`, (True, False, False) draws
              schools with all that is in them. None, the default: the coarsest groups alone
    progress  True or False for a progress bar (tqdm); None, the default: if there is tqdm and a terminal

    The columns of the model matrix are those of the fit: `scale(x)` is not computed anew. Groups drawn twice are told
    apart as two groups, and what FUN fits by `update` or `ranova` has these rows and groups too. Replicates whose
    columns come to be dependent fail, and are counted. The record is as for `bootMer`.

    Source: van der Leeden, Meijer & Busing (2008), 11.4. Raises ArgumentError for `resample` of the wrong length or
    with nothing to resample, and for crossed factors, whose groups cannot be drawn independently.

    >>> import pylmer
    >>> fit = pylmer.lmer("Reaction ~ Days + (Days | Subject)", pylmer.datasets.load("sleepstudy"))
    >>> case_bootstrap(fit, pylmer.fixef, nsim=5, seed=1).t.shape
    (5, 2)
    """
    return resampled_cases(fit, FUN, nsim, seed, resample, progress)


def resampled_cases(
    fit: Mixed, FUN: Any, nsim: int, seed: Seed, resample: Sequence[bool] | None, progress: bool | None
) -> BootMer:
    """The case bootstrap of any mixed model."""
    count, rng, how = replicates(nsim), generator(seed), Execution(progress, what="case bootstrap")
    hierarchy = _hierarchy(fit)
    flags = _flags(hierarchy, resample)
    read = statistic(fit, FUN)
    given = {"FUN": function_name(FUN), "nsim": count, "seed": seed}
    call = call_text("case_bootstrap", given, dict.fromkeys(given) | {"nsim": 1})
    found = _replicates(fit, hierarchy, flags, read, count, rng)
    return bootstrap(fit, found, read, count, how, seed=seed, sim="case", call=call)


@dataclass(frozen=True, eq=False)
class GroupingFactor:
    """One grouping factor: its name and the level of each row (n,)."""

    group: str
    codes: Codes


def _hierarchy(fit: Mixed) -> list[GroupingFactor]:
    """The grouping factors, coarsest first; ArgumentError if they are crossed."""
    levels = {term.group: GroupingFactor(term.group, term.codes) for term in fit.rows.random}
    ordered = sorted(levels.values(), key=lambda level: int(level.codes.max()))
    for above, below in pairwise(ordered):
        if len(np.unique(np.column_stack([above.codes, below.codes]), axis=0)) > len(np.unique(below.codes)):
            raise ArgumentError(
                f"case_bootstrap() wants nested grouping factors; {below.group} is not nested in {above.group}: "
                "use resid_bootstrap() or bootMer()"
            )
    return ordered


def _flags(hierarchy: Sequence[GroupingFactor], resample: Any) -> tuple[bool, ...]:
    names = [*(level.group for level in hierarchy), "the rows"]
    if resample is None:
        return (True, *[False] * len(hierarchy))
    flags = tuple(resample) if isinstance(resample, Sequence) else ()
    if len(flags) != len(names) or not all(isinstance(flag, bool | np.bool_) for flag in flags):
        raise ArgumentError(f"resample={resample!r}: wanted {len(names)} of True or False, for {', '.join(names)}")
    if not any(flags):
        raise ArgumentError("resample: nothing would be resampled; set one to True")
    return flags


def _replicates(
    fit: Mixed,
    hierarchy: Sequence[GroupingFactor],
    flags: Sequence[bool],
    read: Statistic,
    nsim: int,
    rng: np.random.Generator,
) -> Iterator[tuple[Piece, int]]:
    for _ in range(nsim):
        rows, copies = resampled_rows([level.codes for level in hierarchy], flags, rng)
        data = taken(fit.data, rows, {level.group: codes for level, codes in zip(hierarchy, copies, strict=True)})
        try:
            model = refitted(fit, data, rows)
        except NumericalError as error:
            yield Piece(0, np.full((1, len(read.t0)), np.nan), {0: str(error)}), 0
            continue
        yield read.piece(0, model), int(model.optimum.points.singular())


@singledispatch
def refitted(fit: Any, data: ModelData, rows: Codes) -> Any:
    """The model of `fit` for the data of some of its rows, without issuing notes."""
    raise ArgumentError(f"wanted a fit of lmer() or glmer(), found {type(fit).__name__}")


@refitted.register(FittedModel)
def _refitted_linear(fit: FittedModel, data: ModelData, rows: Codes) -> FittedModel:
    devfun = make_devfun(data, fit.REML, fit.control)
    return fitted(type(fit), asked_of(fit, data, rows), devfun, optimize_devfun(devfun))


def asked_of(fit: Mixed, taken: ModelData, rows: Codes) -> Request:
    """What would have to be asked to fit these rows: the data at them, and the variables as they are taken."""
    request, positions = fit.request, fit.rows.used.positions
    at = rows if positions is None else positions[rows]
    data = None if request.data is None else read_columns(request.data).taken(at)
    env = taken_values(request.env or {}, fit.design.n_total, at)
    given: dict[str, Any] = {
        "data": data,
        "env": env,
        "subset": None,
        "na_action": "omit",
        "start": None,
        "known": taken.known,
    }
    if request.weights is not None:
        given["weights"] = taken.weights
    if request.offset is not None and taken.offset is not None:
        given["offset"] = taken.offset - taken.spec.offset(data if data is not None else env)
    return replace(request, **given)


def resampled_rows(
    levels: Sequence[Codes], flags: Sequence[bool], rng: np.random.Generator
) -> tuple[Codes, list[Codes]]:
    """Rows drawn (m,), and per grouping factor, coarsest first, the new group of each (m,): 0, 1, ... as drawn."""
    groups = [np.arange(len(levels[0]))]  # the rows of each group drawn so far
    copies: list[Codes] = []
    for codes, flag in zip(levels, flags, strict=False):
        units = [_drawn(split_by(codes[rows], rows), flag, rng) for rows in groups]
        parents = np.repeat(np.arange(len(groups)), [len(each) for each in units])
        groups = [rows for each in units for rows in each]
        copies = [*(above[parents] for above in copies), np.arange(len(groups))]
    if flags[-1]:
        groups = [rows[rng.integers(0, len(rows), len(rows))] for rows in groups]
    sizes = [len(rows) for rows in groups]
    return np.concatenate(groups), [np.repeat(numbers, sizes) for numbers in copies]


def _drawn(units: list[Codes], flag: bool, rng: np.random.Generator) -> list[Codes]:
    return [units[k] for k in rng.integers(0, len(units), len(units))] if flag else units


def split_by(codes: Codes, rows: Codes) -> list[Codes]:
    """The rows of each code, in order."""
    order = np.argsort(codes, kind="stable")
    return np.split(rows[order], np.flatnonzero(np.diff(codes[order])) + 1)


def taken(data: ModelData, at: Codes, groups: dict[str, Codes]) -> ModelData:
    """The data of some rows, whose grouping factors have new levels: group -> the level of each row (m,)."""
    rows = data.rows
    random = tuple(
        replace(
            term,
            codes=groups[term.group],
            levels=_labels(term.labels(), term.codes[at], groups[term.group]),
            Z=None if term.Z is None else term.Z[at],
        )
        for term in rows.random
    )
    chosen = replace(
        rows,
        X=rows.X[at],
        y=rows.y[at],
        response=rows.response.at(at),
        offset=None if rows.offset is None else rows.offset[at],
        weights=None if rows.weights is None else rows.weights[at],
        random=random,
        variables={name: take(value, at) for name, value in rows.variables.items()},
        used=RowsUsed(len(at)),
        data_index=pd.RangeIndex(len(at)),
    )
    return data.on(chosen, na_action="omit")


def _labels(names: Sequence[str], old: Codes, new: Codes) -> TextLevels:
    """Names of the new levels: those of the old, numbered where one occurs again (308, 308.1)."""
    first = np.unique(new, return_index=True)[1]
    return TextLevels(tuple(term_names([names[k] for k in old[first]])))
