"""What takes a formula and data: lmer, and lme4's modular steps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Literal, overload

import numpy as np

from ..design import ModelData
from ..design import changed as changed_contrasts
from ..errors import ArgumentError
from ..fit import fitting
from ..fit.base import Fit
from ..fit.call import LMER_DEFAULTS, make_call
from ..fit.devfun import Devfun, make_devfun
from ..fit.fitted_model import FittedModel
from ..fit.notes import announce
from ..fit.optimum import Optimum, optimize_devfun
from ..fit.request import Request, carried, make_request, refuse
from ..fit.words import word_of
from ..language import explicit_formula, update_formula
from ..language.syntax import MixedFormula
from ..options import lmerControl
from ..sources.given import opened
from ..sources.tables import Planned

if TYPE_CHECKING:
    from ..sources.model_plan import ModelPlan
from ..text.arguments import plain
from .models import LmerFit


@overload
def lmer(
    formula: str | MixedFormula | ModelPlan,
    data: Any = ...,
    REML: bool = ...,
    *,
    devFunOnly: Literal[False] = ...,
    **options: Any,
) -> LmerFit: ...


@overload
def lmer(
    formula: str | MixedFormula | ModelPlan,
    data: Any = ...,
    REML: bool = ...,
    *,
    devFunOnly: Literal[True],
    **options: Any,
) -> Devfun: ...


@plain
def lmer(
    formula: str | MixedFormula | Planned,
    data: Any = None,
    REML: bool = True,
    *,
    control: lmerControl | None = None,
    start: Any = None,
    weights: Any = None,
    offset: Any = None,
    subset: Any = None,
    na_action: str = "omit",
    contrasts: Mapping[str, Any] | tuple[Any, Any] | None = None,
    devFunOnly: bool = False,
    env: Mapping[str, Any] | None = None,
    verbose: int = 0,
    **unknown: Any,
) -> LmerFit | Devfun:
    """Fit a linear mixed model, as R's `lme4::lmer`.

    formula     R's formula language: "log_radon ~ floor + (1 | county)"; or a `plan`, whose sums are then the data
    data        pandas or polars DataFrame, pyarrow Table, or dict of arrays; None, the default, with `env={"y": y,
                ...}`; a name in `data.attrs["name"]` is printed after "Data:". Rows that do not fit into memory: the
                path of Parquet or CSV files, a glob ("trips/*.parquet") or a folder; a pyarrow Dataset; or a function
                that gives a fresh iterator of data frames each time: these are read in parts, and again for words that
                need rows. A DuckDB relation, or a pair of a DuckDB connection and the name of a table; a polars
                LazyFrame; a table of Ibis, SQLFrame or Spark: where the formula can be said to these they form the sums
                themselves (`verbose=1` says how). Of a `plan` its sums, added up
    REML        restricted (True, the default) or full maximum likelihood
    control     checks and optimizer, see `lmerControl`; None: its defaults
    start       where the search begins: numbers in the order of `par`, or {"theta": ...}; None: it looks for a place
                itself
    weights     prior weights (n,), positive: a column's name, an expression, or an array; None: 1 for each row. A
                Series, here and in `env`, goes by its labels, which are those of the data in any order; arrays by
                position
    offset      a part of the mean that is known (n,), given likewise; None: zero. It adds to offset() of the formula
    subset      rows to use: an expression such as "x > 2", or True or False for each row of the data; None: all
    na_action   rows with missing values: "omit", the default, leaves them out, "exclude" does too, and pads fitted
                values and residuals; "fail" and "pass" raise DataError
    contrasts   {"a": "contr.sum"} for X alone, or ("contr.sum", "contr.poly") everywhere; None: those that rule, see
                `set_contrasts` for the contrasts of all fits to come
    devFunOnly  True returns the criterion as a function of `par` instead of a fit; default False
    env         names and functions that are not columns; nothing else is looked up. None: there are none
    verbose     1 prints sizes, engine and the course of the optimization, and where rows that were summed came from; 0,
                the default, nothing

    A fit owns its data and arguments: what is done to them later, in place, changes nothing (columns that are used are
    copied where pandas does not copy them on write). Arrays of a fit cannot be written to; tables are the caller's.

    Raises FormulaError, DataError, ArgumentError, NumericalError (all PylmerError); issues FitNote warnings.
    Source: Bates, Maechler, Bolker & Walker (2015), J. Stat. Softw. 67(1).

    >>> import pylmer
    >>> radon = pylmer.datasets.load("radon")
    >>> fit = pylmer.lmer("log_radon ~ floor + (1 | county)", data=radon)
    >>> pylmer.fixef(fit).round(2).to_dict()
    {'(Intercept)': 1.46, 'floor': -0.69}
    """
    refuse(unknown, "lmer")
    if isinstance(formula, Planned):
        from ..sources.model_plan import ModelPlan  # late: formulas are the rule
        from ..sources.planned import PlannedSums, check_planned

        assert isinstance(formula, ModelPlan)  # the one kind there is

        given = {"weights": weights, "offset": offset, "subset": subset, "contrasts": contrasts, "env": env}
        check_planned(given | {"na_action": None if na_action == "omit" else na_action})
        data, planned = PlannedSums(formula, data), formula.recipe.arguments
        formula, weights, offset, subset = formula.formula, planned.weights, planned.offset, planned.subset
        na_action, contrasts, env = planned.na_action, planned.contrasts, planned.env
    request = make_request(
        "lmer",
        formula,
        data=data,
        REML=REML,
        control=control,
        start=start,
        weights=weights,
        offset=offset,
        subset=subset,
        na_action=na_action,
        contrasts=contrasts,
        env=env,
        verbose=verbose,
    )
    if devFunOnly:
        return make_devfun(fitting.design_of(request), request.REML, request.control)
    return fitting.fit(LmerFit, request)


@plain
def plan(
    formula: str | MixedFormula,
    data: Any,
    *,
    weights: str | None = None,
    offset: str | None = None,
    subset: str | None = None,
    na_action: str = "omit",
    contrasts: Mapping[str, Any] | tuple[Any, Any] | None = None,
    env: Mapping[str, Any] | None = None,
) -> ModelPlan:
    """Make a formula ready for rows that are in parts, on one machine or many: sums travel, rows stay where they are.

    formula    R's formula language, as in `lmer`
    data       the whole table, as `lmer` takes it (paths of files, a dataset, a function that gives frames): levels of
               factors, and what poly, ns, bs, scale and cut learn, are those of all its rows. Or a head, some rows in
               a data frame: its factors must have all their levels, and functions that learn from all rows are errors
    weights    prior weights: a column's name or an expression; None: 1 for each row
    offset     a part of the mean that is known, given likewise; None: zero
    subset     which rows are used, an expression such as "x > 2"; None: all
    na_action  what is done with rows with missing values, as in `lmer`; default "omit"
    contrasts  of factors, as in `lmer`; None: those that rule
    env        names that are not columns: functions and constants of the formula; None: there are none

    `plan.sums(part)` are the sums of some rows, anywhere: the plan pickles. Sums add (`+`, `sum`), have `save` and
    `load`, and `lmer(plan, data=total)` fits them. Raises FormulaError, DataError, ArgumentError as `lmer` does.

    >>> import pylmer
    >>> data = pylmer.datasets.load("sleepstudy")
    >>> made = pylmer.plan("Reaction ~ Days + (Days | Subject)", data[:50])
    >>> total = sum(made.sums(data[start : start + 60]) for start in (0, 60, 120))
    >>> pylmer.lmer(made, data=total, REML=False).fixef().round(2).to_dict()
    {'(Intercept)': 251.41, 'Days': 10.47}
    """
    request = make_request(
        "lFormula",
        formula,
        data=opened(data),
        control=None,
        weights=weights,
        offset=offset,
        subset=subset,
        na_action=na_action,
        contrasts=contrasts,
        env=env,
    )
    if request.data is None:
        raise ArgumentError("plan() wants data: the whole table, or a data frame with some of its rows")
    from ..sources.planned import plan_of  # late: lmer does without

    return plan_of(request.formula, request.data, request, request.control)


@plain
def lFormula(
    formula: str | MixedFormula,
    data: Any = None,
    *,
    control: lmerControl | None = None,
    weights: Any = None,
    offset: Any = None,
    subset: Any = None,
    na_action: str = "omit",
    contrasts: Mapping[str, Any] | tuple[Any, Any] | None = None,
    env: Mapping[str, Any] | None = None,
    **unknown: Any,
) -> ModelData:
    """The first modular step: formula and data -> X, y, offset and random terms, nothing fitted.

    formula    R's formula language, as in `lmer`
    data       a data frame, or a dict of arrays; None, the default: all variables are in `env`
    control    which checks of the design are made, see `lmerControl`; None: its defaults
    weights    prior weights (n,): a column's name, an expression, or an array; None: 1 for each row
    offset     a part of the mean that is known (n,), given likewise; None: zero
    subset     which rows to use, as in `lmer`; None: all
    na_action  what is done with rows with missing values, as in `lmer`; "omit", the default, leaves them out
    contrasts  of factors, as in `lmer`; None: those that rule, see `set_contrasts`
    env        names that are not columns of `data`: variables and functions; None: there are none

    The record has X (n, p), X_names, y (n,), offset, n, and `random`: per term, in fitting order, label, group,
    columns, levels, Zt (scipy sparse, level-major rows). `design` is what of it has no rows: names, terms, levels,
    contrasts, notes; `rows` what has. Errors as in `lmer`.

    >>> import pylmer
    >>> steps = lFormula("Reaction ~ Days + (Days | Subject)", pylmer.datasets.load("sleepstudy"))
    >>> steps.n, steps.X_names, steps.random[0].Zt.shape
    (180, ('(Intercept)', 'Days'), (36, 180))
    """
    refuse(unknown, "lFormula")
    request = make_request(
        "lFormula",
        formula,
        data=data,
        control=control,
        weights=weights,
        offset=offset,
        subset=subset,
        na_action=na_action,
        contrasts=contrasts,
        env=env,
    )
    return fitting.design_of(request)


@plain
def mkLmerDevfun(lformula: ModelData, REML: bool = True, *, control: lmerControl | None = None) -> Devfun:
    """The second modular step: the criterion as a function of `par`, with `.lower`, `.upper`, `.names`.

    lformula  what `lFormula` returned
    REML      the REML criterion (True, the default) or the deviance of maximum likelihood
    control   how it will be optimized, see `lmerControl`; None: its defaults

    Raises ArgumentError for anything else.

    >>> import pylmer
    >>> steps = lFormula("Yield ~ 1 + (1 | Batch)", pylmer.datasets.load("Dyestuff"))
    >>> round(mkLmerDevfun(steps)([0.8483]), 4)
    319.6543
    """
    _check("mkLmerDevfun", lformula, ModelData, "what lFormula() returns")
    if control is not None:
        _check("mkLmerDevfun", control, lmerControl, "control=lmerControl(...)")
    return make_devfun(lformula, REML, control or lmerControl())


@plain
def optimizeLmer(devfun: Devfun, optimizer: Any = None, *, start: Any = None) -> Optimum:
    """The third modular step: minimize the criterion.

    devfun     what `mkLmerDevfun` returned
    optimizer  an optimizer as `lmerControl` takes it, in place of that of the control; None: that one
    start      where the search begins, numbers (k,) in the order of `devfun.names`, or {"theta": ...}; None: it looks
               for a place itself

    The record has par (k,), value, converged, message and others. Raises ArgumentError, NumericalError.

    >>> import pylmer
    >>> steps = lFormula("Yield ~ 1 + (1 | Batch)", pylmer.datasets.load("Dyestuff"))
    >>> round(optimizeLmer(mkLmerDevfun(steps)).value, 4)
    319.6543
    """
    _check("optimizeLmer", devfun, Devfun, "what mkLmerDevfun() returns")
    if optimizer is not None:
        devfun = replace(devfun, control=replace(devfun.control, optimizer=optimizer))
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):  # what is not finite ends in a NumericalError
        return optimize_devfun(devfun, start)


@plain
def mkMerMod(devfun: Devfun, optimum: Optimum) -> LmerFit:
    """The last modular step: criterion and optimum -> fitted model.

    devfun   what `mkLmerDevfun` returned
    optimum  what `optimizeLmer` found for it

    A fit as `lmer` returns it, with FitNote warnings. Raises ArgumentError for anything else, NumericalError if nothing
    is left to estimate sigma from.

    >>> import pylmer
    >>> devfun = mkLmerDevfun(lFormula("Yield ~ 1 + (1 | Batch)", pylmer.datasets.load("Dyestuff")))
    >>> round(mkMerMod(devfun, optimizeLmer(devfun)).sigma, 2)
    49.51
    """
    _check("mkMerMod", devfun, Devfun, "what mkLmerDevfun() returns")
    _check("mkMerMod", optimum, Optimum, "what optimizeLmer() returns")
    request = Request(devfun.design.formula, REML=devfun.REML, control=devfun.control)
    request = replace(request, call=make_call("lmer", {"formula": devfun.design.formula}))
    model = fitting.fitted(LmerFit, request, devfun, optimum)
    announce(model.notes)
    return model


def _check(function: str, given: object, kind: type, wanted: str) -> None:
    if not isinstance(given, kind):
        raise ArgumentError(f"{function}() wants {wanted}, found {type(given).__name__}")


@word_of(FittedModel)
def update(model: LmerFit, /, formula: str | None = None, **changes: Any) -> Any:
    """Fit again with a changed formula or changed arguments of `lmer`, `glmer` or `glm`, as R's `update`.

    model    a fit of `lmer` or `glmer`
    formula  the changed formula, in which `.` stands for the old side: ". ~ . + x - (1 | g)"; None: the old one. A
             `(x || g)` is the sum of its terms: "- (0 + x | g)" takes one of them away, "- (x || g)" all
    changes  other arguments, by name: REML (of `glmer` family, nAGQ), data, weights, control, ...

    Everything else stays as it was, the response of a `refit` too (R's update goes back to the column that the formula
    names); the left side and the rows (`data`, `subset`, `na_action`) of such a fit cannot be changed: an ArgumentError
    says what to do.

    >>> import pylmer
    >>> fit = pylmer.lmer("Reaction ~ Days + (Days | Subject)", pylmer.datasets.load("sleepstudy"))
    >>> str(update(fit, ". ~ . - (Days | Subject) + (1 | Subject)").formula)
    'Reaction ~ Days + (1 | Subject)'
    """
    asked = asked_anew("lmer", model, formula, ("data", "REML", *LMER_DEFAULTS), changes)
    return fitting.fit(type(model), asked)


def asked_anew(
    function: str, model: Fit, formula: str | None, words: Sequence[str], changes: dict[str, Any], **own: Any
) -> Request:
    """What `model` was asked, changed; `words` are arguments of `function` that its request has, `own` are others."""
    request = model.request
    given = {word: getattr(request, word) for word in words}
    if all(argument.name != "control" for argument in request.call.arguments):
        given["control"] = None  # what was not asked does not show in the new call
    refuse({word: value for word, value in changes.items() if word not in given}, "update")
    old = explicit_formula(model.formula, model.design.fixed_terms)
    changed = request.formula if formula is None else update_formula(old, formula)
    if "contrasts" in changes:
        changes["contrasts"] = changed_contrasts(request.contrasts, changes["contrasts"])
    start = {} if formula is None else {"start": None}
    asked = make_request(function, changed, **{**given, **own, **start, **changes})
    return carried(request, asked, changes)
