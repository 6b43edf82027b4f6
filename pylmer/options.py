"""Frozen option records. `lmerControl` takes lme4's names, with `.` turned into `_`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from .errors import ArgumentError

ACTIONS = ("ignore", "warning", "message", "stop")
OPTIMIZERS = ("newton", "bobyqa", "Nelder_Mead", "nloptwrap", "nlminbwrap")
CHOICES: dict[str, tuple[str, ...]] = {
    "check_nobs_vs_rankZ": (*ACTIONS, "warningSmall", "stopSmall"),
    "check_nobs_vs_nlev": ACTIONS,
    "check_nlev_gtreq_5": ACTIONS,
    "check_nlev_gtr_1": ACTIONS,
    "check_nobs_vs_nRE": ACTIONS,
    "check_rankX": ("message+drop.cols", "silent.drop.cols", "warn+drop.cols", "stop.deficient", "ignore"),
    "check_scaleX": ("warning", "stop", "message", "ignore"),
    "check_formula_LHS": ACTIONS,
    "check_response_not_const": ACTIONS,
    "check_conv_grad": ACTIONS,
    "check_conv_singular": ACTIONS,
    "check_conv_hess": ACTIONS,
    "doublevert": ("split", "diag"),
    "engine": ("auto", "blocked", "dense"),
}


@dataclass(frozen=True)
class lmerControl:
    """How a fit is checked and optimized (lme4's `lmerControl`).

    Each `check_*` option takes "ignore", "warning", "message" or "stop" (see `CHOICES` for the few that differ).
    `optimizer` is "newton" (the default: trust-region Newton on the analytic gradient), one of lme4's names, which map
    to scipy's nearest with a note, or a callable `(function, start, lower, upper, optCtrl) -> par`.
    Raises `ArgumentError` for an unknown value.

    >>> lmerControl(check_nobs_vs_nlev="warning").check_nobs_vs_nlev
    'warning'
    """

    optimizer: str | Callable[..., Any] = "newton"
    optCtrl: Mapping[str, Any] = field(default_factory=dict)
    check_nobs_vs_rankZ: str = "ignore"
    check_nobs_vs_nlev: str = "stop"
    check_nlev_gtreq_5: str = "ignore"
    check_nlev_gtr_1: str = "stop"
    check_nobs_vs_nRE: str = "stop"
    check_rankX: str = "message+drop.cols"
    check_scaleX: str = "warning"
    check_formula_LHS: str = "stop"
    check_response_not_const: str = "stop"
    check_conv_grad: str = "warning"
    check_conv_singular: str = "message"
    check_conv_hess: str = "warning"
    doublevert: str = "split"
    engine: str = "auto"

    def __post_init__(self) -> None:
        for name, choices in CHOICES.items():
            if getattr(self, name) not in choices:
                raise ArgumentError(
                    f"lmerControl({name}={getattr(self, name)!r}): wanted one of {', '.join(map(repr, choices))}"
                )
        if not callable(self.optimizer) and self.optimizer not in OPTIMIZERS:
            known = ", ".join(map(repr, OPTIMIZERS))
            raise ArgumentError(f"optimizer={self.optimizer!r}: wanted one of {known}, or a callable")
