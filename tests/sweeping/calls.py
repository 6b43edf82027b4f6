"""Every public word and every parameter, from the signatures; and what a valid call of each word is."""

from __future__ import annotations

import functools
import inspect
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, fields
from typing import Any

import pylmer
from pylmer.fit.words import REFUSAL
from pylmer.text.shown import Shown, show

from .given import GIVEN
from .models import (
    COUNTS,
    FORMULA,
    RECORDS,
    big,
    cake,
    cbpp,
    design,
    devfun,
    linear,
    optimum,
    profiled,
    small,
    without_period,
)

LEFT_OUT = {
    "PylmerError FormulaError FormulaSyntaxError FormulaNameError DataError ArgumentError NumericalError Interrupted "
    "MissingExtraError FitNote": "exceptions and notes: pylmer raises them, users catch them",
    "LmerFit LmerMany GlmerFit GlmFit LmFit LmList AllFit Influence LikelihoodProfile Pooling CriterionCurve "
    "GeneralizedPooling CrossValidation": ("records: made by words, never by hand; their methods are swept"),
    "Collinearity": "a table, made by check_collinearity(): tests/diagnostics",
    "FiveWays BootMer EmmGrid EmmList": ("records: made by words, never by hand; their methods are swept"),
    "ModelPlan PlanSums": "a plan and its sums: made by plan() and plan.sums(), tried in tests/sources",
    "Design ModelData Devfun Optimum": "steps of the modular interface: swept where words take them",
    "MixedFormula RandomTerm Terms": "syntax trees: read by parsing, whose errors tests/language holds",
    "Description Overdispersion QuantileChecks": "plain records without methods",
}
PARTS = {  # public names of a record that are no words: the steps by which other rooms read a grid
    "EmmGrid": ("arranged", "axis", "chosen", "groups", "position"),
    "ModelSummary": ("to_gt",),  # needs an extra: tests/inference/test_modelsummary.py
}
MODULES = {  # public modules, and their words
    "datasets": ("load", "names", "describe"),
    "families": ("binomial", "poisson", "Gamma", "inverse_gaussian", "gaussian", "negative_binomial", "read_family"),
}
SWEPT = {
    "BootMer",
    "FiveWays",
    "CriterionCurve",
    "LikelihoodProfile",
    "Pooling",
    "EmmGrid",
    "EmmList",
    "Influence",
    "CrossValidation",
}


def saved() -> str:
    """The path of a fit that was saved."""
    path = f"{tempfile.mkdtemp()}/fit.npz"
    pylmer.save(small(), path)
    return path


NEEDED: dict[str, dict[str, Callable[[], Any]]] = {
    "": {"seed": lambda: 1, "nsim": lambda: 2, "n_sims": lambda: 2},
    "KRmodcomp": {"small": small},
    "PBmodcomp": {"small": small},
    "PBmodcomp(glmer)": {"small": without_period},
    "SATmodcomp": {"small": small},
    "Wald_test": {"constraints": lambda: ["temp"]},
    "add_grouping": {"newname": lambda: "foo", "refname": lambda: "recipe", "newlevs": lambda: ["a", "b", "a"]},
    "allFit": {"optimizers": lambda: ["newton"]},
    "cross_validate": {"folds": lambda: 2},
    "at_theta": {"theta": lambda: [1.0]},
    "confint(fit)": {"method": lambda: "Wald"},
    "confint(glmer)": {"method": lambda: "Wald"},
    "contest": {"L": lambda: "temp"},
    "contest1D": {"L": lambda: "temp"},
    "contestMD": {"L": lambda: "temp"},
    "eff_size": {"sigma": lambda: 5.0, "edf": lambda: 42.0},
    "emmeans": {"specs": lambda: "recipe"},
    "emmeans(glmer)": {"specs": lambda: "period"},
    "emmip(glmer)": {"formula": lambda: "~ period"},
    "emtrends(glmer)": {"specs": lambda: "period", "var": lambda: "size"},
    "emmip": {"formula": lambda: "~ recipe"},
    "emtrends": {"specs": lambda: "recipe", "var": lambda: "temp"},
    "exactLRT": {"m0": linear},
    "families.negative_binomial": {"theta": lambda: 2},
    "families.read_family": {"given": lambda: "binomial"},
    "extend": {"along": lambda: "replicate", "n": lambda: 4},
    "findbars": {"formula": lambda: FORMULA},
    "getME": {"name": lambda: "X"},
    "get_model": {"step": RECORDS["step"]},
    "glm": {"formula": lambda: COUNTS, "data": cbpp, "family": lambda: "binomial"},
    "glmer": {"formula": lambda: f"{COUNTS} + (1 | herd)", "data": cbpp, "family": lambda: "binomial"},
    "glmer_nb": {"formula": lambda: "incidence ~ period + offset(log(size)) + (1 | herd)", "data": cbpp},
    "isNested": {"f1": lambda: cake()["replicate"], "f2": lambda: cake()["recipe"]},
    "lFormula": {"formula": lambda: FORMULA, "data": cake},
    "lm": {"formula": lambda: "angle ~ temp", "data": cake},
    "lmList": {"formula": lambda: "angle ~ temp | recipe", "data": cake},
    "lmer": {"formula": lambda: FORMULA, "data": cake},
    "load": {"path": saved},
    "plan": {"formula": lambda: FORMULA, "data": cake},
    "save": {"path": lambda: f"{tempfile.mkdtemp()}/fit.npz"},
    "save(glmer)": {"path": lambda: f"{tempfile.mkdtemp()}/fit.npz"},
    "write_augmented": {"path": lambda: f"{tempfile.mkdtemp()}/rows.csv"},
    "lmer_many": {
        "formula": lambda: "~ recipe + (1 | recipe:replicate)",
        "data": cake,
        "responses": lambda: ["angle", "temp"],
    },
    "logProf": {"profile": profiled},
    "makeLmer": {
        "formula": lambda: FORMULA,
        "data": cake,
        "fixef": lambda: [30, 1, 1, 1],
        "VarCorr": lambda: 1.0,
        "sigma": lambda: 1.0,
    },
    "makeGlmer": {
        "formula": lambda: FORMULA,
        "data": cake,
        "family": lambda: "poisson",
        "fixef": lambda: [3, 0.1, 0.1, 0.001],
        "VarCorr": lambda: 0.1,
    },
    "modelsummary": {"models": lambda: [big(), linear()]},
    "mkLmerDevfun": {"lformula": design},
    "mkMerMod": {"devfun": devfun, "optimum": optimum},
    "nobars": {"formula": lambda: FORMULA},
    "optimizeLmer": {"devfun": devfun},
    "plot_effect(glmer)": {"predictor": lambda: "size"},
    "plot_lines(glmer)": {"predictor": lambda: "size"},
    "extend(glmer)": {"along": lambda: "herd", "n": lambda: 4},
    "power(glmer)": {"test": lambda: "period2"},
    "powerCurve(glmer)": {"test": lambda: "period2", "along": lambda: "herd", "breaks": lambda: [4]},
    "profile(glmer)": {"which": lambda: ["period2"]},
    "refit(glmer)": {"response": lambda: cbpp()[["incidence", "size"]].to_numpy()},
    "plot_effect": {"predictor": lambda: "temp"},
    "plot_group_predictor": {"predictor": lambda: "recipeB"},
    "plot_lines": {"predictor": lambda: "temp"},
    "plot_profile": {"profile": profiled},
    "power": {"test": lambda: "temp"},
    "powerCurve": {"test": lambda: "temp", "along": lambda: "replicate", "breaks": lambda: [4]},
    "predict": {"interval": lambda: "confidence"},
    "profile": {"which": lambda: [".sigma"]},
    "refit": {"response": lambda: cake()["angle"]},
    "simulate(formula)": {"newdata": cake, "newparams": lambda: {"beta": [30, 1, 1, 1], "theta": [1], "sigma": 1}},
    "tidy": {"conf_int": lambda: True},
    "vcovCR(linear)": {"cluster": lambda: "recipe"},
    "varianceProf": {"profile": profiled},
    "datasets.load": {"name": lambda: "cake"},
    "datasets.describe": {"name": lambda: "cake"},
    "Draws.frame": {"factor": lambda: "recipe:replicate", "column": lambda: "(Intercept)"},
    "FiveWays.covariance_of": {"level": lambda: "A"},
    "CriterionCurve.asymptote": {"theta": lambda: [1.0]},
}
LINEAR = {  # words of one kind of functions that linear models alone have; what they say of others is in test_refusals
    *("coef_test", "conf_int", "Wald_test", "get_model", "mkMerMod"),
    *("plot_effect", "plot_intercepts", "plot_lines", "plot_group_predictor", "plot_shrinkage", "plot_criterion"),
    *("pooling", "at_theta", "criterion_curve", "five_ways"),
}
FIRST = {"exactLRT(fit)": "fit by ML", "coef(emm)": "contrast"}
FURTHER = {  # what **options stands for
    "confint(fit)": "method nsim boot_type seed FUN prof_scale",
    "confint(glmer)": "method nsim boot_type seed FUN",
    "update(glmer)": "data family nAGQ weights control subset",
    "glmerControl": " ".join(each.name for each in fields(pylmer.glmerControl)),
    "contrast": "ref reverse exclude",
    "pairs": "ref reverse exclude",
    "emmip": "at cov_reduce by weights",
    "update": "data REML weights control subset",
    "lmerControl": " ".join(each.name for each in fields(pylmer.lmerControl)),
    "AIC": "foo",
    "BIC": "foo",
    "compare_performance": "foo",
    "model_weights": "foo",
}
ENTERED = ("set_contrasts",)  # what they set is put back
KINDS = {inspect.Parameter.VAR_POSITIONAL: "positional", inspect.Parameter.VAR_KEYWORD: "named"}


@dataclass(frozen=True)
class Slot:
    """A parameter of a word, called as a method of a record or with a record before it.

    word  as users write it;  kind  the record that comes first, "" for none;  needed  the other arguments
    """

    word: str
    kind: str
    parameter: str
    first: bool
    needed: dict[str, Callable[[], Any]]
    function: Callable[..., Any]

    def __str__(self) -> str:
        return f"{self.word}({self.kind}, {self.parameter})"

    def valid(self) -> Any:
        """Call the word with what it needs alone."""
        before = [RECORDS[self.kind]()] if self.kind else []
        return self.function(*before, **{name: make() for name, make in self.needed.items()})

    def call(self, given: str) -> Any:
        """Call the word with what is given for the parameter."""
        named = {name: make() for name, make in self.needed.items() if name != self.parameter}
        value = GIVEN[given]()
        if self.first:
            return self.function(value, **named)
        before = [RECORDS[self.kind]()] if self.kind else []
        if self.parameter == "*":
            return self.function(*before, value, **named)
        return self.function(*before, **named, **{self.parameter: value})


def left_out() -> set[str]:
    return {name for names in LEFT_OUT for name in names.split()}


def words() -> dict[str, Callable[..., Any]]:
    """The public words: functions and lmerControl, and those of the data sets."""
    names = [*pylmer.__all__, "test", "display", "plan", "save", "load"]
    found = {name: getattr(pylmer, name) for name in names if name not in {*MODULES, *left_out()}}
    found |= {name: _entered(found[name]) for name in ENTERED}
    inside = [(module, name) for module, own in MODULES.items() for name in own]
    return found | {f"{module}.{name}": getattr(getattr(pylmer, module), name) for module, name in inside}


def _entered(word: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(word)
    def entered(*args: Any, **kwargs: Any) -> None:
        with word(*args, **kwargs):
            pass

    return entered


def slots() -> list[Slot]:
    """All of them, word by word."""
    return [each for name, word in words().items() for each in _of_word(name, word)] + list(_of_records())


def _of_word(name: str, word: Callable[..., Any]) -> Iterator[Slot]:
    registry = getattr(word, "registry", None)
    if registry is None:
        first = next(iter(inspect.signature(word).parameters), "")
        kind = (
            "fit" if first in ("fit", "fits", "model", "large") else {"means": "emm", "modes": "ranef"}.get(first, "")
        )
        yield from _of_function(name, word, word, kind)
        if kind == "fit" and name not in LINEAR:
            yield from _of_function(name, word, word, "glmer")
        return
    for kind, function in registry.items():
        sample = _sample(kind)
        if sample is not None and not hasattr(function, REFUSAL):
            yield from _of_function(name, word, function, FIRST.get(f"{name}({sample})", sample))


def _sample(kind: type) -> str | None:
    return None if kind is object else next((name for name, make in RECORDS.items() if isinstance(make(), kind)), None)


def _of_function(name: str, word: Callable[..., Any], function: Callable[..., Any], kind: str) -> Iterator[Slot]:
    parameters = list(inspect.signature(function).parameters.values())
    further = FURTHER.get(f"{name}({kind})", FURTHER.get(name, "")).split()
    needed = _needed(name, [each.name for each in parameters], kind, further)
    for place, each in enumerate(parameters):
        if each.kind in KINDS:
            yield Slot(name, kind, "*" if KINDS[each.kind] == "positional" else "foo", False, needed, word)
        elif place or not kind:
            yield Slot(name, kind, each.name, False, needed, word)
        if not place and kind:
            others = {key: value for key, value in needed.items() if key != each.name}
            yield Slot(name, kind, each.name, True, others, word)
    for each in [*further, "foo"]:
        yield Slot(name, kind, each, False, needed, word)


def _needed(
    name: str, parameters: list[str], kind: str = "", further: Sequence[str] = ()
) -> dict[str, Callable[[], Any]]:
    own = NEEDED.get(name, {}) | NEEDED.get(f"{name}({kind})", {})
    every = {key: value for key, value in NEEDED[""].items() if key in parameters}
    return every | {key: value for key, value in own.items() if key in parameters or key in further}


def _of_records() -> Iterator[Slot]:
    done: set[Any] = set()
    for kind, make in RECORDS.items():
        record = make()
        if type(record).__name__ in left_out() - SWEPT:
            continue
        for name in _methods(type(record)):
            method = getattr(type(record), name)
            key = (method, show.dispatch(type(record))) if name == "to_string" else method
            if key not in done:
                done.add(key)
                yield from _of_method(record, kind, name)


def _methods(kind: type) -> list[str]:
    """The public methods of a record that are pylmer's own."""
    names = [name for name in dir(kind) if not name.startswith("_") and name not in PARTS.get(kind.__name__, ())]
    found = {name: getattr(kind, name) for name in names}
    return [name for name, each in found.items() if callable(each) and _is_own(each)]


def _is_own(method: Any) -> bool:
    return str(getattr(method, "__module__", "")).startswith("pylmer")


def _of_method(record: Any, kind: str, name: str) -> Iterator[Slot]:
    label = f"{type(record).__name__}.{name}"
    method = getattr(type(record), name)
    options = show.dispatch(type(record)) if name == "to_string" and isinstance(record, Shown) else method
    names = [each.name for each in list(inspect.signature(options).parameters.values())[1:] if each.kind not in KINDS]
    for each in [*names, "foo"]:
        yield Slot(label, kind, each, False, _needed(label, names), method)
