"""Every public name stays what it is, whatever is imported in between (no module hides a word)."""

from __future__ import annotations

import ast
import importlib
import pkgutil
from collections import defaultdict
from pathlib import Path
from types import ModuleType

import pylmer


def public_names() -> list[str]:
    return [name for name in dir(pylmer) if not name.startswith("_")]


def words() -> dict[str, object]:
    """The public names that are not modules, with what they resolve to."""
    found = {name: getattr(pylmer, name) for name in {*public_names(), *pylmer.__all__}}
    return {name: thing for name, thing in found.items() if not isinstance(thing, ModuleType)}


def test_names_resolve_to_the_same_objects_after_importing_all_submodules() -> None:
    before = words()
    for module in pkgutil.walk_packages(pylmer.__path__, "pylmer."):
        importlib.import_module(module.name)
    assert words() == before
    assert {"lmer", "lm", "display", "summary", "coef", "sigma"} <= before.keys()


def test_no_module_has_the_name_of_a_word() -> None:
    modules = {module.name for module in pkgutil.iter_modules(pylmer.__path__)}
    assert modules.isdisjoint(words())


def test_star_import_hides_nothing_of_python_or_ipython() -> None:
    taken = {
        "display",
        "test",
        "plan",
        "load",
        "save",
        "report",
    }  # names that notebooks, pytest and users have for theirs
    assert taken.isdisjoint(pylmer.__all__)
    import builtins

    assert not {name for name in pylmer.__all__ if hasattr(builtins, name)}


def test_all_is_sorted_out() -> None:
    assert len(set(pylmer.__all__)) == len(pylmer.__all__)
    assert all(hasattr(pylmer, name) for name in pylmer.__all__)


def test_dir_has_words_and_what_modules_have() -> None:
    found = dir(pylmer)
    assert {"lmer", "emmeans", "__version__", "__doc__"} <= set(found)
    assert not {"ast", "Path", "Any", "import_module"} & set(found)


def test_no_two_classes_share_a_name() -> None:
    homes: dict[str, list[str]] = defaultdict(list)
    for path in sorted(Path(pylmer.__file__).parent.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ClassDef):
                homes[node.name].append(path.name)
    assert len(homes) > 100
    assert {name: where for name, where in homes.items() if len(where) > 1} == {}
