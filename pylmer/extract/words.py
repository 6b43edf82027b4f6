"""Words: functions that take a fit first and can be taught further kinds of fits: `coef` of lmer, lm, a summary."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, Generic, ParamSpec, Protocol, TypeVar, cast, overload

from ..errors import ArgumentError
from ..fitting import FittedModel

P = ParamSpec("P")
R_co = TypeVar("R_co", covariant=True)
F = TypeVar("F", bound=Callable[..., Any])


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
        raise ArgumentError(f"{function.__name__}() wants a fitted model, found {type(fit).__name__}")

    dispatcher = functools.singledispatch(refuse)
    dispatcher.register(FittedModel, function)
    return cast("Word[P, R_co]", dispatcher)
