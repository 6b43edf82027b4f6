"""R's functions by name. The module that holds one is imported when a formula first names it.

An R function is a Python function under `@r_function`: a parameter `na_rm` is R's `na.rm`, `*dots` is R's `...`, what
follows is only found by its full name, a parameter `state` makes it keep what it learnt for new data.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping, Sequence
from importlib import import_module
from typing import Any, TypeVar

from .values import Function

# Module -> the functions that it enters by `@r_function`
MODULES = {
    "bases": "poly scale bs ns",
    "combine": "c cbind paste paste0",
    "contrasts": "contr.treatment contr.SAS contr.sum contr.helmert contr.poly C",
    "conversions": "as.numeric as.double as.integer as.character as.logical I identity { offset as.vector rev "
    "is.factor is.numeric unclass",
    "dates": "as.Date",
    "distributions": "pnorm plogis qnorm qlogis",
    "elementwise": "exp expm1 log1p log2 log10 sqrt sin cos tan asin acos atan sinh cosh tanh asinh acosh atanh floor "
    "ceiling trunc lgamma gamma cumsum cumprod cummax cummin log abs sign pmin pmax ifelse is.na is.finite xor",
    "factor_functions": "factor ordered as.factor as.ordered relevel reorder droplevels interaction dummy",
    "intervals": "cut findInterval",
    "quantiles": "rank",
    "rounding": "round signif",
    "sequences": "rep seq seq_len seq_along",
    "summaries": "mean sd var median mad IQR sum prod min max range quantile length nlevels levels any all ave",
}
DOTS = "..."
UNDERSCORED = frozenset(["ordered_result"])  # formals that R itself writes so
F = TypeVar("F", bound=Callable[..., Any])


class Table(Mapping[str, Function]):
    """R name -> function; its names are known without what holds them."""

    def __init__(self, modules: Mapping[str, str]) -> None:
        self._module = {name: module for module, names in modules.items() for name in names.split()}
        self._entered: dict[str, Function] = {}
        self._whole: set[str] = set()  # modules whose import has come to its end

    def __getitem__(self, name: str) -> Function:
        module = self._module[name]
        if module not in self._whole:
            import_module(f"{__package__}.{module}")  # waits where another thread is at it
            self._whole.add(module)
        return self._entered[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._module)

    def __len__(self) -> int:
        return len(self._module)

    def __contains__(self, name: object) -> bool:
        return name in self._module

    def enter(self, function: Function) -> None:
        """Put a function under its R name; its module says so in MODULES."""
        self._entered[function.name] = function


TABLE = Table(MODULES)


def r_function(*names: str, lazy: Sequence[str] = (), package: str = "base") -> Callable[[F], F]:
    """Enter a Python function into the table under R's name or names; `lazy` formals get a Promise."""

    def enter(function: F) -> F:
        for name in names:
            TABLE.enter(describe(name, function, frozenset(lazy), package))
        return function

    return enter


def describe(
    name: str, function: Callable[..., Any], lazy: frozenset[str] = frozenset(), package: str = "base"
) -> Function:
    """The record of a Python function that stands for an R function of `package`."""
    formals = [p for p in inspect.signature(function).parameters.values() if p.name != "state"]
    names = tuple(DOTS if p.kind is p.VAR_POSITIONAL else _dotted(p.name) for p in formals)
    defaults = {_dotted(p.name): p.default for p in formals if p.default is not p.empty}
    stateful = "state" in inspect.signature(function).parameters
    return Function(name, names, function, defaults, lazy, stateful, package=package)


def _dotted(name: str) -> str:
    return name if name in UNDERSCORED else name.rstrip("_").replace("_", ".")
