"""bootMer: parametric and semiparametric bootstrap."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ...errors import ArgumentError
from ...extract import word
from ...fit.fitted_model import FittedModel
from ...fit.generalized import GeneralizedFittedModel
from ...language.syntax import MixedFormula
from ...numerics.linalg import Array
from ...simulation.drawing import Seed, draw_responses, generator, replicates
from ...simulation.simulate import conditioned
from .record import BootMer
from .replicating import Execution, bootstrap, replicate
from .statistics import statistic

TYPES = ("parametric", "semiparametric")


@word
def bootMer(
    fit: FittedModel,
    FUN: Any = None,
    nsim: int = 1,
    seed: Seed = None,
    *,
    use_u: bool = False,
    re_form: str | MixedFormula | float | None = "NA",
    type: str = "parametric",
    progress: bool | None = None,
    parallel: str = "no",
    ncpus: int = 1,
) -> BootMer:
    """Model-based bootstrap, as lme4's: simulate responses from the fit, refit each, look at a statistic.

    fit       a fit of `lmer`
    FUN       function of a fit that returns a number, an array or a Series. None, the default: standard deviations,
              correlations, sigma and fixed effects, as in `confint`. `fixef`, `sigma`, `VarCorr`, or names among
              "fixef", "sigma", "theta", "sdcor" (one, or a list), are read off without making fits, which is many times
              faster
    nsim      number of replicates; default 1
    seed      a whole number or a numpy Generator; None, the default: other draws every time
    use_u     True: responses given the conditional modes; False, the default: with new random effects
    re_form   the same for single terms, as in `simulate`; "NA", the default: new effects for all
    type      "parametric", the default: residuals are drawn; "semiparametric": resampled from the fit's, which needs
              use_u=True
    progress  True or False for a progress bar (tqdm); None, the default: if there is tqdm and a terminal
    parallel  "no", the default, "multicore" (forked processes) or "snow" (fresh ones): pays where FUN takes long, or
              with many crossed effects. What is drawn is the same
    ncpus     how many processes these use; default 1

    All replicates are solved together on shared sums (`pylmer.fit.many_fits.refit_all`), each at the optimum that
    `refit` reaches. Replicates in which the fit or FUN fails are NaN; they are counted in a FitNote and kept in
    `.failures`. Ctrl-C raises `Interrupted`, whose `.partial` is the record of the replicates done.

    Raises ArgumentError for `nsim` below 1, an unknown `type`, and a FUN that returns no numbers or not as many for
    every fit. Sources: Bates, Maechler, Bolker & Walker (2015); Davison & Hinkley (1997), Bootstrap Methods, chapter 5.

    >>> import pylmer
    >>> fit = pylmer.lmer("Reaction ~ Days + (Days | Subject)", pylmer.datasets.load("sleepstudy"))
    >>> boot = bootMer(fit, nsim=100, seed=1)
    >>> boot.t.shape, boot.confint(type="norm").shape
    ((100, 6), (6, 2))
    >>> bootMer(fit, lambda fit: pylmer.fixef(fit)["Days"] ** 2, nsim=5, seed=1).t0.round(2).tolist()
    [109.56]
    """
    count, rng, how = replicates(nsim), generator(seed), Execution(progress, parallel, ncpus)
    if type not in TYPES:
        raise ArgumentError(f"type={type!r}: wanted one of {', '.join(map(repr, TYPES))}")
    if type == "semiparametric" and not use_u:
        raise ArgumentError(
            'type="semiparametric" resamples residuals given the conditional modes: it needs use_u=True'
        )
    kept = conditioned(fit, use_u, re_form)

    def draw(m: int) -> Array:
        if type == "parametric":
            return draw_responses(fit, m, rng, kept)
        return fit.mu[:, None] + resampled_residuals(fit, m, rng)

    return replicated(fit, FUN, draw, count, how, seed=seed, use_u=use_u, re_form=re_form, type=type)


def replicated(
    fit: FittedModel | GeneralizedFittedModel,
    FUN: Any,
    draw: Callable[[int], Array],
    count: int,
    how: Execution,
    *,
    seed: Any,
    use_u: bool,
    re_form: Any,
    type: str,
) -> BootMer:
    """The record of `count` replicates of responses that `draw` gives; the rest is shown in the call."""
    read = statistic(fit, FUN)
    given = {"FUN": function_name(FUN), "nsim": count, "seed": seed, "use.u": use_u, "re.form": re_form, "type": type}
    defaults = {"FUN": None, "nsim": 1, "seed": None, "use.u": False, "re.form": "NA", "type": "parametric"}
    return bootstrap(
        fit,
        replicate(fit, draw, read, count, how),
        read,
        count,
        how,
        seed=seed,
        sim=type,
        call=call_text("bootMer", given, defaults),
    )


def resampled_residuals(fit: FittedModel, m: int, rng: np.random.Generator) -> Array:
    """The fit's residuals, drawn with replacement: (n, m). Weighted ones are brought to one variance and back."""
    root = np.ones(fit.design.n) if fit.rows.weights is None else np.sqrt(fit.rows.weights)
    e = (fit.rows.y - fit.mu) * root
    return np.asarray(e[rng.integers(0, len(e), (len(e), m))] / root[:, None])


def function_name(FUN: Any) -> str | None:
    """FUN as it stands in a call."""
    if FUN is None:
        return None
    return str(getattr(FUN, "__name__", FUN))


def call_text(word: str, given: dict[str, Any], defaults: dict[str, Any]) -> str:
    """The call as R would show it, defaults left out."""
    shown = [f"{name} = {_argument(name, value)}" for name, value in given.items() if not _is(value, defaults[name])]
    return f"{word}({', '.join(['x = fit', *shown])})"


def _is(value: Any, default: Any) -> bool:
    """Whether a value is the default; arrays, which compare by their elements, are none."""
    return type(value) is type(default) and bool(value == default)


def _argument(name: str, value: Any) -> str:
    if value is None or isinstance(value, bool):
        return "NULL" if value is None else str(value).upper()
    return f'"{value}"' if name == "type" else str(value)
