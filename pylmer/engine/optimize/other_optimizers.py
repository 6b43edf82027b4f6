"""Other optimizers under lme4's names: scipy's nearest relatives, on `par` with lme4's bounds.

They exist for comparison; the default is the Newton of `optimize`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.optimize import Bounds, minimize

from ...errors import ArgumentError, NumericalError
from ...numerics.linalg import Array
from ...text.arguments import call_given

NEAREST = {
    "bobyqa": "COBYQA",
    "nloptwrap": "COBYQA",
    "Nelder_Mead": "Nelder-Mead",
    "nlminbwrap": "L-BFGS-B",
}
OPTIONS = {  # R's names of the limits -> scipy's, per method
    "COBYQA": {"maxfun": "maxfev", "maxeval": "maxfev", "rhoend": "final_tr_radius", "xtol_abs": "final_tr_radius"},
    "Nelder-Mead": {"maxfun": "maxfev", "xtol_abs": "xatol", "ftol_abs": "fatol"},
    "L-BFGS-B": {"maxfun": "maxfun", "eval_max": "maxfun", "iter_max": "maxiter", "rel_tol": "ftol"},
}
DEFAULTS: dict[str, dict[str, Any]] = {
    "COBYQA": {"final_tr_radius": 1e-8, "maxfev": 10_000},
    "Nelder-Mead": {"xatol": 1e-8, "fatol": 1e-10, "maxfev": 20_000, "adaptive": True},
    "L-BFGS-B": {"ftol": 1e-14, "gtol": 1e-8, "maxiter": 1_000},
}


@dataclass(frozen=True, eq=False)
class OptimizerResult:
    """What an optimizer returned: par (k,), whether it converged, its words, evaluations used."""

    par: Array
    converged: bool
    message: str
    evaluations: int


def run_named(
    name: str,
    value: Callable[[Array], float],
    gradient: Callable[[Array], Array],
    start: Array,
    bounds: tuple[Array, Array],
    optCtrl: Mapping[str, Any],
) -> OptimizerResult:
    """Minimize with one of `NEAREST`; the criterion is infinite where it cannot be computed."""
    method = NEAREST[name]
    result = minimize(  # type: ignore[call-overload]  # the stubs know no method given by name at run time
        lambda par: _finite(value, par),
        start,
        jac=gradient if method == "L-BFGS-B" else None,
        method=method,
        bounds=Bounds(*bounds),
        options={**DEFAULTS[method], **_translated(name, method, optCtrl)},
    )
    return OptimizerResult(np.asarray(result.x, float), bool(result.success), str(result.message), int(result.nfev))


def _finite(value: Callable[[Array], float], par: Array) -> float:
    try:
        return value(par)
    except NumericalError:
        return 1e300


def _translated(name: str, method: str, optCtrl: Mapping[str, Any]) -> dict[str, Any]:
    known = OPTIONS[method]
    unknown = [option for option in optCtrl if option not in known]
    if unknown:
        raise ArgumentError(f"optCtrl={{{unknown[0]!r}: ...}}: {name} knows {', '.join(sorted(known))}")
    return {known[option]: setting for option, setting in optCtrl.items()}


def run_callable(
    optimizer: Callable[..., Any],
    value: Callable[[Array], float],
    start: Array,
    bounds: tuple[Array, Array],
    optCtrl: Mapping[str, Any],
) -> OptimizerResult:
    """Minimize with the user's `optimizer(function, start, lower, upper, optCtrl)` -> par, or an object with `.x`."""
    count = 0

    def counted(par: Array) -> float:
        nonlocal count
        count += 1
        return value(np.asarray(par, float))

    result = call_given(optimizer, "the optimizer", counted, start, *bounds, dict(optCtrl))
    par = _numbers(getattr(result, "x", result))
    if par.shape != start.shape or not np.isfinite(par).all():
        raise ArgumentError(
            f"the optimizer returned {_shown(par)}; wanted {len(start)} finite numbers, or an object with `.x`"
        )
    return OptimizerResult(par, bool(getattr(result, "success", True)), str(getattr(result, "message", "")), count)


def _numbers(result: Any) -> Array:
    try:
        return np.asarray(result, float)
    except (TypeError, ValueError):
        message = f"the optimizer returned {_shown(result)}; wanted an array, or an object with `.x`"
        raise ArgumentError(message) from None


def _shown(result: Any) -> str:
    """What came back, by its kind where it is no number, array or text: a record may not be fit to be printed."""
    plain = isinstance(result, str | int | float | complex | list | tuple | dict | np.ndarray) or result is None
    return repr(result) if plain else f"an object of class {type(result).__name__}"
