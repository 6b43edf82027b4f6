"""Words: functions that take a fit first and can be taught further kinds of fits: `coef` of lmer, lm, a summary."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable
from importlib import import_module
from typing import Any, Concatenate, Generic, ParamSpec, Protocol, TypeVar, cast, overload

import numpy as np

from ..errors import ArgumentError
from ..text.arguments import check_call, check_plain
from .fitted_model import FittedModel

P = ParamSpec("P")
R_co = TypeVar("R_co", covariant=True)
F = TypeVar("F", bound=Callable[..., Any])
# Rooms whose words learn further kinds when they are first asked for one
TEACHERS = {
    **{room: f"{room}.registrations" for room in ("pylmer.extract", "pylmer.prediction", "pylmer.printing")},
    "pylmer.fit": "pylmer.fit.generalized_batch",
    "pylmer.api": "pylmer.api.generalized",
}
REFUSAL = "__refuses__"
MAKERS = {
    "FittedModel": "lmer()",
    "GeneralizedFittedModel": "glmer()",
    "LinearFit": "lm()",
    "LinearFits": "lmList()",
    "GeneralizedFit": "glm()",
}


class Word(Protocol, Generic[P, R_co]):
    """A word; `register(Kind)` teaches it another kind: its first argument may be any. On a class it is a method."""

    __name__: str

    def __call__(self, fit: Any, /, *args: P.args, **kwargs: P.kwargs) -> R_co: ...

    @overload
    def __get__(self, instance: None, owner: type) -> Word[P, R_co]: ...

    @overload
    def __get__(self, instance: object, owner: type) -> Callable[..., R_co]: ...

    def dispatch(self, kind: type) -> Callable[..., R_co]: ...

    @overload
    def register(self, kind: type) -> Callable[[F], F]: ...

    @overload
    def register(self, kind: type, function: F) -> F: ...


def word(function: Callable[Concatenate[Any, P], R_co]) -> Word[P, R_co]:
    """`function` as a word for fits of lmer; anything unknown ends in an ArgumentError."""
    return word_of(FittedModel)(function)


def word_of(*kinds: type, wanted: str | None = None) -> Callable[[Callable[Concatenate[Any, P], R_co]], Word[P, R_co]]:
    """Makes a function a word: it is itself what the word does for these kinds, and its signature that of the word.

    wanted  what the ArgumentError for anything unknown asks for; None: fits, of whatever functions the word knows
    """

    def made(function: Callable[Concatenate[Any, P], R_co]) -> Word[P, R_co]:
        @functools.wraps(function)
        def refuse(given: Any, *args: Any, **kwargs: Any) -> R_co:
            asked = fits_known(dispatcher) if wanted is None else wanted
            raise ArgumentError(f"{function.__name__}() wants {asked}, found {type(given).__name__}")

        dispatcher = functools.singledispatch(refuse)
        for kind in kinds:
            dispatcher.register(kind, function)
        return cast("Word[P, R_co]", checks_arguments(dispatcher))

    return made


def taught_later(dispatcher: Any, module: str, kind: type) -> Callable[..., Any] | None:
    """What the word does for a kind that its room teaches where it is loaded as a whole; None if nothing does."""
    room = TEACHERS.get(module.rpartition(".")[0])
    if room is None:
        return None
    import_module(room)
    known: Callable[..., Any] = dispatcher.dispatch(kind)
    return None if known is dispatcher.registry[object] else known


def fits_known(dispatcher: Any) -> str:
    """The fits that a word knows, by the functions that make them, but for those that it refuses (see `refusal`)."""
    registry = dispatcher.registry.items()
    kinds = [kind.__name__ for kind, does in registry if kind is not object and not hasattr(does, REFUSAL)]
    known = [maker for start, maker in MAKERS.items() if any(kind == start for kind in kinds)]
    return f"a fit of {either(known)}" if known else "a fitted model"


def refusal(function: F) -> F:
    """Marks what a word does for a kind of fits for which it has no answer, and says so."""
    setattr(function, REFUSAL, True)
    return function


def either(names: list[str]) -> str:
    """ "a", "a or b", "a, b or c"."""
    return " or ".join([part for part in (", ".join(names[:-1]), names[-1]) if part])


def checks_arguments(dispatching: F) -> F:
    """The dispatcher, but arguments that the word does not take end in an ArgumentError that lists those it takes.

    Flags and texts are checked by their annotations: "no" would be True (see `arguments`).
    """

    dispatcher: Any = dispatching

    @functools.wraps(dispatcher)
    def called(*args: Any, **kwargs: Any) -> Any:
        kind = type(args[0]) if args else object
        function = dispatcher.dispatch(kind)
        if args and function is dispatcher.registry[object]:
            function = taught_later(dispatcher, dispatcher.__module__, kind) or function
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
