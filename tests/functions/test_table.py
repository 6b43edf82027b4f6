"""R's functions by name: the table says which module holds each, and a module is imported when one is first named."""

from __future__ import annotations

import subprocess
import sys
from importlib import import_module

import pytest

from pylmer.functions.table import MODULES, TABLE

ASK = """
import sys
from pylmer.functions import Scope, evaluate
from pylmer.functions.table import MODULES, TABLE
from pylmer.language import parse_expression
held = lambda: {name for name in MODULES if f"pylmer.functions.{name}" in sys.modules}
known = "bs" in TABLE and "nowhere" not in TABLE and len([*TABLE]) == len(TABLE)
before = held()
print(known, before, evaluate(parse_expression("round(2.6)"), Scope({})), *sorted(held()))
"""


@pytest.mark.parametrize("module", MODULES)
def test_a_module_enters_what_the_table_says(module: str) -> None:
    named = MODULES[module].split()
    held = import_module(f"pylmer.functions.{module}")
    assert {TABLE[name].call.__module__ for name in named} == {held.__name__}
    assert [TABLE[name].name for name in named] == named


def test_nothing_is_entered_that_the_table_does_not_name() -> None:
    for module in MODULES:
        import_module(f"pylmer.functions.{module}")
    assert sorted(TABLE._entered) == sorted(TABLE) == sorted(" ".join(MODULES.values()).split())


def test_a_name_of_no_function_is_none() -> None:
    assert TABLE.get("nowhere") is None
    with pytest.raises(KeyError, match="nowhere"):
        TABLE["nowhere"]


def test_a_function_is_imported_when_it_is_named() -> None:
    ran = subprocess.run([sys.executable, "-c", ASK], capture_output=True, text=True, check=True)
    assert ran.stdout.split() == ["True", "set()", "[3.]", "elementwise", "rounding"]
