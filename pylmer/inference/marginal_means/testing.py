"""Summaries, intervals and tests of marginal means: the words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ...errors import ArgumentError
from ...fit.fitted_model import FittedModel
from ...fit.generalized import GeneralizedFittedModel
from ...fit.linear.regression import LinearFit
from ...fit.words import word_of
from ...text.arguments import check_call
from ..intervals import confint
from .axes import FEW
from .covariates import Reduce, about_the_mean
from .grids import MEANS, EmmGrid, EmmList
from .joint import joint_test, joint_tests_table, tests_table
from .nesting import AUTO
from .options import AS_IS, groups_asked, nulls, per_row
from .records import MeansTable, MeansTables
from .reference_grid import ref_grid
from .specs import names_among
from .summaries import summarize


@confint.register(EmmGrid)
def confint_means(
    means: EmmGrid,
    level: float | None = None,
    *,
    adjust: str | None = None,
    by: str | Sequence[str] | None = AS_IS,
    type: str | None = None,
    side: int | str = 0,
    bias_adjust: bool | None = None,
    sigma: float | Sequence[float] | None = None,
    df: float | None = None,
) -> MeansTable:
    """Confidence intervals of marginal means or contrasts; arguments as of `summary`."""
    settled: dict[str, Any] = {"adjust": adjust, "by": by, "type": type, "side": side}
    settled |= {"bias_adjust": bias_adjust, "sigma": sigma, "df": df}
    return summarize(means, infer=(True, False), level=level, **settled)


@confint.register(EmmList)
def confint_list(parts: EmmList, level: float | None = None, **options: Any) -> MeansTables:
    """Confidence intervals of all parts."""
    check_call("confint()", confint_means, (None, level), options)
    return MeansTables({name: confint_means(part, level, **options) for name, part in parts.items()})


@word_of(EmmGrid, wanted=MEANS)
def test(
    means: EmmGrid,
    null: float | Sequence[float] = 0.0,
    *,
    joint: bool = False,
    side: int | str = 0,
    delta: float = 0.0,
    adjust: str | None = None,
    by: str | Sequence[str] | None = AS_IS,
    type: str | None = None,
    bias_adjust: bool | None = None,
    sigma: float | Sequence[float] | None = None,
    df: float | None = None,
) -> MeansTable:
    """Tests of marginal means or contrasts, as emmeans' `test`.

    means        what `emmeans`, `emtrends` or `contrast` returned; of several parts all are tested
    null         what they are tested against, on the scale of the model; one value, or one for each row of a table;
                 default 0
    joint        True: one F test of all rows of each table instead; rows may be dependent if null is zero. Default
                 False
    side         "<" or ">" for one-sided tests; 0, the default, or "two-sided"
    delta        a threshold: tests of equivalence, of nonsuperiority with side "<", of noninferiority with ">"; default
                 0, none
    adjust       for the number of tests, see `contrast`; None, the default: as they were made
    by           variables whose values make separate tables; by default as they were made, None for one table
    type         "response" shows estimates transformed back, see `summary`; None, the default: as they were made
    bias_adjust  whether the way back is corrected for its bias, see `summary`; None: as they were made
    sigma        the standard deviation of that correction, see `summary`; None: the residual one
    df           degrees of freedom in place of those found; None: those

    A DataFrame with emmeans' columns that prints as emmeans prints it. Raises ArgumentError; for joint tests also where
    a function cannot be estimated.

    >>> import pylmer
    >>> fit = pylmer.lmer("angle ~ recipe + temp + (1 | recipe:replicate)", pylmer.datasets.load("cake"))
    >>> pylmer.test(pylmer.pairs(pylmer.emmeans(fit, "recipe")), joint=True)
     df1 df2 F.ratio p.value note
       2  42   0.249  0.7809  d
    <BLANKLINE>
    d: df1 reduced due to linear dependence
    """
    if joint:
        return _joint(means, null, by)
    settled: dict[str, Any] = {"null": null, "side": side, "delta": delta, "adjust": adjust, "by": by, "type": type}
    settled |= {"bias_adjust": bias_adjust, "sigma": sigma, "df": df}
    return summarize(means, infer=(False, True), **settled)


test.__test__ = False  # type: ignore[attr-defined]  # not a test case for pytest


@test.register(EmmList)
def _(parts: EmmList, null: float | Sequence[float] = 0.0, **options: Any) -> MeansTables:
    return MeansTables({name: test(part, null, **options) for name, part in parts.items()})


def _joint(means: EmmGrid, null: Any, by: Any) -> MeansTable:
    grid = means.arranged(groups_asked(means, by))
    if not grid.basis.estimable(grid.L).all():
        raise ArgumentError("joint=True: some of the functions cannot be estimated (nonEst); leave them out")
    groups = grid.groups(grid.by)
    values = per_row(nulls(null), [len(rows) for rows in groups]) - grid.offset
    tests = [joint_test(grid.basis, grid.L[rows], values[rows]) for rows in groups]
    outer = tuple(grid.axis(name) for name in grid.by)
    columns = {name: grid.grid[name].to_numpy()[[rows[0] for rows in groups]] for name in grid.by}
    return tests_table(columns, tests, (), outer)


@word_of(FittedModel, GeneralizedFittedModel, LinearFit)
def joint_tests(
    fit: FittedModel | GeneralizedFittedModel | LinearFit,
    by: str | Sequence[str] | None = None,
    *,
    at: Mapping[str, Any] | None = None,
    cov_reduce: Reduce = about_the_mean,
    cov_keep: str | Sequence[str] | int = FEW,
    weights: Any = "equal",
    lmer_df: str | None = None,
    nesting: Any = AUTO,
) -> MeansTable:
    """F tests of each main effect and interaction among the marginal means, as emmeans' `joint_tests`.

    fit         a fit of `lmer` or `lm`, or a reference grid
    by          variables in whose levels the others are tested separately; None, the default: none, or as a grid has it
    at          of a fit: values of variables, {"temp": [180, 200]}; None: as `cov_reduce` and `cov_keep` say
    cov_reduce  of a fit: the values that numeric variables stand at, by default one below and one above their mean
    cov_keep    of a fit: numeric variables that keep their values, see `ref_grid`; by default those with at most two
    weights     how cells are averaged, as in `emmeans`; default "equal"
    lmer_df     of a fit: "kenward-roger" (the default), "satterthwaite" or "asymptotic", as in `emmeans`
    nesting     of a fit: variables nested in others, see `ref_grid`; "auto", the default, finds them

    The tests are those of type III where there are factors alone and no cell is empty. The denominator degrees of
    freedom are the fewest of the contrasts tested together, as in emmeans. What empty cells leave beyond the terms is
    "(confounded)". A nested variable is tested within those that it is nested in, "s:t" for t in s; "e" marks where one
    of them has a single level. Raises ArgumentError for unknown variables.

    >>> import pylmer
    >>> fit = pylmer.lmer("angle ~ recipe * temp + (1 | recipe:replicate)", pylmer.datasets.load("cake"))
    >>> pylmer.joint_tests(fit)
     model term  df1 df2 F.ratio p.value
     recipe        2  42   0.249  0.7809
     temp          1 222  94.163  <.0001
     recipe:temp   2 222   0.042  0.9592
    """
    grid = ref_grid(fit, at=at, cov_reduce=cov_reduce, cov_keep=cov_keep, lmer_df=lmer_df, nesting=nesting)
    return _joint_tests(grid, by, weights=weights)


@joint_tests.register(EmmGrid)
def _joint_tests(grid: EmmGrid, by: str | Sequence[str] | None = None, *, weights: Any = "equal") -> MeansTable:
    groups = names_among(by, [axis.name for axis in grid.axes], "by") or grid.by
    return joint_tests_table(grid, groups, weights)
