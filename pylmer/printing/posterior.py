"""Draws of parameters: mean, standard deviation and quantiles of what was drawn."""

from __future__ import annotations

import numpy as np
import pandas as pd

from ..simulation.generalized_posterior import GeneralizedDraws
from ..simulation.posterior import Draws, LinearDraws, MixedDraws
from ..text import show
from .factors import element, frame_text

QUANTILES = (0.025, 0.5, 0.975)


def summary_of_draws(values: pd.DataFrame) -> str:
    """A line for each column: mean, sd and quantiles."""
    columns = {"mean": values.mean(), "sd": values.std()}
    columns |= {f"{100 * q:g}%": values.quantile(q) for q in QUANTILES}
    return frame_text(pd.DataFrame(columns), digits=4)


@show.register
def show_mixed_draws(draws: MixedDraws) -> str:
    """Fixed effects, sigma and the sizes of the random effects."""
    head = f"{len(draws.sigma)} draws of the fixed effects, the random effects and sigma, theta held"
    return "\n".join([head, summary_of_draws(draws.fixef.assign(sigma=draws.sigma)), *_sizes(draws)])


@show.register
def show_generalized_draws(draws: GeneralizedDraws) -> str:
    """Fixed effects and the sizes of the random effects; sigma, if there is one, is held too."""
    head = f"{len(draws.sigma)} draws of the fixed effects and the random effects, the variances held"
    return "\n".join([head, summary_of_draws(draws.fixef), *_sizes(draws)])


def _sizes(draws: MixedDraws) -> list[str]:
    return [f"{factor}: {J} levels x {width}" for factor, (_, J, width) in _shapes(draws.ranef).items()]


@show.register
def show_linear_draws(draws: LinearDraws) -> str:
    """Coefficients and sigma."""
    head = f"{len(draws.sigma)} draws of the coefficients and sigma"
    return f"{head}\n{summary_of_draws(draws.coef.assign(sigma=draws.sigma))}"


@show.register
def show_draws(draws: Draws) -> str:
    """By factor and column, the mean and standard deviation of every level."""
    blocks = []
    for factor, values in draws.items():
        names = draws.columns[factor]
        both = np.stack([values.mean(axis=0), values.std(axis=0, ddof=min(1, len(values) - 1))], axis=2)
        headers = [f"{name}{part}" for name in names for part in (" mean", " sd")]
        frame = pd.DataFrame(both.reshape(len(both), -1), index=draws.levels[factor], columns=headers)
        blocks.append(element(factor, frame_text(frame, digits=4)))
    return "\n\n".join(blocks)


def _shapes(draws: Draws) -> dict[str, tuple[int, ...]]:
    return {factor: values.shape for factor, values in draws.items()}
