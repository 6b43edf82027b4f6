"""An R script -> Python text in its order, with its comments; what is left stands as a comment with line and reason."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from ..language.nodes import Call
from .context import Expressions
from .expressions import WRITERS
from .frame_rows import FRAME_ROWS
from .means_rows import MEANS_ROWS
from .model_rows import MODEL_ROWS
from .nodes import RNode
from .reading import Comment, Script, read_script
from .rows import Row
from .scope import ScriptScope
from .statements import defined, parts_of, statement_lines
from .vector_rows import VECTOR_ROWS
from .written import NotPortedError

MODULES = {
    "np": "import numpy as np",
    "pd": "import pandas as pd",
    "Path": "from pathlib import Path",
}
Mark = Callable[[Call, str], str]


@dataclass(frozen=True)
class Left:
    """A statement that could not be ported: its line in the script, the reason, and its text."""

    line: int
    reason: str
    text: str = field(repr=False)

    def __str__(self) -> str:
        """`line 3: the reason`."""
        return f"line {self.line}: {self.reason}"


@dataclass(frozen=True)
class Ported:
    """Python text, how many statements it stands for, how many needed nothing, and those that were left."""

    text: str = field(repr=False)
    ported: int
    passed: int
    left: tuple[Left, ...]

    @property
    def summary(self) -> str:
        """One line with the counts, and one per statement that was left."""
        counts = f"ported: {self.ported} statements; nothing to do: {self.passed}; left: {len(self.left)}"
        return "\n".join([counts, *(f"  {left}" for left in self.left)])


@cache
def table() -> dict[str, tuple[Row, ...]]:
    """All rows by R's name; of several the order of the tables decides."""
    found: dict[str, list[Row]] = {}
    for row in (*MODEL_ROWS, *MEANS_ROWS, *FRAME_ROWS, *VECTOR_ROWS):
        for name in row.names.split():
            found.setdefault(name, []).append(row)
    return {name: tuple(sorted(rows, key=lambda row: not row.on)) for name, rows in found.items()}


@cache
def words() -> frozenset[str]:
    """The functions of pylmer that ported scripts call."""
    names = (row.word for rows in table().values() for row in rows if row.word and "." not in row.word)
    return frozenset([*names, "set_contrasts", "rbind", "datasets", "families"])


def port(text: str, data: str | Path | None = None, mark: Mark | None = None) -> Ported:
    """Python for an R script; nothing is evaluated.

    text  the script
    data  a folder with data sets that pylmer does not have: NAME.csv, as write.csv(NAME, row.names = FALSE) writes it
    mark  is asked for the text of every call that is written; for benchmarks/porting.py

    Raises ScriptSyntaxError, with line and caret, where the text is not R.

    >>> ported = port("m <- lmer(yield ~ nitro + (1 | Block), Oats)  # nested\\nfixef(m)['nitro']\\nnlme::gls(y ~ x)")
    >>> print(ported.text)
    from pylmer import datasets, fixef, lmer
    <BLANKLINE>
    Oats = datasets.load("Oats")
    m = lmer("yield ~ nitro + (1 | Block)", Oats)  # nested
    print(fixef(m)["nitro"])
    # line 3, not ported: gls() has no counterpart
    #     nlme::gls(y ~ x)
    <BLANKLINE>
    >>> print(ported.summary)
    ported: 2 statements; nothing to do: 0; left: 1
      line 3: gls() has no counterpart
    """
    script = read_script(text)
    scope = ScriptScope(None if data is None else Path(data), words())
    writer = _Writer(script, Expressions(scope, table(), WRITERS, mark))
    writer.statements(script.statements)
    writer.comments_until(len(script.text) + 1)
    body = "\n".join(writer.lines).strip("\n")
    return Ported(f"{_imports(body)}{body}\n" if body else "", writer.ported, writer.passed, tuple(writer.left))


class _Writer:
    """Goes through the statements, and lays the comments between them."""

    def __init__(self, script: Script, at: Expressions) -> None:
        self.script, self.at = script, at
        self.waiting = list(script.comments)
        self.lines: list[str] = []
        self.ported = self.passed = 0
        self.left: list[Left] = []
        self.end = 0

    def statements(self, nodes: tuple[RNode, ...]) -> None:
        for node in nodes:
            inner = parts_of(node)
            if inner is None:
                self.statement(node)
            else:
                self.comments_until(node.span[0])
                self.statements(inner)
                self.comments_until(node.span[1])

    def statement(self, node: RNode) -> None:
        self.comments_until(node.span[0])
        self._blank(node.span[0])
        inside = self._taken(node.span[1])
        try:
            lines = self._ported(node)
            self.lines += [comment.text for comment in inside] + lines
        except NotPortedError as reason:
            self._leave(node, str(reason))
        self.end = node.span[1]
        self._trailing()

    def _ported(self, node: RNode) -> list[str]:
        scope = self.at.scope
        variables, lost, seeded = dict(scope.variables), dict(scope.lost), scope.seeded
        scope.before, scope.notes, scope.masks = [], [], []
        self.at.done.clear()
        try:
            piece = statement_lines(self.at, node)
        except NotPortedError:
            scope.variables, scope.lost, scope.seeded = variables, lost, seeded
            raise
        self.passed += piece.passed
        self.ported += not piece.passed
        if piece.passed:
            return [f"# nothing to do in Python: {line}" for line in self._source(node)]
        return piece.lines

    def _source(self, node: RNode) -> list[str]:
        return self.script.source(node).splitlines()

    def _leave(self, node: RNode, reason: str) -> None:
        line = self.script.line(node.span[0])
        self.left.append(Left(line, reason, self.script.source(node)))
        self.lines.append(f"# line {line}, not ported: {reason}")
        self.lines += [f"#     {each}".rstrip() for each in self._source(node)]
        for name in defined(node):
            self.at.scope.lose(name, line)

    def _blank(self, start: int) -> None:
        """An empty line where the script has one."""
        if self.lines and self.lines[-1] and self.script.text[self.end : start].count("\n\n"):
            self.lines.append("")

    def _taken(self, end: int) -> list[Comment]:
        taken = [comment for comment in self.waiting if comment.start < end]
        self.waiting = self.waiting[len(taken) :]
        return taken

    def comments_until(self, end: int) -> None:
        """The comments before `end`, each in its line."""
        for comment in self._taken(end):
            self._blank(comment.start)
            self.lines.append(comment.text)
            self.end = comment.start + len(comment.text)

    def _trailing(self) -> None:
        """A comment behind the statement in its last line."""
        line = self.script.line(max(self.end - 1, 0))
        if self.waiting and self.waiting[0].line == line and not self._more_in_line(self.waiting[0].start):
            comment = self.waiting.pop(0)
            if self.lines[-1]:
                self.lines[-1] += f"  {comment.text}"
            else:
                self.lines[-1:] = [comment.text]
            self.end = comment.start + len(comment.text)

    def _more_in_line(self, start: int) -> bool:
        return bool(self.script.text[self.end : start].strip(" \t;)},"))


def _imports(body: str) -> str:
    """The import lines that the text needs."""
    names = set(_names(ast.parse(body)))
    lines = [line for name, line in MODULES.items() if name in names]
    used = sorted(names & words(), key=str.lower)
    if used:
        lines.append(_from_pylmer(used))
    return "\n".join(lines) + "\n\n" if lines else ""


def _from_pylmer(used: list[str]) -> str:
    line = f"from pylmer import {', '.join(used)}"
    return line if len(line) <= 120 else f"from pylmer import (\n{''.join(f'    {name},' + chr(10) for name in used)})"


def _names(tree: ast.AST) -> Iterator[str]:
    return (node.id for node in ast.walk(tree) if isinstance(node, ast.Name))
