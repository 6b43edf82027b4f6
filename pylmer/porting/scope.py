"""What the script has defined so far: its variables under Python's names, and those whose definition was left out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path

from ..datasets import describe, names
from .written import ATOM, NotPortedError, Py, python_name, quoted


@cache
def packaged() -> dict[str, frozenset[str]]:
    """The data sets of pylmer, with their columns."""
    return {name: frozenset(describe(name).columns) for name in names()}


@dataclass
class ScriptScope:
    """The variables of a script.

    folder    where data sets lie that pylmer does not have, as NAME.csv or as NAME.json (`datasets.read`)
    avoid     names that variables must not take, for pylmer's words have them
    masks     frames whose columns are meant first, inside with() and the like, the innermost last
    before    lines that must stand before the statement at work
    notes     what is to be said of the statement at work
    attached  the packages that the script has attached
    seeded    whether a generator of random numbers, rng, is there
    """

    folder: Path | None = None
    avoid: frozenset[str] = frozenset()
    variables: dict[str, Py] = field(default_factory=dict)
    lost: dict[str, int] = field(default_factory=dict)
    masks: list[Py] = field(default_factory=list)
    before: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    attached: set[str] = field(default_factory=set)
    seeded: bool = False

    def define(self, name: str, value: Py) -> str:
        """Enter a variable and return Python's name for it."""
        known = self.variables.get(name)
        taken = frozenset(each.code for other, each in self.variables.items() if other != name)
        code = known.code if known is not None else python_name(name, self.avoid | taken)
        self.variables[name] = replace(value, code=code, binding=ATOM)
        self.lost.pop(name, None)
        return code

    def random(self) -> None:
        """The statement at work draws random numbers."""
        if not self.seeded:
            self.before.append("rng = np.random.default_rng()")
            self.seeded = True

    def lose(self, name: str, line: int) -> None:
        """The definition of `name` was left out: what uses it is left out too."""
        self.variables.pop(name, None)
        self.lost.setdefault(name, line)

    def find(self, name: str) -> Py | None:
        """The column or variable of that name, or the data set, which is then loaded before the statement."""
        for frame in reversed(self.masks):
            known = frame.columns is not None and name in frame.columns
            if known or (frame.columns is None and name not in self.variables):
                return Py(f"{frame.code}[{quoted(name)}]", "series")
        if name in self.variables:
            return self.variables[name]
        if name in self.lost:
            raise NotPortedError(f"it needs {name} of line {self.lost[name]}, which is not ported")
        return self.load(name)

    def load(self, name: str) -> Py | None:
        """The data set of that name, with a line that reads it; None if there is none."""
        found = self._reading(name)
        if found is None:
            return None
        code, columns = found
        target = self.define(name, Py("", "frame", columns=columns))
        self.before.append(f"{target} = {code}")
        return self.variables[name]

    def _reading(self, name: str) -> tuple[str, frozenset[str] | None] | None:
        if name in packaged():
            return f"datasets.load({quoted(name)})", packaged()[name]
        for suffix, code in READERS.items():
            path = None if self.folder is None else self.folder / f"{name}{suffix}"
            if path is not None and path.is_file():
                return code.format(path=quoted(path.as_posix())), _columns(path)
        return None


READERS: Mapping[str, str] = {".json": "datasets.read(Path({path}))", ".csv": "pd.read_csv({path})"}


def _columns(path: Path) -> frozenset[str] | None:
    import json

    if path.suffix == ".json":
        return frozenset(json.loads(path.read_text(encoding="utf-8"))["columns"])
    return None
