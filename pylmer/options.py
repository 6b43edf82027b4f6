"""Frozen option records. `lmerControl` and `glmerControl` take lme4's names, with `.` turned into `_`."""

from __future__ import annotations

import difflib
import operator
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, fields
from numbers import Integral
from typing import Any, ClassVar, Self

from .errors import ArgumentError
from .text.arguments import is_one_of, written

ACTIONS = ("ignore", "warning", "message", "stop")
LAPLACE = ("observed", "lme4")
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
    "engine": ("auto", "blocked", "dense", "iterative"),
}
NEEDLESS = {  # options of lme4's that have nothing to switch here
    "calc_derivs": "derivatives are exact and always computed",
    "use_last_params": "the best parameters met are always used",
    "restart_edge": "a fit on the boundary is always restarted from inside",
    "boundary_tol": "the boundary is found exactly",
    "sparseX": "a wide X is always sparse",
    "autoscale": "predictors are always scaled internally",
    "check_conv_nobsmax": "the convergence checks cost nothing at any size",
    "check_conv_nparmax": "the convergence checks cost nothing at any size",
}
GENERALIZED_NEEDLESS = {  # the same of glmerControl
    "tolPwrss": "the conditional modes are always found to rounding",
    "nAGQ0initStep": "the start comes from linear algebra on sums",
    "compDev": "there is one way to compute the deviance",
    "standardize_X": "predictors are always scaled internally",
}


@dataclass(frozen=True)
class Control:
    """What `lmerControl` and `glmerControl` share: the checks of data and optimum, and the optimizer's name."""

    needless: ClassVar[Mapping[str, str]] = NEEDLESS
    choices: ClassVar[Mapping[str, tuple[str, ...]]] = CHOICES

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
    seed: int = 0

    def __new__(cls, *args: Any, **options: Any) -> Self:
        """An instance, if all options are known; else ArgumentError."""
        known = [each.name for each in fields(cls)] if options else []
        for name in options:
            if name not in known:
                raise ArgumentError(f"{cls.__name__}() has no option {name!r}{cls._way_out(name, known)}")
        return object.__new__(cls)

    def __post_init__(self) -> None:
        if not self._default():
            self._check()
        object.__setattr__(self, "optCtrl", dict(self.optCtrl))

    def _default(self) -> bool:
        """Whether all options are as they were declared, a dict of the optimizer's options aside."""
        of = operator.attrgetter("optimizer", "seed", *self.choices)
        return type(self.optCtrl) is dict and all(map(operator.is_, of(self), of(type(self))))

    def _check(self) -> None:
        for name, choices in self.choices.items():
            value = getattr(self, name)
            if not is_one_of(value, choices):
                wanted = ", ".join(map(repr, choices))
                raise ArgumentError(f"{type(self).__name__}({name}={written(value)}): wanted one of {wanted}")
        if not callable(self.optimizer) and not is_one_of(self.optimizer, OPTIMIZERS):
            known = ", ".join(map(repr, OPTIMIZERS))
            raise ArgumentError(f"optimizer={written(self.optimizer)}: wanted one of {known}, or a callable")
        if not _is_seed(self.seed):
            raise ArgumentError(f"{type(self).__name__}(seed={written(self.seed)}): wanted a whole number from 0")
        if not isinstance(self.optCtrl, Mapping):
            raise ArgumentError(f"optCtrl must be a dict of the optimizer's options, found {written(self.optCtrl)}")

    @classmethod
    def _way_out(cls, name: str, known: Iterable[str]) -> str:
        if name in cls.needless:
            return f": {cls.needless[name]}; leave it out"
        close = difflib.get_close_matches(name.replace(".", "_"), list(known), n=1)
        return f"; did you mean {close[0]!r}?" if close else f"; it takes {', '.join(known)}"


@dataclass(frozen=True)
class lmerControl(Control):
    """How a fit of `lmer` is checked and optimized (lme4's `lmerControl`).

    optimizer                 "newton" (the default: trust-region Newton on the analytic gradient); "bobyqa",
                              "Nelder_Mead", "nloptwrap", "nlminbwrap": lme4's names, which map to scipy's nearest with
                              a note; or a callable `(function, start, lower, upper, optCtrl) -> par`
    optCtrl                   dict of the optimizer's options: of "newton" maxit, the largest number of steps; of the
                              others R's or scipy's, such as maxfun; default {}: the optimizer's own
    check_nobs_vs_rankZ       whether there are more rows than the rank of Z; default "ignore", also "warningSmall" and
                              "stopSmall", which look at Z only if it has up to a million entries
    check_nobs_vs_nlev        whether each grouping factor has fewer levels than there are rows; default "stop"
    check_nlev_gtreq_5        whether each grouping factor has five levels or more; default "ignore"
    check_nlev_gtr_1          whether each grouping factor has two levels or more; default "stop"
    check_nobs_vs_nRE         whether each term has fewer random effects than there are rows; default "stop"
    check_rankX               what is done with columns of X that follow from others: "message+drop.cols", the default,
                              "warn+drop.cols" and "silent.drop.cols" leave them out; "stop.deficient" raises DataError;
                              "ignore" does not look
    check_scaleX              whether the columns of X are of one magnitude; default "warning"
    check_formula_LHS         taken for lme4's sake: a formula needs a left side in any case; default "stop"
    check_response_not_const  whether the response varies; default "stop"
    check_conv_grad           whether the optimizer arrived, and the gradient vanishes; default "warning"
    check_conv_singular       whether the fit is singular, a variance zero; default "message"
    check_conv_hess           whether the information at the optimum is positive definite; default "warning"
    doublevert                what `||` means: "split", the default: one term for each variable, as in lme4; "diag": one
                              term without correlations, not even between the levels of a factor
    engine                    "auto", the default, chooses the factorization by the design; "blocked" and "dense" take
                              these; "iterative": crossed factors with one scalar term each by conjugate gradients,
                              theta and criterion with a Monte-Carlo error (`fit.monte_carlo`), which "auto" takes where
                              more than 40,000 effects stand beside the largest factor's
    seed                      of the iterative engine's random probes, a whole number from 0: the same seed gives the
                              same fit; default 0

    Each `check_*` takes "ignore", "warning", "message" or "stop", but for those of other values above: "warning" and
    "message" give a FitNote, "stop" raises DataError, or NumericalError for `check_conv_*`. Raises `ArgumentError` for
    an unknown option or value.

    >>> lmerControl(check_nobs_vs_nlev="warning").check_nobs_vs_nlev
    'warning'
    """


@dataclass(frozen=True)
class glmerControl(Control):
    """How a fit of `glmer` is checked and optimized (lme4's `glmerControl`).

    optimizer                 "newton", the only one here; the names of lme4's are understood, and a note says so
    optCtrl                   dict of its options: {"maxit": ...} limits its steps; default {}
    check_nobs_vs_rankZ       whether there are more rows than the rank of Z; default "ignore", also "warningSmall" and
                              "stopSmall", which look at Z only if it has up to a million entries
    check_nobs_vs_nlev        whether each grouping factor has fewer levels than there are rows; default "stop"
    check_nlev_gtreq_5        whether each grouping factor has five levels or more; default "ignore"
    check_nlev_gtr_1          whether each grouping factor has two levels or more; default "stop"
    check_nobs_vs_nRE         whether each term has fewer random effects than there are rows; default "stop"
    check_rankX               what is done with columns of X that follow from others: "message+drop.cols", the default,
                              "warn+drop.cols" and "silent.drop.cols" leave them out; "stop.deficient" raises DataError;
                              "ignore" does not look
    check_scaleX              whether the columns of X are of one magnitude; default "warning"
    check_formula_LHS         taken for lme4's sake: a formula needs a left side in any case; default "stop"
    check_response_not_const  whether the response varies; default "stop"
    check_conv_grad           whether the optimizer arrived, and the gradient vanishes; default "warning"
    check_conv_singular       whether the fit is singular, a variance zero; default "message"
    check_conv_hess           whether the information at the optimum is positive definite; default "warning"
    doublevert                what `||` means: "split", the default: one term for each variable, as in lme4; "diag": one
                              term without correlations, not even between the levels of a factor
    engine                    "auto", the default, or "blocked": the factorization chosen by the design
    seed                      taken for the sake of `lmerControl`, whose iterative engine needs it; default 0
    laplace                   "lme4": R's criterion, whose log-determinant has the Fisher weights; "observed": the exact
                              Laplace approximation, as glmmTMB and MixedModels.jl have it; None: R's for families
                              without a scale, the exact one with a scale (Gamma, inverse.gaussian, gaussian), where R's
                              is no likelihood
    check_separation          "warning", "message", "stop" or "ignore": what is done where a combination of predictors
                              separates the responses, so that an estimate is infinite

    The `check_*` options that `lmerControl` has too mean the same. There is one optimizer, Newton's method on the exact
    gradient: the names of lme4's are understood and a note says so; `optCtrl={"maxit": ...}` limits its steps.
    Raises `ArgumentError` for an unknown value.

    >>> glmerControl(laplace="observed").laplace
    'observed'
    """

    needless: ClassVar[Mapping[str, str]] = {**NEEDLESS, **GENERALIZED_NEEDLESS}
    choices: ClassVar[Mapping[str, tuple[str, ...]]] = {
        **CHOICES,
        "engine": ("auto", "blocked"),
        "check_separation": ACTIONS,
    }

    laplace: str | None = None
    check_separation: str = "warning"

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.laplace is not None and not is_one_of(self.laplace, LAPLACE):
            raise ArgumentError(f"glmerControl(laplace={written(self.laplace)}): wanted None, 'observed' or 'lme4'")
        if callable(self.optimizer):
            raise ArgumentError("glmerControl(optimizer=...): glmer has its own optimizer; a function is for lmer")


def _is_seed(value: object) -> bool:
    return not isinstance(value, bool) and isinstance(value, int | Integral) and int(value) >= 0
