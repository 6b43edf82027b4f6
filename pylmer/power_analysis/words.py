"""power and powerCurve."""

from __future__ import annotations

import functools
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..design import Design
from ..errors import ArgumentError, Interrupted
from ..extract import word
from ..fit.fitted_model import FittedModel
from ..fit.generalized import GeneralizedFittedModel
from ..fit.given_parameters import GIVEN, with_parameters
from ..numerics.linalg import Array
from ..simulation.drawing import Seed, draw_responses, generator, replicates
from ..text.arguments import check_level, is_number
from ..text.progress import progress_bar
from .effect_tests import EffectTest, columns_of, first_effect, make_test
from .extending import columns_named, extend, grouping_columns, levels_of, used_rows
from .records import Power, PowerCurve, Tally

BATCH = 100  # data sets drawn and fitted together
CELLS = 4_000_000  # ... if they have no more numbers than this
Mixed = FittedModel | GeneralizedFittedModel
SIZES = 10  # points of a power curve


@word
def power(
    fit: FittedModel,
    test: Any = None,
    nsim: int = 1000,
    seed: Seed = None,
    alpha: float = 0.05,
    *,
    method: str = "sa",
    newparams: Any = None,
    level: float = 0.95,
    progress: bool | None = None,
) -> Power:
    """The power of a test, by simulation, as simr's `powerSim`.

    fit        a fit of `lmer` or `glmer`, or what `extend` and `makeLmer` return
    test       a coefficient or a term, by default (None) the first one; a formula of a smaller model, in which "."
               is the model's own side: "~ . - x"; or a function of a fit that returns a p-value
    nsim       number of data sets; default 1000
    seed       a whole number or a numpy Generator; None, the default: other data every time
    alpha      the significance level, between 0 and 1; default 0.05
    method     of a coefficient or term: "sa" (the default: Satterthwaite's t or F, also "t"), "kr" (Kenward-Roger), "z"
               (Wald), "lr" (likelihood ratio by maximum likelihood, against the model without these columns of X); of
               `glmer` "z" (the default, as in simr: summary's z, or Wald's chi-square of a term) or "lr"
    newparams  the truth, where it is not what was fitted: dict(beta={"x": 0.5}), see `simulate`; None: what was fitted
    level      coverage of the interval, between 0 and 1; default 0.95
    progress   True or False for a progress bar (tqdm); None, the default: if there is tqdm and a terminal

    Data are drawn from `fit` with new random effects and fitted again, all together where the design allows it, and the
    test is applied to each; power is the share of p-values below alpha, with Clopper and Pearson's interval.

    A data set that cannot be fitted or tested counts as no rejection and is listed in `.errors`. The power of the
    estimated effect itself says no more than its p-value; the record says so then, as simr's does (Hoenig & Heisey
    2001, The American Statistician 55). Ctrl-C raises Interrupted, whose `.partial` is the Power so far.

    Source: Green & MacLeod (2016), Methods in Ecology and Evolution 7, 493-498. Raises ArgumentError for effects that
    the model has not, and for `nsim`, `alpha` and `level` out of range.

    >>> import pylmer
    >>> fit = pylmer.lmer("Reaction ~ Days + (Days | Subject)", pylmer.datasets.load("sleepstudy"))
    >>> study = extend(fit, along="Subject", n=12, newparams={"beta": {"Days": 5}})
    >>> power(study, "Days", nsim=200, seed=1)
    Power for predictor 'Days', (95% confidence interval):
          65.00% (57.95, 71.59)
    <BLANKLINE>
    Test: t-test with Satterthwaite degrees of freedom
          Effect size for Days is 5.0
    <BLANKLINE>
    Based on 200 simulations, (... warnings, 0 errors)
    alpha = 0.05, nrow = 120
    <BLANKLINE>
    Time elapsed: 0 h 0 m ... s
    """
    count, rng = replicates(nsim), generator(seed)
    check_alpha(alpha)
    check_level(level)
    prepared = make_test(fit, test, method)
    given = fit if newparams is None else with_parameters(fit, newparams)
    draw = functools.partial(draw_responses, given)
    truth = Truth(given.design, given.beta, given.optimum.optimizer != GIVEN, lambda here: draw(here, rng))
    return simulated(truth, prepared, count, alpha, level, progress)


@dataclass(frozen=True, eq=False)
class Truth:
    """What data sets are drawn from: design and beta (p,), whether these are the estimates, and draw(m) -> Y (n, m)."""

    design: Design
    beta: Array
    observed: bool
    draw: Callable[[int], Array]


def check_alpha(alpha: Any) -> None:
    """ArgumentError unless this is a significance level."""
    if not is_number(alpha) or not 0 < alpha < 1:
        raise ArgumentError(f"alpha={alpha!r}: a significance level lies between 0 and 1")


def simulated(truth: Truth, test: EffectTest, nsim: int, alpha: float, level: float, progress: bool | None) -> Power:
    """The power of a test that was prepared, from `nsim` data sets."""
    start, so_far = time.perf_counter(), Tally(np.full(nsim, np.nan))
    size = max(1, min(BATCH, CELLS // truth.design.n))
    with progress_bar(nsim, progress, "power") as advance:
        try:
            while so_far.done < nsim:
                here = min(size, nsim - so_far.done)
                outcome = test.apply(truth.draw(here))
                so_far.take(outcome.p_values, outcome.warnings, outcome.errors)
                advance(here)
        except KeyboardInterrupt:
            text = f"stopped after {so_far.done} of {nsim} simulations; .partial holds them"
            partial = _record(truth, test, so_far, alpha, level, start) if so_far.done else None
            raise Interrupted(text, partial) from None
    return _record(truth, test, so_far, alpha, level, start)


def _record(truth: Truth, test: EffectTest, so_far: Tally, alpha: float, level: float, start: float) -> Power:
    names = truth.design.X_names
    sizes = {names[j]: float(truth.beta[j]) for j in test.coefficients} if len(test.coefficients) == 1 else {}
    return Power(
        x=so_far.rejections(alpha),
        n=so_far.done,
        alpha=alpha,
        level=level,
        p_values=so_far.p_values[: so_far.done],
        effect=test.effect,
        test=test.title,
        effect_size=sizes,
        warnings=so_far.warnings,
        errors=dict(so_far.errors),
        nrow=truth.design.n,
        seconds=time.perf_counter() - start,
        observed=truth.observed,
    )


@word
def powerCurve(
    fit: FittedModel,
    test: Any = None,
    along: str | None = None,
    breaks: Sequence[int] | None = None,
    nsim: int = 1000,
    seed: Seed = None,
    alpha: float = 0.05,
    *,
    within: str | Sequence[str] | None = None,
    method: str = "sa",
    newparams: Any = None,
    level: float = 0.95,
    progress: bool | None = None,
) -> PowerCurve:
    """`power` at several sizes of the design, as simr's `powerCurve`.

    fit        a fit of `lmer` or `glmer`, or what `extend` and `makeLmer` return
    test       a coefficient, a term, a formula or a function, as in `power`; None, the default: the first term
    along      a column whose number of values changes; None, the default: the variable that is tested, as in simr
    breaks     the sizes, smaller or larger than the data; None, the default: ten, from 3 up to what the data have
    nsim       number of data sets at each size; default 1000
    seed       a whole number or a numpy Generator; None, the default: other data every time
    alpha      the significance level, between 0 and 1; default 0.05
    within     columns instead of `along`, of which each combination gets more rows (see `extend`); None, the default:
               none
    method     "sa" (the default), "kr", "z" or "lr", as in `power`; of `glmer` "z" (the default) or "lr"
    newparams  the truth, where it is not what was fitted, see `simulate`; None, the default: what was fitted
    level      coverage of the intervals, between 0 and 1; default 0.95
    progress   True or False for a progress bar (tqdm); None, the default: if there is tqdm and a terminal

    Ctrl-C raises Interrupted, whose `.partial` is the curve so far. Raises ArgumentError as `power` and `extend` do.

    >>> import pylmer
    >>> fit = pylmer.lmer("Reaction ~ Days + (Days | Subject)", pylmer.datasets.load("sleepstudy"))
    >>> powerCurve(fit, "Days", along="Subject", breaks=[4, 8], nsim=50, seed=1, newparams={"beta": {"Days": 5}})
    Power for predictor 'Days', (95% confidence interval),
    by number of levels in Subject:
          4: 20.00% (10.03, 33.72) - 40 rows
          8: 42.00% (28.19, 56.79) - 80 rows
    <BLANKLINE>
    Time elapsed: 0 h 0 m ... s
    """
    study: dict[str, Any] = {"alpha": alpha, "method": method, "level": level, "progress": progress}
    return curve_along(fit, test, along, breaks, within, newparams, replicates(nsim), generator(seed), study)


def curve_along(
    fit: Mixed,
    test: Any,
    along: str | None,
    breaks: Sequence[int] | None,
    within: str | Sequence[str] | None,
    newparams: Any,
    nsim: int,
    rng: np.random.Generator,
    study: Mapping[str, Any],
) -> PowerCurve:
    """The curve of any mixed model; `study` are further arguments of `power`."""
    column, sizes, title = _sizes(fit, test, along, breaks, within)
    return _curve(
        sizes,
        lambda size: extend(fit, column, within=within, n=size, newparams=newparams),
        lambda model: power(model, test, nsim, rng, **study),
        lambda model, size: _label(model, column, size),
        title,
    )


def _sizes(
    fit: Mixed, test: Any, along: str | None, breaks: Sequence[int] | None, within: str | Sequence[str] | None
) -> tuple[str | None, list[int], str]:
    """The column that grows, None for `within`; the sizes of the design; and a title."""
    column = along if along is not None or within is not None else _variable(fit, test)
    named = columns_named(used_rows(fit), column, within)
    column = named[0] if within is None else None
    return column, _breaks(fit, column, breaks), _title(fit, column, within)


def _curve(
    sizes: Sequence[int],
    enlarged: Callable[[int], Any],
    studied: Callable[[Any], Power],
    labelled: Callable[[Any, int], str],
    title: str,
) -> PowerCurve:
    """The power at each size of the design, those done so far in what Ctrl-C raises."""
    found: dict[str, Power] = {}
    labels: dict[str, str] = {}
    for size in sizes:
        model = enlarged(size)
        labels[str(size)] = labelled(model, size)
        try:
            found[str(size)] = studied(model)
        except Interrupted as stopped:
            if isinstance(stopped.partial, Power):
                found[str(size)] = stopped.partial
            text = f"stopped at size {size}, {stopped}; .partial holds the curve so far"
            raise Interrupted(text, PowerCurve(found, title, labels) if found else None) from None
    return PowerCurve(found, title, labels)


def _variable(fit: Mixed, test: Any) -> str:
    """The variable of the effect that is tested."""
    name = first_effect(fit) if test is None else test
    if callable(test) or (isinstance(name, str) and "~" in name):
        raise ArgumentError('give along="g", the column whose number of values changes, or within="g"')
    term = fit.design.assign[columns_of(fit, name)[0]]
    return fit.design.fixed_terms.labels[term - 1] if term else str(name)


def _breaks(fit: Mixed, column: str | None, breaks: Sequence[int] | None) -> list[int]:
    if breaks is not None:
        sizes = [replicates(size, "each of breaks") for size in np.atleast_1d(np.asarray(breaks, dtype=object))]
        if not sizes:
            raise ArgumentError("breaks= is empty; wanted the sizes of the design")
        return sizes
    data = used_rows(fit)
    if column is None or column not in data.columns:
        raise ArgumentError("give breaks, the sizes of the design")
    largest = len(levels_of(data, column).levels)
    return [int(size) for size in np.unique(np.linspace(min(3, largest), largest, SIZES).round())]


def _numeric(fit: Mixed, column: str) -> bool:
    return column not in grouping_columns(fit) and used_rows(fit)[column].dtype.kind in "iuf"


def _label(model: Mixed, column: str | None, size: int) -> str:
    """What stands before the colon: the largest value of a predictor, or the number of levels or rows."""
    if column is None or not _numeric(model, column):
        return str(size)
    return f"{used_rows(model)[column].max():g}"


def _title(fit: Mixed, column: str | None, within: str | Sequence[str] | None) -> str:
    if column is None:
        names = within if isinstance(within, str) else ", ".join(within or ())
        return f"number of observations within {names}"
    return f"largest value of {column}" if _numeric(fit, column) else f"number of levels in {column}"
