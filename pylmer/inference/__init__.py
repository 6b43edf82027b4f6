"""What a fit says beyond its estimates: tests, intervals, tables. Nothing here is computed before it is asked for.

In: a fit.
Out: tables of tests, intervals, marginal means.
Must not know: how anything is printed or drawn.
"""

from __future__ import annotations

from . import generalized_explained, generalized_intervals, refusals
from .analysis_of_variance import deviance_tables
from .analysis_of_variance import generalized as generalized_tests
from .analysis_of_variance.analysis import anova
from .analysis_of_variance.deletions import drop1, ranova
from .analysis_of_variance.model_comparisons import KRmodcomp, SATmodcomp
from .analysis_of_variance.selection import get_model, step
from .analysis_of_variance.variance_tables import show_tests
from .analysis_of_variance.wald_tables import Anova
from .bootstrap import BootMer, PBmodcomp, bootMer, case_bootstrap, generalized_ratios, resid_bootstrap
from .bootstrap import generalized as generalized_bootstrap
from .contrasts.contrasts import contest, contest1D, contestMD
from .degrees_of_freedom.choice import vcovAdj
from .exact.exact_ratio import exactLRT, exactRLRT
from .explained import icc, r2, variance_ratio
from .intervals import confint
from .marginal_effects import avg_comparisons, avg_predictions, avg_slopes
from .marginal_means import (
    EmmGrid,
    EmmList,
    add_grouping,
    cld,
    contrast,
    eff_size,
    emmeans,
    emtrends,
    joint_tests,
    pairs,
    rbind,
    ref_grid,
    regrid,
    test,
)
from .marginal_means.least_squares_means import difflsmeans, ls_means
from .performance.comparing import compare_performance, model_weights
from .profiles import generalized as generalized_profiles
from .profiles.profiling import LikelihoodProfile, logProf, profile, varianceProf
from .robust.robust import coef_test, conf_int, vcovCR
from .robust.robust_wald import Wald_test
from .tables.words import modelsummary
from .tidying import generalized as generalized_tidying
from .tidying import generalized_linear as tidying_generalized_linear
from .tidying import linear as tidying_linear
from .tidying.fits import augment, glance, tidy
from .tidying.written_rows import write_augmented

__all__ = [
    "Anova",
    "BootMer",
    "EmmGrid",
    "EmmList",
    "KRmodcomp",
    "LikelihoodProfile",
    "PBmodcomp",
    "SATmodcomp",
    "Wald_test",
    "add_grouping",
    "anova",
    "augment",
    "avg_comparisons",
    "avg_predictions",
    "avg_slopes",
    "bootMer",
    "case_bootstrap",
    "cld",
    "coef_test",
    "compare_performance",
    "conf_int",
    "confint",
    "contest",
    "contest1D",
    "contestMD",
    "contrast",
    "deviance_tables",
    "difflsmeans",
    "drop1",
    "eff_size",
    "emmeans",
    "emtrends",
    "exactLRT",
    "exactRLRT",
    "generalized_bootstrap",
    "generalized_explained",
    "generalized_intervals",
    "generalized_profiles",
    "generalized_ratios",
    "generalized_tests",
    "generalized_tidying",
    "get_model",
    "glance",
    "icc",
    "joint_tests",
    "logProf",
    "ls_means",
    "model_weights",
    "modelsummary",
    "pairs",
    "profile",
    "r2",
    "ranova",
    "rbind",
    "ref_grid",
    "refusals",
    "regrid",
    "resid_bootstrap",
    "show_tests",
    "step",
    "test",
    "tidy",
    "tidying_generalized_linear",
    "tidying_linear",
    "varianceProf",
    "variance_ratio",
    "vcovAdj",
    "vcovCR",
    "write_augmented",
]
