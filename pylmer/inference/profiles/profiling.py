"""Likelihood profiles: `profile`, its intervals, and the same profile in terms of variances or of logarithms.

As in lme4 the deviance of maximum likelihood is profiled, also of a fit by REML.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from scipy import special

from ...errors import ArgumentError, note
from ...extract import word
from ...fit.fitted_model import FittedModel
from ...fit.per_fit import once_per_fit
from ...fit.refitting import refitML
from ...language.suggest import did_you_mean
from ...numerics.distributions import two_sided_quantile
from ...numerics.linalg import Array
from ...text import InNotebooks, show
from ...text.arguments import check_level, plain
from ..intervals import chosen, confint, limit_names, limit_table, parameter_names
from ..records import PlainTable, table
from .curves import Curve, Logarithm, Scale, Squared
from .parameters import Arguments, arguments
from .paths import Path, path
from .term_parameters import SCALES, Undetermined


@dataclass(frozen=True, eq=False)
class LikelihoodProfile(InNotebooks):
    """A profile of some parameters of a fit; prints as the table that R shows.

    frame    .zeta, all parameters where the deviance is smallest with the one named .par held, and .par
    curves   parameter -> its curve: `forward(value)` is zeta, `backward(zeta)` the value
    names    all parameters of the fit, the first n_variance of them variance parameters; n_sd standard deviations
    scale    of the variance parameters: "sdcor", "varcov", "theta", or "varianceProf", "logProf"
    scaled   whether sigma is one of them, the last; not so of a family without a scale
    """

    frame: pd.DataFrame
    curves: dict[str, Curve]
    names: tuple[str, ...]
    n_variance: int
    n_sd: int
    scale: str = "sdcor"
    scaled: bool = True

    def as_frame(self) -> pd.DataFrame:
        """The table as a plain DataFrame."""
        return pd.DataFrame(self.frame)

    def __repr__(self) -> str:
        lines = show(self.frame.drop(columns=".par").pipe(_plain)).split("\n")
        last = len(self.frame) + 1  # R writes wide tables in blocks; .par ends the last one
        width = max((len(str(name)) for name in self.frame[".par"]), default=4)
        par = [f" {text:>{max(width, 4)}}" for text in (".par", *self.frame[".par"].astype(str))]
        return "\n".join([*lines[:-last], *(line + end for line, end in zip(lines[-last:], par, strict=True))])


def _plain(frame: pd.DataFrame) -> PlainTable:
    made: PlainTable = table(PlainTable, {str(name): frame[name].to_numpy() for name in frame}, list(frame.index))
    return made


_by_ml = once_per_fit(refitML)


def _asked(fit: FittedModel, signames: bool, prof_scale: str) -> tuple[Arguments, list[str], int]:
    """What can be held of a fit, refitted by maximum likelihood if it was not, all names, how many of variances."""
    if fit.optimum.held:
        raise ArgumentError("a profile starts from the optimum, and theta of this fit is held: profile the fit itself")
    free, fixed = parameter_names(fit, signames, _known_scale(prof_scale))
    return arguments(_by_ml(fit) if fit.REML else fit, prof_scale), [*free, *fixed], len(free)


def _known_scale(prof_scale: Any) -> str:
    if not isinstance(prof_scale, str) or prof_scale not in SCALES:
        hint = did_you_mean(prof_scale, SCALES) if isinstance(prof_scale, str) else ""
        raise ArgumentError(f"prof_scale={prof_scale!r}{hint}; it is one of {', '.join(map(repr, SCALES))}")
    return prof_scale


@word
def profile(
    fit: FittedModel, which: Any = None, alpha_max: float = 0.01, signames: bool = True, prof_scale: str = "sdcor"
) -> LikelihoodProfile:
    """The profile of the ML deviance over variance parameters, sigma and fixed effects.

    fit         a fit of `lmer`; of one by REML its refit by maximum likelihood is profiled, as in lme4
    which       names or positions of parameters, "theta_" for the variance parameters, "beta_" for the fixed effects;
                None, the default: all
    alpha_max   how far: to where |zeta| passes the (1 - alpha_max) quantile of the chi distribution with as many
                degrees of freedom as there are parameters, or a standard deviation is 0 or a correlation -1 or 1;
                default 0.01
    signames    True, the default: variance parameters are called .sig01, .sig02, ... as in lme4; False:
                sd_(Intercept)|Subject, cor_Days.(Intercept)|Subject
    prof_scale  what the variance parameters are, "sdcor" (the default), "varcov" or "theta", see below

    zeta = sign(psi - psi-hat) sqrt(d(psi) - d-min), d(psi) the deviance minimized with one parameter held at psi.

    "sdcor"     standard deviations, then correlations, then sigma
    "varcov"    variances, then covariances, then sigma^2, called .sig01, ..., .sigma too; with signames=False
                var_(Intercept)|Subject, cov_Days.(Intercept)|Subject, sigma. A covariance has no limits of its own
    "theta"     the entries of the relative covariance factor, term by term as getME(fit, "theta"), with its names; then
                sigma. Of cs and ar1 the standard deviations relative to sigma and rho, as getME(fit, "par")
    rho of cs and ar1 is itself on every scale.

    Raises ArgumentError for an unknown parameter or scale, or alpha_max outside (0, 1).
    Source: Bates, Maechler, Bolker & Walker (2015), J. Stat. Softw. 67(1), section 5.1.

    >>> import pylmer
    >>> fit = pylmer.lmer("Yield ~ 1 + (1 | Batch)", pylmer.datasets.load("Dyestuff"))
    >>> pylmer.confint(pylmer.profile(fit)).round(2)
                  2.5 %  97.5 %
    .sig01        12.20   84.06
    .sigma        38.23   67.66
    (Intercept) 1486.45 1568.55
    >>> pylmer.confint(fit, "theta_", prof_scale="theta").round(3)
                        2.5 %  97.5 %
    Batch.(Intercept)   0.208   1.778
    .sigma             38.230  67.658
    """
    check_level(alpha_max, "alpha_max")
    known, names, n_variance = _asked(fit, signames, prof_scale)
    cutoff = float(np.sqrt(special.chdtri(len(names), alpha_max)))
    rows = chosen(names, n_variance, which, "which")
    paths = {names[k]: _path(known, k, names[k], (cutoff, cutoff), whole=True) for k in rows}
    curves = {name: _curve(found) for name, found in paths.items()}
    n_sd = sum(family.n_sd for family in fit.covariances.families)
    return LikelihoodProfile(_frame(known, paths, names), curves, tuple(names), n_variance, n_sd, prof_scale)


def _path(known: Arguments, k: int, name: str, zeta: tuple[float, float], whole: bool) -> Path | Undetermined:
    argument = known.makers[k]()
    if isinstance(argument, Undetermined):
        return argument
    found = path(argument, known.fit.optimum.value, *zeta, whole)
    for failure in found.failures:
        note(f"the profile of {name} ends early: {failure}")
    return found


def _curve(found: Path | Undetermined) -> Curve:
    none = np.zeros(0)
    if isinstance(found, Undetermined):
        return Curve(found.scale, none, none, none, found.lowest, found.highest)
    return found.curve()


def _frame(known: Arguments, paths: dict[str, Path | Undetermined], names: Sequence[str]) -> PlainTable:
    rows, zeta, held = [], [], []
    for name, found in paths.items():
        for node in () if isinstance(found, Undetermined) else found.nodes:
            values = known.values(node.held)
            values[names.index(name)] = node.held.argument.scale.psi(np.array(node.w))
            rows.append(values)
            zeta.append(node.zeta)
            held.append(name)
    values = np.array(rows).reshape(-1, len(names))
    columns: dict[str, Any] = {".zeta": np.array(zeta), **dict(zip(names, values.T, strict=True))}
    columns[".par"] = pd.Categorical(held, categories=list(paths))
    made: PlainTable = table(PlainTable, columns, [str(k + 1) for k in range(len(rows))])
    return made


@word
def profile_limits(
    fit: FittedModel, parm: Any = None, level: float = 0.95, signames: bool = True, prof_scale: str = "sdcor"
) -> pd.DataFrame:
    """Intervals from the profile: the nodes that they need, no more."""
    known, names, n_variance = _asked(fit, signames, prof_scale)
    rows, q = chosen(names, n_variance, parm), quantile(level)
    curves = [_curve(_path(known, k, names[k], (q, q), whole=False)) for k in rows]
    return limits_of(curves, [names[k] for k in rows], level)


def quantile(level: float) -> float:
    """The normal quantile of a two-sided interval."""
    return float(two_sided_quantile(check_level(level), np.inf))


def limits_of(curves: Sequence[Curve], names: list[str], level: float) -> pd.DataFrame:
    """The intervals of curves, and below them what must be said of limits that are ends of their range."""
    q, (low, high) = quantile(level), limit_names(level)
    found, footing = np.empty((len(curves), 2)), []
    for row, (curve, name) in enumerate(zip(curves, names, strict=True)):
        found[row], ended = curve.limits(-q, q)
        footing += [_at_end(curve, name, int(side), (low, high)[side]) for side in np.flatnonzero(ended)]
    return limit_table({low: found[:, 0], high: found[:, 1]}, names, tuple(footing))


def _at_end(curve: Curve, name: str, side: int, column: str) -> str:
    """What to say of a limit that is the end of its range, where R prints 0, -1 or 1 without a word."""
    end, zeta = curve.ends()[side], curve.at_ends()[side]
    return f"{name} {column}: {end:.4g} is the end of its range, where zeta is {zeta:.4f}"


@confint.register(LikelihoodProfile)
def _confint(profile: LikelihoodProfile, parm: Any = None, level: float = 0.95) -> pd.DataFrame:
    asked = [profile.names[k] for k in chosen(profile.names, profile.n_variance, parm)]
    names = [name for name in asked if name in profile.curves]
    if parm is not None and len(names) < len(asked):
        missing = next(name for name in asked if name not in profile.curves)
        raise ArgumentError(f"{missing} was not profiled; there is {', '.join(profile.curves)}")
    return limits_of([profile.curves[name] for name in names], names, level)


@plain
def varianceProf(profile: LikelihoodProfile) -> LikelihoodProfile:
    """The same profile in terms of variances: .sigsq01, ..., .sigmasq in place of standard deviations.

    profile  what `profile` returned, on its scale "sdcor"

    Correlations and fixed effects stay. Raises ArgumentError for anything else.

    >>> import pylmer
    >>> fit = pylmer.lmer("Yield ~ 1 + (1 | Batch)", pylmer.datasets.load("Dyestuff"))
    >>> pylmer.confint(pylmer.varianceProf(pylmer.profile(fit, "theta_"))).round(-1)
              2.5 %  97.5 %
    .sigsq01  150.0  7070.0
    .sigmasq 1460.0  4580.0
    """
    return _transformed(_checked(profile, "varianceProf"), np.square, Squared, ("sigsq", "sigmasq", "var_"))


@plain
def logProf(profile: LikelihoodProfile) -> LikelihoodProfile:
    """The same profile in terms of logarithms: .lsig01, ..., .lsigma in place of standard deviations.

    profile  what `profile` returned, on its scale "sdcor"

    Rows in which a standard deviation is zero are left out; correlations and fixed effects stay.
    Raises ArgumentError for anything else.

    >>> import pylmer
    >>> fit = pylmer.lmer("Yield ~ 1 + (1 | Batch)", pylmer.datasets.load("Dyestuff"))
    >>> pylmer.confint(pylmer.logProf(pylmer.profile(fit, "theta_"))).round(2)
             2.5 %  97.5 %
    .lsig01   2.50    4.43
    .lsigma   3.64    4.21
    """
    return _transformed(_checked(profile, "logProf"), _log, Logarithm, ("lsig", "lsigma", "log_sd_"))


def _log(values: Array) -> Array:
    with np.errstate(divide="ignore"):
        return np.asarray(np.log(values))


def _checked(profile: Any, word: str) -> LikelihoodProfile:
    if not isinstance(profile, LikelihoodProfile):
        raise ArgumentError(f"{word}() wants a profile, as profile(fit) gives it; found {type(profile).__name__}")
    if profile.scale != "sdcor":
        raise ArgumentError(
            f"{word}() wants a profile of standard deviations; this one is of the scale {profile.scale!r}. "
            "profile(fit) gives one"
        )
    return replace(profile, scale=word)


def _transformed(
    profile: LikelihoodProfile,
    values: Callable[[Array], Array],
    scale: Callable[[Scale], Scale],
    prefixes: tuple[str, str, str],
) -> LikelihoodProfile:
    """The profile with standard deviations as functions of themselves, under other names."""
    sigma = profile.names[profile.n_variance - 1 : profile.n_variance] if profile.scaled else ()
    deviations = {*profile.names[: profile.n_sd], *sigma}
    renamed = {name: _renamed(name, prefixes) if name in deviations else name for name in profile.names}
    columns: dict[str, Any] = {".zeta": profile.frame[".zeta"].to_numpy()}
    for name in profile.names:
        column = profile.frame[name].to_numpy()
        columns[renamed[name]] = values(column) if name in deviations else column
    kept = np.all([np.isfinite(columns[renamed[name]]) for name in deviations], axis=0)
    columns = {name: column[kept] for name, column in columns.items()}
    par = profile.frame[".par"].cat.rename_categories(renamed).to_numpy()[kept]
    columns[".par"] = pd.Categorical(par, categories=[renamed[name] for name in profile.curves])
    rows = [str(row) for row in profile.frame.index[kept]]
    curves = {
        renamed[name]: curve.on(scale(curve.scale)) if name in deviations else curve
        for name, curve in profile.curves.items()
    }
    names = tuple(renamed[name] for name in profile.names)
    return replace(profile, frame=table(PlainTable, columns, rows), curves=curves, names=names)


def _renamed(name: str, prefixes: tuple[str, str, str]) -> str:
    short, sigma, long = prefixes
    if name in (".sigma", "sigma"):
        return name.replace("sigma", sigma)
    if name.startswith(".sig"):
        return f".{short}{name.removeprefix('.sig')}"
    return long + name.removeprefix("sd_")
