"""Marginal means: emmeans and what is done with its grids."""

from __future__ import annotations

from .rows import Row

GRID = "at cov.reduce cov.keep offset type regrid lmer.df nesting -data !options -mult.name !params"
SHOWN = "infer level adjust bias.adjust sigma df"

MEANS_ROWS = (
    Row("emmeans", f"object specs by !fac.reduce contr -opts weights {GRID} {SHOWN} reverse ref exclude include scale",
        "emmeans", "grid", "fit grid object", 2),
    Row("lsmeans", f"object specs by !fac.reduce contr -opts weights {GRID} {SHOWN}", "emmeans", "grid", "fit grid object", 2),
    Row("emtrends", "object specs var delta.var max.degree by contr weights at cov.reduce cov.keep regrid lmer.df nesting "
        f"-data !options {SHOWN}", "emtrends", "grid", "fit object", 3),
    Row("ref_grid", f"object {GRID}", "ref_grid", "grid", "fit object"),
    Row("contrast", "object method interaction by !offset scale !name !options type adjust simple combine !ratios "
        "-parens -enhance.levels wts ref reverse exclude include level infer bias.adjust sigma df", "contrast", "grid",
        "grid object", 2),
    Row("pairs", "x reverse by simple combine adjust type exclude include level infer bias.adjust sigma df", "pairs", "grid",
        "grid object"),
    Row("summary", "object infer level adjust by !cross.adjust type df !calc null delta side !frequentist bias.adjust sigma "
        "!scheffe.rank", "summary", "means", "grid object"),
    Row("update", "object infer level adjust by type null side", "summary", "means", "grid"),
    Row("confint", "object -parm level adjust by type side bias.adjust sigma df", "confint", "means", "grid"),
    Row("test", "object null joint -verbose !rows by adjust !cross.adjust type side delta bias.adjust sigma df !scheffe.rank",
        "test", "means", "grid object", 2),
    Row("joint_tests", "object by !show0df !showconf cov.reduce at cov.keep weights lmer.df nesting", "joint_tests", "means",
        "fit grid object"),
    Row("regrid", "object transform -inv.log.lbl !predict.type bias.adjust sigma !N.sim", "regrid", "grid"),
    Row("add_grouping", "object newname refname newlevs", "add_grouping", "grid", positional=4),
    Row("eff_size", "object sigma edf method by simple", "eff_size", "grid", positional=1),
    Row("cld CLD", "object -details sort by alpha Letters>letters decreasing adjust level type", "cld", "means"),
    Row("emmip", "object formula type CIs style level -PIs -ylab -xlab -tlab -facetlab -nesting.order -CIarg -linearg -dotarg "
        "-col -xlim", "emmip", "picture", positional=2),
)  # fmt: skip
