"""What a fit of glmer has no answer for says why, and what there is instead."""

from __future__ import annotations

import pytest

import pylmer

from .fits import cbpp

REFUSED = {
    "contest": (("period2",), "Satterthwaite.*Anova"),
    "contest1D": (("period2",), "Satterthwaite.*drop1"),
    "contestMD": (("period",), "Satterthwaite.*drop1"),
    "show_tests": ((), "Satterthwaite"),
    "vcovAdj": ((), "Kenward and Roger"),
    "KRmodcomp": ((None,), "Kenward and Roger.*PBmodcomp"),
    "SATmodcomp": ((None,), "Satterthwaite.*PBmodcomp"),
    "ls_means": ((), r"emmeans\(\)"),
    "difflsmeans": ((), r"emmeans\(\)"),
    "vcovCR": ((), "cluster-robust.*case_bootstrap"),
    "coef_test": ((), r"coef_test\(\): the cluster-robust.*summary"),
    "conf_int": ((), r"conf_int\(\): the cluster-robust"),
    "Wald_test": ((["period2"],), r"Wald_test\(\): the cluster-robust.*Anova"),
    "step": ((), r"lmerTest.*drop1\(fit, test=\"Chisq\"\) and ranova\(fit\)"),
    "exactRLRT": ((), "exact distribution.*ranova.*PBmodcomp"),
    "exactLRT": ((None,), "exact distribution.*ranova.*PBmodcomp"),
    "resid_bootstrap": ((), r"cannot be exchanged.*bootMer\(fit\)"),
    "variance_ratio": ((), r"no variance on the scale.*icc\(fit\)"),
    "REMLcrit": ((), r"no restricted likelihood.*logLik\(fit\)"),
}


@pytest.mark.parametrize("word", REFUSED)
def test_a_word_of_linear_models_says_what_there_is(word):
    arguments, said = REFUSED[word]
    with pytest.raises(pylmer.ArgumentError, match=f"(?s){said}"):
        getattr(pylmer, word)(cbpp(), *arguments)


def test_what_is_fitted_by_maximum_likelihood_stays():
    fit = cbpp()
    assert pylmer.refitML(fit) is fit
    with pytest.raises(pylmer.ArgumentError, match=r"refitML\(\) wants a fit of lmer\(\) or glmer\(\), found LmFit"):
        pylmer.refitML(pylmer.lm("size ~ period", pylmer.datasets.load("cbpp")))
