"""What takes a formula and data: lmer, and lme4's modular steps."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Literal, NoReturn, overload

from . import fitting
from .design import Design
from .errors import ArgumentError
from .fitting import Devfun, Optimum, Request
from .language import deparse, parse_expression, parse_formula
from .language.syntax import Argument, Binary, Call, Constant, MixedFormula, Name, Node, Number, Text, Unary
from .model import LmerFit
from .options import lmerControl

ARRAY = "<array>"
OLD_ARGUMENTS = {
    "family": "a family is for glmer; lmer fits normal responses: leave family out",
    "method": 'write REML=True or REML=False instead of method="REML" or method="ML"',
    "REForm": "re_form is an argument of predict() and simulate(), not of lmer()",
    "re_form": "re_form is an argument of predict() and simulate(), not of lmer()",
    "nAGQ": "nAGQ is for glmer; lmer needs no quadrature",
    "doFit": "use lFormula(), mkLmerDevfun(), optimizeLmer() and mkMerMod() for the steps one by one",
    "model": "the model frame is always kept: model_frame(fit)",
    "random": "write the random effects into the formula: y ~ x + (1 | group)",
    "groups": "write the grouping factor into the formula: y ~ x + (1 | group)",
    "re_formula": "write the random effects into the formula: y ~ x + (1 | group)",
    "weight": "the argument is called weights",
}


@overload
def lmer(
    formula: str | MixedFormula, data: Any = ..., REML: bool = ..., *, devFunOnly: Literal[False] = ..., **options: Any
) -> LmerFit: ...


@overload
def lmer(
    formula: str | MixedFormula, data: Any = ..., REML: bool = ..., *, devFunOnly: Literal[True], **options: Any
) -> Devfun: ...


def lmer(
    formula: str | MixedFormula,
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

    formula    R's formula language: "log_radon ~ floor + (1 | county)"
    data       pandas or polars DataFrame, pyarrow Table, or dict of arrays; None with `env={"y": y, ...}`
    REML       restricted (True) or full maximum likelihood
    control    see `lmerControl`
    start      numbers in the order of `par`, or {"theta": ...}
    weights    prior weights: column name, expression string, or array; likewise `offset` and `subset`
    na_action  "omit", "exclude" (fitted values and residuals are padded), "fail" or "pass"
    contrasts  {"a": "contr.sum"} for X alone, or ("contr.sum", "contr.poly") everywhere
    env        names and functions that are not columns; nothing else is looked up
    devFunOnly return the criterion as a function of `par` instead of a fit
    verbose    1 prints sizes, engine and the course of the optimization

    Raises FormulaError, DataError, ArgumentError, NumericalError (all PylmerError); issues FitNote warnings.
    Source: Bates, Maechler, Bolker & Walker (2015), J. Stat. Softw. 67(1).

    >>> import pylmer
    >>> radon = pylmer.datasets.load("radon")
    >>> fit = pylmer.lmer("log_radon ~ floor + (1 | county)", data=radon)
    >>> pylmer.fixef(fit).round(2).to_dict()
    {'(Intercept)': 1.46, 'floor': -0.69}
    """
    _refuse(unknown, "lmer")
    request = _request(
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
        return fitting.make_devfun(fitting.design_of(request), request.REML, request.control)
    return fitting.fit(LmerFit, request)


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
) -> Design:
    """The first modular step: formula and data -> X, y, offset and random terms, nothing fitted.

    The record has X (n, p), X_names, y (n,), offset, n, and `random`: per term, in fitting order, label, group,
    columns, levels, Zt (scipy sparse, level-major rows). Errors as in `lmer`.

    >>> import pylmer
    >>> steps = lFormula("Reaction ~ Days + (Days | Subject)", pylmer.datasets.load("sleepstudy"))
    >>> steps.n, steps.X_names, steps.random[0].Zt.shape
    (180, ('(Intercept)', 'Days'), (36, 180))
    """
    request = _request(
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


def mkLmerDevfun(lformula: Design, REML: bool = True, *, control: lmerControl | None = None) -> Devfun:
    """The second modular step: the criterion as a function of `par`, with `.lower`, `.upper`, `.names`.

    >>> import pylmer
    >>> steps = lFormula("Yield ~ 1 + (1 | Batch)", pylmer.datasets.load("Dyestuff"))
    >>> round(mkLmerDevfun(steps)([0.8483]), 4)
    319.6543
    """
    return fitting.make_devfun(lformula, REML, control or lmerControl())


def optimizeLmer(devfun: Devfun, optimizer: Any = None, *, start: Any = None) -> Optimum:
    """The third modular step: minimize the criterion; `optimizer` overrides the one of the control.

    >>> import pylmer
    >>> steps = lFormula("Yield ~ 1 + (1 | Batch)", pylmer.datasets.load("Dyestuff"))
    >>> round(optimizeLmer(mkLmerDevfun(steps)).value, 4)
    319.6543
    """
    if optimizer is not None:
        devfun = replace(devfun, control=replace(devfun.control, optimizer=optimizer))
    return fitting.optimize_devfun(devfun, start)


def mkMerMod(devfun: Devfun, optimum: Optimum) -> LmerFit:
    """The last modular step: criterion and optimum -> fitted model.

    >>> import pylmer
    >>> devfun = mkLmerDevfun(lFormula("Yield ~ 1 + (1 | Batch)", pylmer.datasets.load("Dyestuff")))
    >>> round(mkMerMod(devfun, optimizeLmer(devfun)).sigma, 2)
    49.51
    """
    request = Request(devfun.design.formula, REML=devfun.REML, control=devfun.control)
    request = replace(request, call=_call("lmer", {"formula": devfun.design.formula}))
    return fitting.fitted(LmerFit, request, devfun, optimum)


def _refuse(unknown: Mapping[str, Any], function: str) -> None:
    for name in unknown:
        _refuse_one(name, function)


def _refuse_one(name: str, function: str) -> NoReturn:
    if name in OLD_ARGUMENTS:
        raise ArgumentError(f"{function}() has no argument {name!r}: {OLD_ARGUMENTS[name]}")
    known = ["formula", "data", "REML", *LMER_DEFAULTS]
    close = difflib.get_close_matches(name.lower(), known, n=1)
    hint = f"; did you mean {close[0]!r}?" if close else f"; it takes {', '.join(known)}"
    raise ArgumentError(f"{function}() has no argument {name!r}{hint}")


LMER_DEFAULTS: dict[str, Any] = {
    "control": None,
    "start": None,
    "weights": None,
    "offset": None,
    "subset": None,
    "na_action": "omit",
    "contrasts": None,
    "env": None,
    "verbose": 0,
}


def _request(function: str, formula: str | MixedFormula, **given: Any) -> Request:
    """Arguments -> request, with the call as R would show it."""
    _check_arguments(formula, given)
    parsed = parse_formula(formula)
    shown = {"formula": parsed, "data": given["data"], "REML": given.get("REML", True)}
    shown |= {name: given[name] for name in LMER_DEFAULTS if given.get(name) is not None}
    name = data_name(given["data"])
    call = _call(function, shown, name)
    texts = {f"{word}_text": _text(given.get(word)) for word in ("weights", "offset", "subset")}
    control = given.pop("control") or lmerControl()
    return Request(parsed, control=control, call=call, data_name=name, **texts, **given)


def _check_arguments(formula: Any, given: Mapping[str, Any]) -> None:
    if not isinstance(formula, str | MixedFormula):
        raise ArgumentError(f"formula must be a string such as 'y ~ x + (1 | g)', found {type(formula).__name__}")
    if not isinstance(given.get("REML", True), bool):
        raise ArgumentError(f"REML must be True or False, found {given['REML']!r}")
    control = given.get("control")
    if control is not None and not isinstance(control, lmerControl):
        raise ArgumentError(f"control must be lmerControl(...), found {type(control).__name__}")


def data_name(data: Any) -> str | None:
    """The name that a data frame carries in `attrs["name"]`, if any."""
    attrs = getattr(data, "attrs", None)
    name = attrs.get("name") if isinstance(attrs, Mapping) else None
    return None if name is None else str(name)


def _text(given: Any) -> str | None:
    if given is None:
        return None
    return deparse(parse_expression(given)) if isinstance(given, str) else ARRAY


def _call(function: str, shown: Mapping[str, Any], name: str | None = None) -> Call:
    arguments = [Argument(_formula_node(shown["formula"]), "formula")]
    if shown.get("data") is not None:
        arguments.append(Argument(Name(name or "data"), "data"))
    for word, value in shown.items():
        if word in ("formula", "data", "env") or value == _default(word):
            continue
        arguments.append(Argument(_node(word, value), word.replace("na_action", "na.action")))
    return Call(function, tuple(arguments))


def _default(word: str) -> Any:
    return True if word == "REML" else LMER_DEFAULTS.get(word)


def _formula_node(formula: MixedFormula) -> Node:
    return Unary("~", formula.rhs) if formula.response is None else Binary("~", formula.response, formula.rhs)


def _node(word: str, value: Any) -> Node:
    """An argument's value as R would write it in the call; `<array>` for arrays."""
    if word in ("weights", "offset", "subset") and isinstance(value, str):
        return parse_expression(value)
    if isinstance(value, bool):
        return Constant("TRUE" if value else "FALSE")
    if isinstance(value, int | float):
        return Number(float(value), isinstance(value, int))
    if isinstance(value, str):
        return Name(f"na.{value}") if word == "na_action" and not value.startswith("na.") else _text_node(word, value)
    if isinstance(value, lmerControl):
        return Call("lmerControl", tuple(_control_arguments(value)))
    if isinstance(value, Mapping):
        return Call("list", tuple(Argument(_node("", item), key) for key, item in value.items()))
    if isinstance(value, Sequence) and word != "subset":
        return Call("c", tuple(Argument(_node("", item)) for item in value))
    return Name(ARRAY)


def _text_node(word: str, value: str) -> Node:
    return Name(value) if word == "na_action" else Text(value)


def _control_arguments(control: lmerControl) -> list[Argument]:
    default = lmerControl()
    changed = {name: value for name, value in vars(control).items() if value != getattr(default, name)}
    return [
        Argument(Name(getattr(value, "__name__", ARRAY)) if callable(value) else _node("", value), name)
        for name, value in changed.items()
    ]
