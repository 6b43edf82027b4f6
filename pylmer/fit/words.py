"""Words: functions that take a fit first and can be taught further kinds of fits: `coef` of lmer, lm, a summary."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable
from typing import Any, Generic, ParamSpec, Protocol, TypeVar, cast, overload

import numpy as np

from ..errors import ArgumentError
from ..text.arguments import check_call, check_plain, is_number
from .fitted_model import FittedModel

P = ParamSpec("P")
R_co = TypeVar("R_co", covariant=True)
F = TypeVar("F", bound=Callable[..., Any])
MAKERS = {"FittedModel": "lmer()", "LinearFit": "lm()", "LinearFits": "lmList()"}


class Word(Protocol, Generic[P, R_co]):
    """A word; `register(Kind)` teaches it another kind of fit. Bound on a class it is a method."""

    __name__: str

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R_co: ...

    @overload
    def __get__(self, instance: None, owner: type) -> Word[P, R_co]: ...

    @overload
    def __get__(self, instance: object, owner: type) -> Callable[..., R_co]: ...

    def dispatch(self, kind: type) -> Callable[..., R_co]: ...

    @overload
    def register(self, kind: type) -> Callable[[F], F]: ...

    @overload
    def register(self, kind: type, function: F) -> F: ...


def word(function: Callable[P, R_co]) -> Word[P, R_co]:
    """`function` as a word for fits of lmer; anything unknown ends in an ArgumentError."""

    @functools.wraps(function)
    def refuse(fit: Any, *args: Any, **kwargs: Any) -> R_co:
        raise ArgumentError(f"{function.__name__}() wants {wanted(dispatcher)}, found {type(fit).__name__}")

    dispatcher = functools.singledispatch(refuse)
    dispatcher.register(FittedModel, function)
    return cast("Word[P, R_co]", checks_arguments(dispatcher))


def wanted(dispatcher: Any) -> str:
    """The kinds that a word knows, in words."""
    kinds = [kind.__name__ for kind in dispatcher.registry if kind is not object]
    known = [maker for start, maker in MAKERS.items() if any(kind == start for kind in kinds)]
    return f"a fit of {' or '.join(known)}" if known else "a fitted model"


def checks_arguments(dispatching: F) -> F:
    """The dispatcher, but arguments that the word does not take end in an ArgumentError that lists those it takes.

    Flags and texts are checked by their annotations: "no" would be True (see `arguments`).
    """

    dispatcher: Any = dispatching

    @functools.wraps(dispatcher)
    def called(*args: Any, **kwargs: Any) -> Any:
        function = dispatcher.dispatch(type(args[0]) if args else object)
        check_plain(dispatcher.__name__, function, args, kwargs)
        try:
            return dispatcher(*args, **kwargs)
        except TypeError:
            check_call(dispatcher.__name__, function, args, kwargs)
            raise

    called.register, called.dispatch = dispatcher.register, dispatcher.dispatch  # type: ignore[attr-defined]
    called.registry = dispatcher.registry  # type: ignore[attr-defined]
    return cast("F", called)


def several(given: Any) -> list[Any]:
    """One thing or several, as a list; a text is one."""
    if isinstance(given, np.ndarray) and not given.ndim:
        return [given.item()]
    return [given] if isinstance(given, str) or not isinstance(given, Iterable) else list(given)


def check_level(level: Any, name: str = "level") -> float:
    """The level, if it lies in (0, 1)."""
    if not is_number(level) or not 0 < level < 1:
        raise ArgumentError(f"{name}={level!r}: a level lies between 0 and 1")
    return float(level)
