"""What a fit says beyond its estimates: tests, intervals, tables. Nothing here is computed before it is asked for."""

from __future__ import annotations

from . import intervals, tidying_linear
from .analysis import anova
from .contrasts import contest, contest1D, contestMD
from .degrees_of_freedom import vcovAdj
from .deletions import drop1, ranova
from .exact_ratio import exactLRT, exactRLRT
from .explained import icc, r2, variance_ratio
from .least_squares_means import difflsmeans, ls_means
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
from .model_comparisons import KRmodcomp, SATmodcomp
from .profiling import LikelihoodProfile, logProf, profile, varianceProf
from .resampling import BootMer, PBmodcomp, bootMer, case_bootstrap, resid_bootstrap
from .robust import coef_test, conf_int, vcovCR
from .robust_wald import Wald_test
from .selection import get_model, step
from .tidying import augment, glance, tidy
from .variance_tables import show_tests
from .wald_tables import Anova

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
    "bootMer",
    "case_bootstrap",
    "cld",
    "coef_test",
    "conf_int",
    "contest",
    "contest1D",
    "contestMD",
    "contrast",
    "difflsmeans",
    "drop1",
    "eff_size",
    "emmeans",
    "emtrends",
    "exactLRT",
    "exactRLRT",
    "get_model",
    "glance",
    "icc",
    "intervals",
    "joint_tests",
    "logProf",
    "ls_means",
    "pairs",
    "profile",
    "r2",
    "ranova",
    "rbind",
    "ref_grid",
    "regrid",
    "resid_bootstrap",
    "show_tests",
    "step",
    "test",
    "tidy",
    "tidying_linear",
    "varianceProf",
    "variance_ratio",
    "vcovAdj",
    "vcovCR",
]
