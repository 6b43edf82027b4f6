"""A family in R's spelling -> the family: "binomial", 'binomial("probit")', "negative.binomial(2)".

Nothing is evaluated: a name, and in parentheses a link and for the negative binomial its theta.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from difflib import get_close_matches
from functools import lru_cache
from typing import Any, NoReturn

from ..errors import ArgumentError
from .family import Family
from .named import Gamma, binomial, gaussian, inverse_gaussian, negative_binomial, poisson

BUILDERS: dict[str, tuple[Callable[..., Family], tuple[str, ...]]] = {
    "binomial": (binomial, ("link",)),
    "poisson": (poisson, ("link",)),
    "Gamma": (Gamma, ("link",)),
    "inverse.gaussian": (inverse_gaussian, ("link",)),
    "gaussian": (gaussian, ("link",)),
    "negative.binomial": (negative_binomial, ("theta", "link")),
}
CALL = re.compile(r"\s*(?:(?:stats|MASS)::)?(?P<name>[A-Za-z][\w.]*)\s*(?:\((?P<arguments>.*)\))?\s*", re.DOTALL)
ARGUMENT = re.compile(r"\s*(?:(?P<name>[A-Za-z]\w*)\s*=\s*)?(?P<value>\"[^\"]*\"|'[^']*'|[^\"'=\s,]+)\s*")
QUASI = {
    "quasibinomial": "it has no likelihood; binomial has",
    "quasipoisson": "it has no likelihood; poisson and negative.binomial have",
    "quasi": "it has no likelihood",
}


def read_family(given: Any) -> Family:
    """A family from R's text, from a `Family`, or from a function of `pylmer.families` such as `binomial`.

    given  "binomial", 'Gamma("log")', "binomial(link = cloglog)"; `families.poisson("sqrt")`; or `families.poisson`,
           whose link is then its default

    Raises ArgumentError, with what there is, for anything else.

    >>> read_family("binomial(link = cloglog)")
    binomial("cloglog")
    >>> read_family("MASS::negative.binomial(2)").name
    'Negative Binomial(2)'
    """
    if isinstance(given, Family):
        return given
    if isinstance(given, str):
        return _from_text(given)
    builders = {builder: name for name, (builder, _) in BUILDERS.items()}
    if callable(given) and given in builders:
        return _build(builders[given], {}, builders[given])
    raise ArgumentError(f"family={_shown(given)}: wanted {_known()}, as a text, or an object of pylmer.families")


@lru_cache(maxsize=64)
def _from_text(text: str) -> Family:
    call = CALL.fullmatch(text)
    if call is None:
        raise ArgumentError(f"family={text!r} is no family: wanted {_known()}, such as 'binomial(\"probit\")'")
    name = call["name"].replace("_", ".")
    if name not in BUILDERS:
        _refuse_name(text, name)
    return _build(name, _arguments(text, name, call["arguments"]), text)


def _refuse_name(text: str, name: str) -> NoReturn:
    if name in QUASI:
        raise ArgumentError(f"family={text!r}: {QUASI[name]}; there are {_known()}")
    alike = {known.lower(): known for known in BUILDERS} | {"normal": "gaussian", "nb": "negative.binomial"}
    near = get_close_matches(name.lower(), alike, n=1)
    hint = f"; did you mean {alike[near[0]]!r}?" if near else ""
    raise ArgumentError(f"family={text!r}: there is no such family; there are {_known()}{hint}")


def _arguments(text: str, family: str, inside: str | None) -> dict[str, Any]:
    """The arguments by name; those without stand in the places that are left, as in R."""
    parts = [ARGUMENT.fullmatch(part) for part in inside.split(",")] if inside and inside.strip() else []
    names = BUILDERS[family][1]
    wanted = f"{family}({', '.join(names)})"
    if any(part is None for part in parts):
        raise ArgumentError(f"family={text!r}: cannot read what stands in the parentheses; wanted {wanted}")
    found = {part["name"]: _unquoted(part["value"]) for part in parts if part is not None and part["name"]}
    free = [name for name in names if name not in found]
    places = [_unquoted(part["value"]) for part in parts if part is not None and not part["name"]]
    if not found.keys() <= set(names) or len(places) > len(free):
        raise ArgumentError(f"family={text!r}: the arguments are {wanted}")
    return found | dict(zip(free, places, strict=False))


def _build(name: str, arguments: dict[str, Any], text: str) -> Family:
    if name == "negative.binomial" and "theta" not in arguments:
        raise ArgumentError(f"family={text!r}: the shape is missing, as in 'negative.binomial(2)'")
    try:
        return BUILDERS[name][0](**arguments)
    except ArgumentError as error:
        raise ArgumentError(f"family={text!r}: {error}") from None


def _unquoted(value: str) -> str:
    return value[1:-1] if value[0] in "\"'" else value


def _known() -> str:
    return ", ".join(BUILDERS)


def _shown(given: Any) -> str:
    text = repr(given)
    return text if len(text) <= 60 and "\n" not in text else f"<{type(given).__name__}>"
