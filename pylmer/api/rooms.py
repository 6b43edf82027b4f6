"""Words bound on a class whose room is loaded when a word is first asked for."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from typing import Any


@dataclass(frozen=True)
class Room:
    """A package or module by name, in whose place it stands where a class binds words: `fixef = extract.fixef`."""

    name: str

    def __getattr__(self, word: str) -> LateWord:
        return LateWord(self.name, word)


@dataclass(frozen=True)
class LateWord:
    """A word, or a class, that is looked up when the class or a fit is asked for it; it is the function itself."""

    room: str
    word: str

    def __get__(self, instance: object, owner: type) -> Any:
        word = getattr(import_module(self.room), self.word)
        return word if isinstance(word, type) else word.__get__(instance, owner)
