"""The vignette's list of deliberate differences from R: every row names a test that is there."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from pylmer import vignette

ROOT = Path(__file__).parents[1]
ROWS = [
    [cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]]
    for line in vignette("differences").source.splitlines()
    if line.startswith("|") and not line.startswith(("|--", "| what"))
]


def test_there_are_rows() -> None:
    assert len(ROWS) >= 25
    assert all(len(row) == 5 and all(row) for row in ROWS)


@pytest.mark.parametrize("row", ROWS, ids=[row[0][:50] for row in ROWS])
def test_its_test_is_there(row: list[str]) -> None:
    for named in re.findall(r"`([^`]+)`", row[4]):
        path, _, name = named.partition("::")
        tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
        assert name in {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}
