"""The call of a fit as R would show it, and the arguments it may have."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ..design import Contrasts
from ..design.model_frame import DesignArguments
from ..language import parse_expression
from ..language.nodes import Argument, Call, Constant, Name, Node, Number, Text
from ..options import Control

if TYPE_CHECKING:
    from ..families import Family

ARRAY = "<array>"
VECTORS = ("weights", "offset", "subset")
LMER_DEFAULTS: dict[str, Any] = {"control": None, "start": None, **vars(DesignArguments()), "verbose": 0}
GLMER_DEFAULTS: dict[str, Any] = {"nAGQ": 1, **LMER_DEFAULTS}
DEFAULTS: dict[str, Any] = {"REML": True, **GLMER_DEFAULTS}


def data_name(data: Any) -> str | None:
    """The name that a data frame carries in `attrs["name"]`, if any."""
    attrs = getattr(data, "attrs", None)
    name = attrs.get("name") if isinstance(attrs, Mapping) else None
    return None if name is None else str(name)


def make_call(function: str, shown: Mapping[str, Any], name: str | None = None) -> Call:
    arguments = [Argument(shown["formula"].node, "formula")]
    if shown.get("family") not in (None, "gaussian"):
        arguments.append(Argument(family_node(shown["family"]), "family"))
    if shown.get("data") is not None:
        arguments.append(Argument(Name(name or "data"), "data"))
    for word, value in shown.items():
        if word in ("formula", "family", "data", "env") or _is_default(word, value):
            continue
        arguments.append(Argument(_node(word, value), word.replace("na_action", "na.action")))
    return Call(function, (*arguments, *_ruling(shown.get("contrasts"))))


def family_node(given: Any) -> Node:
    """A family as the call shows it: a text as it is, a function of `pylmer.families` by its name, else R's code."""
    if isinstance(given, str):
        return parse_expression(given) if "(" in given and "::" not in given else Text(given)
    family = known_family(given)
    return parse_expression(family.spelled) if family is given else Name(family.word)


def _ruling(contrasts: Any) -> tuple[Argument, ...]:
    """What ruled beside contrasts of single factors, in the words of R's options."""
    if not isinstance(contrasts, Contrasts) or contrasts.pair is None or not contrasts.own:
        return ()
    return (Argument(Call("options", (Argument(_node("", contrasts.pair), "contrasts"),))),)


def _is_default(word: str, value: Any) -> bool:
    if isinstance(value, Contrasts):
        return value.pair is None and not value.own
    default = DEFAULTS[word]
    return value is default or (isinstance(value, bool | int | str) and value == default)


def _node(word: str, value: Any) -> Node:
    """An argument's value as R would write it in the call; `<array>` for arrays."""
    if word in VECTORS and isinstance(value, str):
        return parse_expression(value)
    if isinstance(value, bool):
        return Constant("TRUE" if value else "FALSE")
    if isinstance(value, int | float):
        return Number(float(value), isinstance(value, int))
    if isinstance(value, str):
        return Name(f"na.{value}") if word == "na_action" and not value.startswith("na.") else _text_node(word, value)
    if isinstance(value, Contrasts):
        return _node("", dict(value.own) if value.own else value.pair)
    if isinstance(value, Control):
        return Call(type(value).__name__, tuple(_control_arguments(value)))
    if isinstance(value, Mapping):
        return Call("list", tuple(Argument(_node("", item), key) for key, item in value.items()))
    if isinstance(value, Sequence) and word != "subset":
        return Call("c", tuple(Argument(_node("", item)) for item in value))
    return Name(ARRAY)


def _text_node(word: str, value: str) -> Node:
    return Name(value) if word == "na_action" else Text(value)


def _control_arguments(control: Control) -> list[Argument]:
    default = type(control)()
    changed = {name: value for name, value in vars(control).items() if value != getattr(default, name)}
    return [
        Argument(_control_node(value), name.replace("_", ".") if name.startswith("check_") else name)
        for name, value in changed.items()
    ]


def _control_node(value: Any) -> Node:
    return Name(getattr(value, "__name__", ARRAY)) if callable(value) else _node("", value)


def known_family(given: Any) -> Family:
    """The family that a text, an object or a function of `pylmer.families` stands for."""
    from ..families import read_family  # late: linear models have none

    return read_family(given)
