"""The bottom of a printed fit: what must be said about it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ..fit.fitted_model import FittedModel

if TYPE_CHECKING:
    from ..fit.generalized import GeneralizedFittedModel


def design_notes(fit: FittedModel | GeneralizedFittedModel) -> list[str]:
    """What was said about the data."""
    said = set(fit.design.notes)
    return [str(note) for note in fit.notes if str(note) in said]


def optimum_notes(fit: FittedModel | GeneralizedFittedModel) -> list[str]:
    """What was said about the optimum."""
    said = set(fit.design.notes)
    return [str(note) for note in fit.notes if str(note) not in said]


def _optimizer(fit: FittedModel | GeneralizedFittedModel) -> str:
    optimum = fit.optimum
    state = "0 (OK)" if optimum.converged else f"1 ({optimum.message})"
    return f"optimizer ({optimum.optimizer}) convergence code: {state}"


def _warnings(notes: Sequence[str]) -> list[str]:
    return ["fit warnings:", *notes] if notes else []


def short_footer(fit: FittedModel | GeneralizedFittedModel) -> list[str]:
    """As print() shows it: how many notes there are on the optimum."""
    lines, notes = _warnings(design_notes(fit)), optimum_notes(fit)
    if notes:
        own = 0 if fit.optimum.converged else 1
        lines.append(f"{_optimizer(fit)} ; {own} optimizer warnings; {len(notes) - own} lme4 warnings ")
    return lines


def long_footer(fit: FittedModel | GeneralizedFittedModel) -> list[str]:
    """As summary() shows it: the notes themselves."""
    lines, notes = _warnings(design_notes(fit)), optimum_notes(fit)
    return [*lines, _optimizer(fit), *notes, ""] if notes else lines
