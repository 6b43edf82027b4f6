"""One row per R function: its formal arguments, and what it is in Python; and R's matching of arguments to formals.

A formal is written `name`, `name=default` or `name>keyword`, after a mark if it is special:

    ~name    evaluated among the data: the expression's text is passed on, as formulas are
    -name    changes what is shown, or how R computes, not the numbers: passed over with a note
    !name    has no counterpart: a call that gives it is left
    ...      takes what has no other place

`code` is a name (a function of pylmer: arguments keep their names, `.` as `_`, those before `positional` stand
without), or a template in which `{name}` is an argument, or such by the kind of the first argument, "*" for all others.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from keyword import iskeyword
from typing import Any

from ..language.nodes import Argument
from .written import NotPortedError

DOTS = "..."


@dataclass(frozen=True)
class Formal:
    """A formal argument: its R name, mark, the text of its default, and Python's keyword."""

    name: str
    mark: str = ""
    default: str | None = None
    keyword: str = ""


@dataclass(frozen=True)
class Row:
    """How calls of R functions are written in Python.

    names       of the R functions that are written so
    formals     their formal arguments, in R's order
    code        name or template, see above; None where `by` does it
    gives       the kind of the result; "same": that of the first argument
    on          kinds of the first argument that the row is for; empty: any
    positional  how many arguments are written without their names
    env         whether variables of the script in formulas are passed as env=
    degrees     whether lme4 alone gives no degrees of freedom, where lmerTest and pylmer do
    random      whether it draws, and takes the script's generator as seed=
    by          a function (expressions, call, matched arguments) -> Py, for what no template says
    """

    names: str
    formals: str = "x"
    code: str | Mapping[str, str] | None = None
    gives: str = "object"
    on: str = ""
    positional: int = 1
    env: bool = False
    random: bool = False
    degrees: bool = False
    by: Callable[..., Any] | None = field(default=None, compare=False)

    @cached_property
    def arguments(self) -> tuple[Formal, ...]:
        """The formals, read; of one that stands there twice the first."""
        formals = map(_formal, self.formals.split())
        return tuple({formal.name: formal for formal in reversed(list(formals))}.values())[::-1]

    @cached_property
    def word(self) -> str:
        """The function that `code` names; "" of a template."""
        code = self.code if isinstance(self.code, str) else ""
        return code if code.replace(".", "").isidentifier() and not iskeyword(code) else ""

    @cached_property
    def kinds(self) -> frozenset[str]:
        """The kinds of `on`."""
        return frozenset(self.on.split())


def _formal(text: str) -> Formal:
    mark = text[0] if text[0] in "~-!" else ""
    rest, _, default = text[len(mark) :].partition("=")
    name, _, keyword = rest.partition(">")
    return Formal(name, mark, default or None, keyword or name.replace(".", "_"))


@dataclass(frozen=True)
class Matched:
    """The arguments of a call: by formal, and what went to `...`."""

    given: Mapping[str, Argument]
    dots: tuple[Argument, ...]


def match(row: Row, function: str, arguments: Sequence[Argument]) -> Matched:
    """R's rule: by full name, then by the beginning of a name (of formals before ...), then by position.

    >>> row = Row("f", "object nsim=1 seed")
    >>> found = match(row, "f", [Argument(None), Argument(None, "see"), Argument(None)])
    >>> sorted(found.given)
    ['nsim', 'object', 'seed']
    """
    names = [formal.name for formal in row.arguments]
    partial = names[: names.index(DOTS)] if DOTS in names else names
    given: dict[str, Argument] = {}
    rest: list[Argument] = []
    for argument in arguments:
        name = _named(argument.name, names, partial)
        (given.__setitem__(name, argument) if name and name not in given else rest.append(argument))
    free = [name for name in partial if name not in given]
    dots: list[Argument] = []
    for argument in rest:
        if argument.name is None and free:
            given[free.pop(0)] = argument
        elif DOTS in names:
            dots.append(argument)
        else:
            raise NotPortedError(_too_many(function, argument))
    return Matched(given, tuple(dots))


def _named(name: str | None, names: Sequence[str], partial: Sequence[str]) -> str | None:
    if name is None or name == DOTS:
        return None
    if name in names:
        return name
    begun = [each for each in partial if each.startswith(name)]
    return begun[0] if len(begun) == 1 else None


def _too_many(function: str, argument: Argument) -> str:
    what = "more arguments than are known" if argument.name is None else f"argument {argument.name}="
    return f"{function}(): {what}; there is no counterpart"
