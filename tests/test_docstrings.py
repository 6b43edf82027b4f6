"""Every argument of every public word is in its docstring, in the house's one form.

The form: after what the word is, one table, a row for each argument in the order of the signature,

    name       what it is, its type and shape, what the default means
    one, two   rows of the same text may share it

Further kinds that a word is taught (`confint` of marginal means) may have further arguments: their rows come last.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable
from dataclasses import fields
from typing import Any

import pytest

import pylmer
import pylmer.extract.registrations
import pylmer.prediction.registrations
import pylmer.printing.registrations
from tests.sweeping.calls import left_out, slots, words

ROW = re.compile(r"(\w+(?:, \w+)*) {2,}(\S.*)")
GATHERED = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
UNNAMED = {"self", "unknown"}  # `**unknown` is there to refuse what is no argument


def methods() -> dict[str, Callable[..., Any]]:
    """The methods of records that users call."""
    return {slot.word: slot.function for slot in slots() if "." in slot.word and not slot.word.startswith("datasets.")}


WORDS: dict[str, Callable[..., Any]] = {**words(), **methods()}


def rows(doc: str) -> list[tuple[str, str]]:
    """The table of arguments: (names, text) of each row of the first paragraph that starts with one."""
    for paragraph in doc.split(">>>")[0].split("\n\n"):
        lines = paragraph.strip("\n").split("\n")
        found = [match.groups() for match in map(ROW.fullmatch, lines) if match]
        if found and ROW.fullmatch(lines[0]):
            return [(names, text) for names, text in found]
    return []


def documented(doc: str) -> list[str]:
    return [name for names, _ in rows(doc) for name in names.split(", ")]


def arguments(word: Callable[..., Any]) -> list[str]:
    """The arguments of the signature."""
    if word in (pylmer.lmerControl, pylmer.glmerControl):  # their __new__ takes anything, to say what is unknown
        return [each.name for each in fields(word)]
    return [name for name in inspect.signature(word).parameters if name not in UNNAMED]


def further_arguments(word: Callable[..., Any]) -> set[str]:
    """Those that only further kinds of records have."""
    taught = [function for kind, function in getattr(word, "registry", {}).items() if kind is not object]
    every = [each for function in taught for each in list(inspect.signature(function).parameters.values())[1:]]
    return {each.name for each in every if each.kind not in GATHERED} - {*arguments(word)}


@pytest.mark.parametrize("name", WORDS)
def test_arguments_are_documented(name: str) -> None:
    word = WORDS[name]
    found, own, further = documented(inspect.getdoc(word) or ""), arguments(word), further_arguments(word)
    assert found[: len(own)] == own
    assert sorted(found[len(own) :]) == sorted(further)


@pytest.mark.parametrize("name", WORDS)
def test_rows_say_something(name: str) -> None:
    said = {names: len(text.split()) for names, text in rows(inspect.getdoc(WORDS[name]) or "")}
    assert not [names for names, length in said.items() if length < 2]


def test_every_public_name_is_a_word_or_left_out_on_purpose() -> None:
    public = {*pylmer.__all__, "test", "display", "plan", "save", "load"} - {"datasets", "families"}
    assert public == {name for name in {*words(), *left_out()} if name in public}
    assert len(WORDS) > 130


DOCSTRING = """What it is.

one         a number, (n,)
two, three  texts;
            more of it

Prose, and another table

column      of the answer
"""


@pytest.mark.parametrize(
    ("given", "found"),
    [
        (lambda one, two, three: None, True),
        (lambda one, two: None, False),  # surplus
        (lambda one, two, three, four: None, False),  # missing
        (lambda two, one, three: None, False),  # another order
        (lambda one, two, three, **unknown: None, True),
    ],
)
def test_the_form_is_read(given: Callable[..., Any], found: bool) -> None:
    assert (documented(DOCSTRING) == arguments(given)) == found
