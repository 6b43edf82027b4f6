"""The same model by several optimizers, side by side: lme4's allFit."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any, Generic

import numpy as np
import pandas as pd

from ..engine.optimize.other_optimizers import NEAREST
from ..errors import ArgumentError, NumericalError
from ..options import OPTIMIZERS
from ..text.arguments import plain
from .fitted_model import FittedModel, Model
from .optimum import Optimum, optimize_devfun


@dataclass(frozen=True, eq=False, repr=False)
class AllFit(Generic[Model]):
    """One fit by optimizer, and a table of them.

    fits    optimizer -> fit, without those that failed
    table   by optimizer: method, criterion, above_best (criterion less the lowest), evaluations, seconds, converged,
            beta_off (largest difference of a fixed effect from the best fit, in standard errors), message
    """

    fits: Mapping[str, Model]
    table: pd.DataFrame

    def __reduce__(self) -> tuple[Any, ...]:  # a read-only view cannot be copied or pickled
        return _all_fit, (dict(self.fits), self.table)

    def __repr__(self) -> str:
        return str(self.table.to_string(float_format=lambda value: f"{value:.6g}"))


@plain
def allFit(fit: Model, optimizers: Sequence[str] = OPTIMIZERS) -> AllFit[Model]:
    """Fit the model again with each optimizer, to see whether they agree, as lme4's `allFit`.

    fit         a fit of `lmer`
    optimizers  names that `lmerControl` takes for its `optimizer`; default all five

    Returns an `AllFit`. Raises ArgumentError for other names and for what is no fit of lmer.

    >>> import pylmer
    >>> fit = pylmer.lmer("Yield ~ 1 + (1 | Batch)", pylmer.datasets.load("Dyestuff"))
    >>> allFit(fit, ["newton", "nlminbwrap"]).table["criterion"].round(4).to_dict()
    {'newton': 319.6543, 'nlminbwrap': 319.6543}
    """
    if not isinstance(fit, FittedModel):
        raise ArgumentError(f"allFit() wants a fit of lmer(), found {type(fit).__name__}")
    optimizers = [optimizers] if isinstance(optimizers, str) else list(optimizers)
    unknown = [name for name in optimizers if name not in OPTIMIZERS]
    if unknown or not optimizers:
        raise ArgumentError(f"optimizers={list(optimizers)}: wanted some of {', '.join(map(repr, OPTIMIZERS))}")
    found = {name: _timed(fit, name) for name in optimizers}
    fits = {name: again for name, (again, _, _) in found.items() if again is not None}
    if not fits:
        raise NumericalError("no optimizer could fit the model: " + "; ".join(said for _, _, said in found.values()))
    best = min(fits.values(), key=lambda again: again.optimum.value)
    lines = {name: _line(name, best, *result) for name, result in found.items()}
    return _all_fit(fits, pd.DataFrame.from_dict(lines, orient="index"))


def _all_fit(fits: dict[str, Model], table: pd.DataFrame) -> AllFit[Model]:
    return AllFit(MappingProxyType(fits), table)


def _timed(fit: Model, name: str) -> tuple[Model | None, float, str]:
    """The fit, its seconds, and what went wrong."""
    control = replace(fit.control, optimizer=name, optCtrl={})
    devfun = replace(fit.devfun, control=control)
    start = time.perf_counter()
    try:
        optimum: Optimum = optimize_devfun(devfun)
    except NumericalError as error:
        return None, time.perf_counter() - start, str(error)
    request = replace(fit.request, control=control)
    return type(fit)(request, devfun, optimum), time.perf_counter() - start, optimum.message


def _line(name: str, best: FittedModel, fit: FittedModel | None, seconds: float, said: str) -> dict[str, object]:
    method = f"scipy {NEAREST[name]}" if name in NEAREST else "trust-region Newton"
    if fit is None:
        return {"method": method, "criterion": np.nan, "seconds": seconds, "converged": False, "message": said}
    error = np.sqrt(np.diag(best.solution.Phi)) * best.sigma
    return {
        "method": method,
        "criterion": fit.optimum.value,
        "above_best": fit.optimum.value - best.optimum.value,
        "evaluations": fit.optimum.evaluations + fit.optimum.values,
        "seconds": seconds,
        "converged": fit.optimum.converged and fit.optimum.certificate.holds,
        "beta_off": float(np.max(np.abs(fit.beta - best.beta) / error, initial=0.0)),
        "message": said if not fit.optimum.converged else "",
    }
