"""Linear mixed models as R's lme4 fits, names and prints them.

>>> import pylmer
>>> radon = pylmer.datasets.load("radon")
>>> fit = pylmer.lmer("log_radon ~ floor + (1 | county)", data=radon)
>>> pylmer.fixef(fit).round(3).to_dict()
{'(Intercept)': 1.462, 'floor': -0.693}
"""

from __future__ import annotations

import ast
from importlib import import_module
from pathlib import Path
from typing import Any

__version__ = "0.1.0"


def _public() -> tuple[dict[str, str], list[str]]:
    """Public name -> its module ("" for a module of the package), and __all__, as `__init__.pyi` says.

    Read instead of imported: `import pylmer` takes milliseconds, and the first use of a word loads what it needs.
    """
    homes: dict[str, str] = {}
    offered: list[str] = []
    for node in ast.parse(Path(__file__).with_suffix(".pyi").read_text(encoding="utf-8")).body:
        if isinstance(node, ast.ImportFrom):
            homes |= {alias.asname or alias.name: node.module or "" for alias in node.names}
        elif isinstance(node, ast.Assign):
            offered = ast.literal_eval(node.value)
    return homes, offered


_HOMES, __all__ = _public()


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'pylmer' has no attribute {name!r}")
    home = _HOMES[name]
    module = import_module(f"pylmer.{home or name}")
    value = module if not home else getattr(module, name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """The public names, without what this file imports and the modules that have been loaded."""
    return sorted({*_HOMES, *(name for name in globals() if name.startswith("__"))})
