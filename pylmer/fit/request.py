"""Arguments of `lmer` -> `Request`: checked, and with the call as R would show it."""

from __future__ import annotations

import copy
import difflib
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, NoReturn

import numpy as np

from ..design import Contrasts, ruled
from ..design.known import Known
from ..design.model_frame import DesignArguments
from ..errors import ArgumentError, FormulaError
from ..functions import Columns, own_table, own_values, own_vector, read_columns
from ..language import deparse, parse_expression, parse_formula, require_random
from ..language.nodes import Call, Node
from ..language.strings import write_name
from ..language.syntax import MixedFormula
from ..language.walk import variables
from ..numerics.linalg import Array, read_only
from ..options import Control, glmerControl, lmerControl
from ..sources.given import opened
from ..sources.tables import RowTable
from ..text.arguments import is_flag, is_number, written
from .call import ARRAY, GLMER_DEFAULTS, LMER_DEFAULTS, VECTORS, data_name, known_family, make_call

if TYPE_CHECKING:
    from ..families import Family

MOST_NODES = 100  # of a quadrature
CONTROLS: dict[str, type[Control]] = {"glmer": glmerControl, "glmer.nb": glmerControl}  # of others: lmerControl
MIXED = ("lmer", "lFormula", *CONTROLS)
ROWS = ("data", "subset", "na_action")
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
GLMER_ARGUMENTS = {
    "REML": "generalized models are fitted by maximum likelihood, there is no REML: leave it out",
    "etastart": "the start is found from the data; start={'theta': ..., 'fixef': ...} replaces it",
    "mustart": "the start is found from the data; start={'theta': ..., 'fixef': ...} replaces it",
    "family": "the family is negative binomial; link= says which link it has",
}


def refuse(unknown: Mapping[str, Any], function: str, known: Sequence[str] = ("REML", *LMER_DEFAULTS)) -> None:
    """ArgumentError for the first unknown argument; `known` are those that `function` takes beside formula and data."""
    for name in unknown:
        _refuse_one(name, function, ["formula", "data", *known])


def _refuse_one(name: str, function: str, known: Sequence[str]) -> NoReturn:
    own = {**OLD_ARGUMENTS, **GLMER_ARGUMENTS} if function.startswith("glmer") else OLD_ARGUMENTS
    if name in own:
        raise ArgumentError(f"{function}() has no argument {name!r}: {own[name]}")
    close = difflib.get_close_matches(name.lower(), known, n=1)
    hint = f"; did you mean {close[0]!r}?" if close else f"; it takes {', '.join(known)}"
    raise ArgumentError(f"{function}() has no argument {name!r}{hint}")


def make_request(function: str, formula: str | MixedFormula, *more: Node, **given: Any) -> Request:
    """Arguments -> request, with the call as R would show it; what they hold is the request's own from here on.

    `more` are expressions outside the formula whose variables are used too.
    """
    if isinstance(given.get("REML"), np.bool_):
        given["REML"] = bool(given["REML"])
    of_kind = CONTROLS.get(function, lmerControl)
    _check_arguments(formula, given, of_kind)
    given["data"] = opened(given["data"])
    given |= {word: _expression(given.get(word), given["data"]) for word in VECTORS if word in given}
    given["contrasts"] = ruled(given.get("contrasts"))
    family = given.pop("family", None)
    parsed = parse_formula(formula)
    if function in MIXED:
        require_random(parsed)
    if family is None:
        _refuse_counts(parsed)
    chosen = None if family is None else known_family(family)
    shown = {"formula": parsed, "family": family, "data": given["data"], "REML": given.get("REML", True)}
    shown |= {name: given[name] for name in GLMER_DEFAULTS if given.get(name) is not None}
    name = data_name(given["data"])
    call = make_call(function, shown, name)
    control = given.pop("control") or of_kind()
    texts: dict[str, Any] = {f"{word}_text": _text(given.get(word)) for word in VECTORS}
    used = _used(parsed, more, [given[word] for word in VECTORS if isinstance(given.get(word), str)])
    return Request(
        parsed,
        control=control,
        call=call,
        data_name=name,
        family=chosen,
        **texts,
        **_owned(given, used),
    )


def _refuse_counts(formula: MixedFormula) -> None:
    """Two columns are successes and failures, of which normal responses have none."""
    if isinstance(formula.response, Call) and formula.response.function == "cbind":
        message = "cbind() makes several responses; this model has one (successes and failures: a binomial family)"
        raise FormulaError(message, formula.text or None, *formula.response.span)


def _used(formula: MixedFormula, more: Iterable[Node], texts: Iterable[str]) -> frozenset[str] | None:
    """The names that formula, expressions and texts of arguments may read; None for all columns, which `.` stands for.

    A text may be the name of a column as it is.
    """
    every = [*more, *map(parse_expression, texts)]
    names = formula.names.union((name.name for node in every for name in variables(node)), texts)
    return None if "." in names else names


def _owned(given: Mapping[str, Any], used: frozenset[str] | None) -> dict[str, Any]:
    """The arguments with copies of what the caller might change in place (pandas 3: shallow ones)."""
    data, read = own_table(given["data"], used)
    own = {**given, "data": data, "read": read}
    if given.get("env") is not None:
        own["env"] = own_values(given["env"], used)
    own |= {word: own_vector(given[word]) for word in VECTORS if not isinstance(given.get(word), str | None)}
    return own | {word: _own(word, given[word]) for word in ("start", "contrasts") if given.get(word) is not None}


def _own(word: str, given: Any) -> Any:
    """A copy; ArgumentError for what is no value, such as a module, and cannot have one."""
    if isinstance(given, Contrasts) and not given.own:  # two names of functions
        return given
    try:
        return copy.deepcopy(given)
    except TypeError:
        raise ArgumentError(f"{word}={written(given)}: this is no value of which a fit can keep a copy") from None


def carried(old: Request, new: Request, changes: Mapping[str, Any]) -> Request:
    """The changed request with what the old one knows beside its data (see `Known`).

    ArgumentError where that does not fit any more: for another left side, and for other rows.
    """
    if old.known.response is None:
        return new
    sides = [deparse(each.formula.response) if each.formula.response else "" for each in (old, new)]
    lost = f"a left side {sides[1]!r}" if sides[0] != sides[1] else ""
    rows = [word for word in (*ROWS, *(("env",) if old.data is None else ())) if word in changes]
    if lost or rows:
        raise ArgumentError(
            f"update(): {lost or f'{rows[0]}= (other rows)'} cannot be had: the response of this fit is not "
            f"{sides[0]!r} of its data, but was given to refit() or drawn by a bootstrap, row by row; put it into the "
            "data as a column (fit.rows.y has it for the rows used) and fit that with lmer()"
        )
    return replace(new, known=old.known)


def check_env(env: Any) -> None:
    """ArgumentError unless this is None or holds things by name."""
    if env is not None and not isinstance(env, Mapping):
        raise ArgumentError(f"env must be a dict of variables and functions by name, found {type(env).__name__}")


def _check_arguments(formula: Any, given: Mapping[str, Any], of_kind: type[Control]) -> None:
    if not isinstance(formula, str | MixedFormula):
        raise ArgumentError(f"formula must be a string such as 'y ~ x + (1 | g)', found {type(formula).__name__}")
    if not isinstance(given.get("REML", True), bool):
        raise ArgumentError(f"REML must be True or False, found {given['REML']!r}")
    check_env(given.get("env"))
    verbose = given.get("verbose", 0)
    if not is_number(verbose) and not is_flag(verbose):
        raise ArgumentError(f"verbose={written(verbose)}: wanted 0, or 1 to see the course of the optimization")
    contrasts = given.get("contrasts")
    if isinstance(contrasts, Mapping) and not all(isinstance(name, str) for name in contrasts):
        raise ArgumentError(f"contrasts={written(contrasts)}: wanted contrasts by the names of factors")
    control = given.get("control")
    if control is not None and not isinstance(control, of_kind):
        raise ArgumentError(f"control must be {of_kind.__name__}(...), found {type(control).__name__}")
    nAGQ = given.get("nAGQ", 1)
    if is_flag(nAGQ) or not isinstance(nAGQ, int | np.integer) or not 0 <= nAGQ <= MOST_NODES:
        raise ArgumentError(f"nAGQ={written(nAGQ)}: wanted 0, 1 (Laplace) or a number of nodes up to {MOST_NODES}")


def _expression(given: Any, data: Any) -> Any:
    """A column's name as an expression: "my w" is written `my w`."""
    text = write_name(given) if isinstance(given, str) and given else given
    if text is given or text == given or data is None or given not in _names(data):
        return given
    return text


def _names(data: Any) -> Collection[str]:
    return data.names if isinstance(data, RowTable) else read_columns(data)


def _text(given: Any) -> str | None:
    if given is None:
        return None
    return deparse(parse_expression(given)) if isinstance(given, str) else ARRAY


@dataclass(frozen=True, eq=False)
class Request(DesignArguments):
    """What `lmer` or `glmer` was asked; `call` and the texts are for printing.

    What it holds is its own: nothing that the caller does to his data or arrays changes it (see `functions.owned`).
    `known` is what the data do not say, such as the response of a refit: whoever asks again hands it on. `family` is
    that of a generalized model, None of a linear one; `free_shape` says that its theta is estimated (`glmer_nb`).
    `read` are columns that were read while `data` were copied: of other data, if these have been replaced since.
    """

    formula: MixedFormula
    data: Any = None
    REML: bool = True
    control: Control = field(default_factory=lmerControl)
    start: Any = None
    verbose: int = 0
    call: Call = field(default_factory=lambda: Call("lmer"))
    data_name: str | None = None
    weights_text: str | None = None
    offset_text: str | None = None
    subset_text: str | None = None
    known: Known = field(default_factory=Known)
    family: Family | None = None
    nAGQ: int = 1
    free_shape: bool = False
    read: Columns | None = field(default=None, repr=False, metadata={"saved": False})

    def __getstate__(self) -> dict[str, Any]:
        return self.__dict__ | {"read": None}

    @property
    def columns(self) -> Columns | None:
        """The columns of the data, None where there are no data."""
        if self.read is not None and self.read.frame is self.data:
            return self.read.again()
        return None if self.data is None else read_columns(self.data)

    def with_response(self, y: Array) -> Request:
        """The same with another response, a value for each row of the data, NaN where none is known."""
        return replace(self, known=replace(self.known, response=read_only(y)))
