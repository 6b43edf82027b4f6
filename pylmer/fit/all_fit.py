"""The same model by several optimizers, side by side: lme4's allFit."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any, Generic, TypeVar

import numpy as np
import pandas as pd

from ..engine.optimize.other_optimizers import NEAREST
from ..errors import ArgumentError, NumericalError
from ..numerics.linalg import Array
from ..options import OPTIMIZERS
from ..text import InNotebooks
from .fitted_model import FittedModel
from .optimum import Optimum, optimize_devfun
from .words import word

Fitted = TypeVar("Fitted")


@dataclass(frozen=True, eq=False, repr=False)
class AllFit(InNotebooks, Generic[Fitted]):
    """One fit by optimizer, and a table of them.

    fits    optimizer -> fit, without those that failed
    table   by optimizer: method, criterion, above_best (criterion less the lowest), evaluations, seconds, converged,
            beta_off (largest difference of a fixed effect from the best fit, in standard errors), message
    """

    fits: Mapping[str, Fitted]
    table: pd.DataFrame

    def __reduce__(self) -> tuple[Any, ...]:  # a read-only view cannot be copied or pickled
        return _all_fit, (dict(self.fits), self.table)

    def __repr__(self) -> str:
        return str(self.table.to_string(float_format=lambda value: f"{value:.6g}"))


@word
def allFit(fit: FittedModel, optimizers: Sequence[str] = OPTIMIZERS) -> AllFit[Any]:
    """Fit the model again with each optimizer, to see whether they agree, as lme4's `allFit`.

    fit         a fit of `lmer` or `glmer`
    optimizers  names that `lmerControl` takes for its `optimizer`; default all five

    Returns an `AllFit`. Raises ArgumentError for other names and for what is no such fit.

    >>> import pylmer
    >>> fit = pylmer.lmer("Yield ~ 1 + (1 | Batch)", pylmer.datasets.load("Dyestuff"))
    >>> allFit(fit, ["newton", "nlminbwrap"]).table["criterion"].round(4).to_dict()
    {'newton': 319.6543, 'nlminbwrap': 319.6543}
    """
    return compared(fit, optimizers, Refitted(_fitted_by, _errors, lambda each: each.evaluations + each.values))


@dataclass(frozen=True)
class Refitted(Generic[Fitted]):
    """What allFit needs of a kind of fit.

    by           the fit by an optimizer of this name; NumericalError where it has none
    errors       standard errors (p,) of the fixed effects
    evaluations  of an optimum
    """

    by: Callable[[Fitted, str], Fitted]
    errors: Callable[[Fitted], Array]
    evaluations: Callable[[Any], int]


def compared(fit: Fitted, optimizers: Sequence[str], kind: Refitted[Fitted]) -> AllFit[Fitted]:
    """The fits by several optimizers, and the table of them; ArgumentError for an unknown name."""
    optimizers = [optimizers] if isinstance(optimizers, str) else list(optimizers)
    unknown = [name for name in optimizers if name not in OPTIMIZERS]
    if unknown or not optimizers:
        raise ArgumentError(f"optimizers={list(optimizers)}: wanted some of {', '.join(map(repr, OPTIMIZERS))}")
    found = {name: _timed(fit, name, kind) for name in optimizers}
    fits = {name: again for name, (again, _, _) in found.items() if again is not None}
    if not fits:
        raise NumericalError("no optimizer could fit the model: " + "; ".join(said for _, _, said in found.values()))
    best = min(fits.values(), key=lambda again: again.optimum.value)
    lines = {name: _line(name, best, kind, *result) for name, result in found.items()}
    return _all_fit(fits, pd.DataFrame.from_dict(lines, orient="index"))


def _all_fit(fits: dict[str, Fitted], table: pd.DataFrame) -> AllFit[Fitted]:
    return AllFit(MappingProxyType(fits), table)


def _timed(fit: Any, name: str, kind: Refitted[Any]) -> tuple[Any, float, str]:
    """The fit, its seconds, and what went wrong."""
    start = time.perf_counter()
    try:
        again = kind.by(fit, name)
    except NumericalError as error:
        return None, time.perf_counter() - start, str(error)
    return again, time.perf_counter() - start, again.optimum.message


def _fitted_by(fit: FittedModel, name: str) -> FittedModel:
    control = replace(fit.control, optimizer=name, optCtrl={})
    devfun = replace(fit.devfun, control=control)
    optimum: Optimum = optimize_devfun(devfun)
    return type(fit)(replace(fit.request, control=control), devfun, optimum)


def _errors(fit: FittedModel) -> Array:
    return np.asarray(np.sqrt(np.diag(fit.solution.Phi)) * fit.sigma)


def _line(name: str, best: Any, kind: Refitted[Any], fit: Any, seconds: float, said: str) -> dict[str, object]:
    method = f"scipy {NEAREST[name]}" if name in NEAREST else "trust-region Newton"
    if fit is None:
        return {"method": method, "criterion": np.nan, "seconds": seconds, "converged": False, "message": said}
    error = kind.errors(best)
    return {
        "method": method,
        "criterion": fit.optimum.value,
        "above_best": fit.optimum.value - best.optimum.value,
        "evaluations": kind.evaluations(fit.optimum),
        "seconds": seconds,
        "converged": fit.optimum.converged and fit.optimum.certificate.holds,
        "beta_off": float(np.max(np.abs(fit.beta - best.beta) / error, initial=0.0)),
        "message": said if not fit.optimum.converged else "",
    }
