"""check_model: what a model assumes, a panel each, in one figure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from ..diagnostics.collinearity import estimated_terms
from ..diagnostics.overdispersion import nothing_to_check
from ..errors import ArgumentError
from ..extract.random import factors
from ..fit.fitted_model import FittedModel
from ..fit.generalized import GeneralizedFittedModel
from ..fit.linear.generalized import GeneralizedFit
from ..fit.linear.regression import LinearFit
from ..fit.words import several, word_of
from ..simulation.drawing import Seed, generator, replicates
from . import check_panels as panels
from .canvas import panels_for
from .check_panels import Checked, CheckOptions
from .choosing import known

if TYPE_CHECKING:
    from matplotlib.axes import Axes

CHECKS = ("pp_check", "linearity", "homogeneity", "binned_residuals", "overdispersion", "outliers", "vif", "qq", "reqq")
DRAWS = 50
COLUMNS = 3
PANEL_WIDTH, PANEL_HEIGHT = 4.2, 3.4
NO_EFFECTS = "a fit without random effects has none to check"


Panel = Callable[["Axes"], None]


@word_of(FittedModel, GeneralizedFittedModel, LinearFit, GeneralizedFit)
def check_model(
    fit: Checked,
    checks: str | Sequence[str] | None = None,
    *,
    group: str | None = None,
    nsim: int = DRAWS,
    seed: Seed = 1,
    axes: Iterable[Axes] | None = None,
) -> list[Axes]:
    """What the model assumes, in one figure, a panel each, as performance's `check_model`.

    fit     a fit of `lmer`, `glmer`, `lm` or `glm`
    checks  names of the panels, one or several, in their order; None, the default: all that the fit has
    group   the grouping factor whose levels are left out for "outliers"; None, the default: that with the fewest levels
    nsim    responses drawn for "pp_check"; default 50
    seed    of the draws and of quantile residuals: a whole number, the default 1, or a numpy Generator; None: others
            every time
    axes    where to draw: matplotlib Axes, one for each panel; None, the default: a new figure

    The panels, each with what a good model looks like above it:

    - "pp_check": the density of the response beside those of drawn ones, random effects drawn anew; of counts, the
      share of each
    - "linearity": residuals against fitted values; "homogeneity": the roots of their sizes. The orange line is a local
      linear smooth
    - "binned_residuals", of a binomial family: y - fitted, averaged in bins of the fitted probability, with the band of
      two standard errors
    - "overdispersion", of counts (`check_overdispersion`): squared Pearson residuals, averaged in bins of the linear
      predictor, on 1 if the variance is as the family says
    - "outliers": Cook's distance of every level of a grouping factor, by refits without it (`influence`), with the line
      4 / number of levels; of `lm`, `glm` and where all factors have more than 300 levels (`glmer`: 40) or fewer than
      there are fixed effects, of rows, without refits
    - "vif": variance inflation factors with intervals (`check_collinearity`), of two or more terms
    - "qq": normal quantiles of the residuals, with the band that holds 95 % of each ordered value; "reqq" the same of
      the conditional modes, a panel for each column of each grouping factor

    Of `glmer` and `glm`, "linearity", "homogeneity" and "qq" have quantile residuals (`resid`, type="quantile"), turned
    normal: standard normal if the model is right, also of counts and of 0/1.

    Returns the panels; `check_model(fit)[0].figure` is the figure. Raises ArgumentError for checks that are unknown or
    that the fit has not, and for another number of axes; DataError where the fit has no rows at hand. Sources: see
    `plot_diagnostics`, `check_collinearity`, `influence`; Gelman & Hill (2007), 5.6, for the bins.

    >>> import pylmer
    >>> fit = pylmer.lmer("Reaction ~ Days + (Days | Subject)", pylmer.datasets.load("sleepstudy"))
    >>> [ax.get_ylabel() for ax in pylmer.check_model(fit, ["pp_check", "outliers"])]
    ['Density', "Cook's distance"]
    >>> len(pylmer.check_model(fit))
    7
    """
    asked = CheckOptions(fit, _group(fit, group), replicates(nsim), generator(seed))
    possible = _panels(asked)
    chosen = list(possible) if checks is None else _chosen(fit, checks, possible)
    wanted = [panel for name in chosen for panel in possible[name]]
    drawn = panels_for(axes, len(wanted), 2 if len(wanted) in (2, 4) else COLUMNS, PANEL_WIDTH, PANEL_HEIGHT)
    for ax, panel in zip(drawn, wanted, strict=True):
        panel(ax)
    return drawn


def _group(fit: Checked, group: str | None) -> str | None:
    if group is None:
        return None
    if isinstance(fit, LinearFit | GeneralizedFit):
        raise ArgumentError(f"check_model(): group={group!r}: {NO_EFFECTS}; without group= rows are looked at")
    return known(factors(fit), group, "check_model(): group")


def _chosen(fit: Checked, checks: Any, possible: dict[str, list[Panel]]) -> list[str]:
    names = list(dict.fromkeys(known(CHECKS, each, "check_model(): checks") for each in several(checks)))
    if not names:
        raise ArgumentError(f"check_model(): checks: wanted one or more of {', '.join(CHECKS)}, found none")
    if absent := [name for name in names if name not in possible]:
        there = ", ".join(possible)
        raise ArgumentError(f"check_model(): this fit has no {' and no '.join(map(repr, absent))}; it has {there}")
    return names


# --- which panels a fit has ------------------------------------------------------------------------------------------


def _panels(asked: CheckOptions) -> dict[str, list[Panel]]:
    """The panels of each check; none of those that the fit has not."""
    fit = asked.fit
    made: dict[str, list[Panel]] = {}
    for name, (panel, has) in SINGLE.items():
        made[name] = [partial(panel, asked=asked)] if has(fit) else []
    made["reqq"] = [partial(panels.effects, modes=modes) for modes in _modes(fit)]
    return {name: made[name] for name in CHECKS if made[name]}


def _modes(fit: Checked) -> list[panels.ColumnModes]:
    return panels.modes_of(fit) if isinstance(fit, FittedModel | GeneralizedFittedModel) else []


def _always(fit: Checked) -> bool:
    return True


def _is_binomial(fit: Checked) -> bool:
    return isinstance(fit, GeneralizedFittedModel | GeneralizedFit) and fit.family.word == "binomial"


def _counts(fit: Checked) -> bool:
    return isinstance(fit, GeneralizedFittedModel | GeneralizedFit) and not nothing_to_check(fit)


def _terms(fit: Checked) -> bool:
    return len(estimated_terms(fit)) > 1


SINGLE: dict[str, tuple[Callable[..., None], Callable[[Checked], bool]]] = {  # the panel, and which fits have it
    "pp_check": (panels.predictions, _always),
    "linearity": (panels.linearity, _always),
    "homogeneity": (panels.homogeneity, _always),
    "binned_residuals": (panels.binned_residuals, _is_binomial),
    "overdispersion": (panels.overdispersion, _counts),
    "outliers": (panels.influential, _always),
    "vif": (panels.collinearity, _terms),
    "qq": (panels.normality, _always),
}
