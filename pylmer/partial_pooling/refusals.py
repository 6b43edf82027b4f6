"""What the rooms of partial pooling do for linear mixed models alone: each word says so, and what there is instead."""

from __future__ import annotations

from typing import Any, NoReturn

from ..errors import ArgumentError
from ..fit.generalized import GeneralizedFittedModel
from ..fit.words import refusal
from .comparison import five_ways
from .fixed_theta import at_theta


@five_ways.register(GeneralizedFittedModel)
@refusal
def no_five_ways(fit: GeneralizedFittedModel, *args: Any, **options: Any) -> NoReturn:
    """The ways are regressions with normal errors."""
    raise ArgumentError(
        "five_ways(): the five ways write a linear mixed model; of a fit of glmer() pooling() has the three estimates"
    )


@at_theta.register(GeneralizedFittedModel)
@refusal
def no_held_theta(fit: GeneralizedFittedModel, *args: Any, **options: Any) -> NoReturn:
    """A fit is a linear mixed model where theta is all that its estimates depend on."""
    raise ArgumentError(
        "at_theta(): given theta a linear mixed model has its estimates in closed form; of a fit of glmer() "
        "criterion_curve() has the criterion with theta held, and pooling() both limits"
    )
