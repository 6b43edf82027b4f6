"""Contrasts of marginal means: the words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from ...fit.words import word_of
from .contrasting import contrasted, interactions
from .grids import MEANS, EmmGrid, EmmList, first_grid
from .options import AS_IS, check_bias, check_df, check_type
from .simple import several_simple, simple_contrasts
from .specs import names_among


@word_of(EmmGrid, EmmList, wanted=MEANS)
def contrast(
    means: EmmGrid | EmmList,
    /,
    method: Any = "eff",
    *,
    by: str | Sequence[str] | None = AS_IS,
    simple: str | Sequence[Any] | None = None,
    combine: bool = False,
    interaction: Any = False,
    adjust: str | None = None,
    type: str | None = None,
    bias_adjust: bool | None = None,
    sigma: float | Sequence[float] | None = None,
    df: float | None = None,
    **options: Any,
) -> EmmGrid | EmmList:
    """Contrasts of marginal means, as emmeans' `contrast`.

    means        what `emmeans` or `emtrends` returned (of two parts, the means are taken)
    method       "pairwise", "revpairwise", "tukey"; "trt.vs.ctrl", "trt.vs.ctrlk", "dunnett"; "eff" (the default),
                 "del.eff"; "consec", "mean_chg"; "poly"; "identity". Or coefficients: {"a - b": [1, -1, 0]}, a vector,
                 several; or a function of the labels that gives these
    by           variables whose values make separate families; by default as the means have it, None for one family
    simple       the variables to compare, in groups of all others, in place of `by`; "each", each of them in turn, or a
                 list of lists: then the result is a list of contrasts, "simple contrasts for recipe", ... None: as `by`
    combine      whether those are one family, as `rbind` makes it; default False
    interaction  contrasts of contrasts: "pairwise", several in the order of the variables, {"temperature": "poly",
                 "recipe": "consec"}, or True for `method`; default False
    adjust       for the number of contrasts: "tukey" (default of pairwise), "dunnettx" (of comparisons with a control),
                 "mvt" (of consec, mean_chg), "fdr" (of effects), "none", "sidak", "bonferroni", "scheffe", "holm",
                 "hochberg", "hommel", "BH", "BY"; None: the default of the method
    type         "response": ratios for a logarithm, where the coefficients sum to zero; None: as the means have it
    bias_adjust  whether the way back is corrected for its bias, see `summary`; None: as the means have it
    sigma        the standard deviation of that correction, see `summary`; None: the residual one
    df           degrees of freedom in place of those found; None: those
    options      of the method: ref= a level or its number, from 1 (of several, their average), reverse=, exclude=,
                 include=, wts=, max_degree=, where they make sense

    Contrasts are of X beta: the formula's offset takes no part. "mvt" is quasi-Monte Carlo with fixed points: its
    probabilities err by at most 3e-5 for up to four means and 6e-4 for a dozen.

    A single mean has nothing to compare: R's row "(nothing)" is nonEst (NaN). Where variables are nested in others the
    means of each table are compared, as many as there are; the studentized range of a table is that of its own means
    (R's emmeans takes too large a range where a crossed variable makes the tables).

    Raises ArgumentError for unknown methods, options and levels, and for coefficients of another number.

    >>> import pylmer
    >>> fit = pylmer.lmer("angle ~ recipe + temp + (1 | recipe:replicate)", pylmer.datasets.load("cake"))
    >>> pylmer.contrast(pylmer.emmeans(fit, "recipe"), {"A - rest": [1, -0.5, -0.5]})
     contrast estimate   SE df t.ratio p.value
     A - rest      1.5 2.13 42   0.705  0.4846
    <BLANKLINE>
    Degrees-of-freedom method: kenward-roger
    """
    grid = first_grid(means)
    shown = {"type": type, "bias_adjust": bias_adjust, "sigma": sigma, "df": df}

    def compare(groups: Any) -> EmmGrid:
        if interaction is False or interaction is None:
            return _shown(contrasted(grid, method, groups, adjust, options), shown)
        chosen = method if interaction is True else interaction
        return _shown(interactions(grid, chosen, groups, adjust, options), shown)

    if simple is None:
        return compare(by)
    several = several_simple(grid, simple)
    if several is None:
        several = [names_among(simple, [axis.name for axis in grid.axes], "simple")]
    return simple_contrasts(grid, several, compare, combine, adjust)


def _shown(made: EmmGrid, shown: Mapping[str, Any]) -> EmmGrid:
    """Contrasts with what was asked about their page."""
    if shown["type"] is not None:
        made = replace(made, type=check_type(shown["type"]))
    if shown["bias_adjust"] is not None or shown["sigma"] is not None:
        made = replace(made, bias=check_bias(made.sigma, shown["bias_adjust"], shown["sigma"]))
    return made if shown["df"] is None else replace(made, df=check_df(shown["df"]))


@word_of(EmmGrid, EmmList, wanted=MEANS)
def pairs(
    means: EmmGrid | EmmList,
    /,
    reverse: bool = False,
    *,
    by: str | Sequence[str] | None = AS_IS,
    simple: str | Sequence[Any] | None = None,
    combine: bool = False,
    adjust: str | None = None,
    type: str | None = None,
    bias_adjust: bool | None = None,
    sigma: float | Sequence[float] | None = None,
    df: float | None = None,
    **options: Any,
) -> EmmGrid | EmmList:
    """Pairwise comparisons of marginal means: `contrast(means, "pairwise")`.

    means        what `emmeans` or `emtrends` returned (of two parts, the means are taken)
    reverse      True: "revpairwise", B - A in place of A - B; default False
    by           variables whose values make separate families; by default as the means have it, None for one family
    simple       the variables to compare in groups of all others, "each", or several, as in `contrast`; None: as `by`
    combine      whether the sets of comparisons of `simple` are one family; default False
    adjust       for the number of comparisons, as in `contrast`; None, the default: "tukey"
    type         "response": ratios for a logarithm; None: as the means have it
    bias_adjust  whether the way back is corrected for its bias, see `summary`; None: as the means have it
    sigma        the standard deviation of that correction, see `summary`; None: the residual one
    df           degrees of freedom in place of those found; None: those
    options      exclude= or include=, the levels to leave out or to compare, as in `contrast`

    Raises ArgumentError as `contrast` does.

    >>> import pylmer
    >>> fit = pylmer.lmer("angle ~ recipe + temp + (1 | recipe:replicate)", pylmer.datasets.load("cake"))
    >>> pylmer.pairs(pylmer.emmeans(fit, "recipe"), adjust="bonferroni")
     contrast estimate   SE df t.ratio p.value
     A - B      1.4778 2.46 42   0.602  1.0000
     A - C      1.5222 2.46 42   0.620  1.0000
     B - C      0.0444 2.46 42   0.018  1.0000
    <BLANKLINE>
    Degrees-of-freedom method: kenward-roger
    P value adjustment: bonferroni method for 3 tests
    """
    method = "revpairwise" if reverse else "pairwise"
    return contrast(
        means, method, by=by, simple=simple, combine=combine, adjust=adjust, type=type, bias_adjust=bias_adjust,
        sigma=sigma, df=df, **options,
    )  # fmt: skip
