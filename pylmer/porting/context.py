"""What every writer of a node is given: the script so far, the tables, and how other nodes are written."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from ..language.nodes import Call
from .nodes import RNode
from .rows import Row
from .scope import ScriptScope
from .values import whole_text
from .written import Py

Writers: TypeAlias = "Mapping[type, Callable[[Expressions, Any], Py]]"


class Expressions:
    """What turns the nodes of one script into Python; `scope` is what the script has defined so far.

    writers  what writes a node, by its class
    mark     is asked at every call written: (call, its text) -> text; benchmarks/porting.py records values by it
    """

    def __init__(
        self,
        scope: ScriptScope,
        table: Mapping[str, tuple[Row, ...]],
        writers: Writers,
        mark: Callable[[Call, str], str] | None,
    ) -> None:
        self.scope, self.table, self.writers, self.mark = scope, table, writers, mark
        self.done: dict[int, str] = {}  # assignments inside the statement at work that stand before it already

    def py(self, node: RNode) -> Py:
        """The node as Python; raises NotPortedError."""
        return self.writers[type(node)](self, node)

    def value(self, node: RNode) -> Py:
        """The same, for a variable: R's vectors count and compare, so lists of numbers become arrays."""
        return whole_text(self.py(node))
