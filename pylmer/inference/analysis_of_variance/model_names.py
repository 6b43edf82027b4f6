"""What anova() calls the models it compares: R reads their names off the call, Python is told them."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar, cast

from ...errors import ArgumentError
from .likelihood_ratio import Fit, is_fit, names_of

F = TypeVar("F", bound=Callable[..., Any])
OPTIONS = ("type", "ddf", "refit", "model_names", "test")  # of anova() here
FOREIGN = {  # arguments of R's anova methods
    "scale": "an lm()'s F tests take the residual variance of the largest model: leave it out",
    "dispersion": "of a glm() it is estimated, or known: leave it out",
    "object": "models stand first, or have names of their own",
}


def models_by_name(word: F) -> F:
    """A word whose models may be keywords: those called like an argument are refused before anything else is."""

    @functools.wraps(word)
    def called(*fits: Any, **given: Any) -> Any:
        named = {name: value for name, value in given.items() if name not in OPTIONS}
        refuse_names(named, {name: given[name] for name in OPTIONS if name in given})
        return word(*fits, **given)

    return cast("F", called)


def refuse_names(named: Mapping[str, Any], options: Mapping[str, Any]) -> None:
    """ArgumentError for a model called like an argument, and for an argument that is none."""
    for name, given in [*options.items(), *((name, named[name]) for name in FOREIGN if name in named)]:
        if is_fit(given):
            raise ArgumentError(
                f"anova({name}=...) is a fitted model, but {name!r} is an argument of anova: "
                f"call the model otherwise, or give it by place, with model_names=[...]"
            )
    for name, given in named.items():
        if not is_fit(given):
            way_out = FOREIGN.get(name, f"it takes models, and {', '.join(OPTIONS)}")
            raise ArgumentError(
                f"anova({name}={given!r}): anova() has no argument {name!r}, and a model of that name is a fit of "
                f"lmer(), lm() or glm(), found {type(given).__name__}; {way_out}"
            )


def given_names(placed: Sequence[Fit], named: Mapping[str, Fit], model_names: Any) -> list[str] | None:
    """The names of all models: keywords, `model_names` for the others, or those of their data; None for no name."""
    if not named:
        return _names_of_data(placed) if model_names is None else model_names
    if model_names is not None and not placed:
        raise ArgumentError(f"model_names={model_names!r}: all models have names, {', '.join(named)}; leave it out")
    names = _names_of_data(placed) if model_names is None else model_names
    return [*names_of(placed, names), *named]


def _names_of_data(fits: Sequence[Fit]) -> list[str] | None:
    """`data.attrs["name"]` of each fit, if they tell the fits apart."""
    names = [fit.request.data_name for fit in fits]
    known = [name for name in names if name is not None]
    return known if 1 < len(fits) == len(set(known)) else None
