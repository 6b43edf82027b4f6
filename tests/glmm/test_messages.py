"""What glmer says to typical mistakes: an error with the way out, or a note, and the fit goes on."""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
import pytest

import pylmer

from .fits import cbpp

RNG = np.random.default_rng(1)
DATA = pylmer.datasets.load("cbpp").assign(
    one=1.0,
    row=np.arange(56).astype(str),
    hours=np.r_[0.0, np.ones(55)],
    far=RNG.normal(size=56) * 1e6,
    ill=lambda data: data["incidence"] > 1,
    grade=lambda data: pd.Categorical(np.array(["a", "b", "c"])[np.minimum(data["incidence"], 2).astype(int)]),
)
SLEEP = pylmer.datasets.load("sleepstudy")
COUNTS = "cbind(incidence, size - incidence) ~ period + (1 | herd)"


def said(work):
    """The notes of a call, and what it returns."""
    with warnings.catch_warnings(record=True) as found:
        warnings.simplefilter("always")
        fit = work()
    return [str(each.message) for each in found if issubclass(each.category, pylmer.FitNote)], fit


def binomial(formula, **options):
    return pylmer.glmer(formula, DATA, "binomial", **options)


def poisson(formula, **options):
    return pylmer.glmer(formula, DATA, "poisson", **options)


REFUSED = {  # the call, and what the error must say
    "an unknown family": (
        lambda: pylmer.glmer(COUNTS, DATA, "binom"),
        "there are binomial, poisson, .*did you mean 'bino",
    ),
    "a quasi family": (lambda: pylmer.glmer(COUNTS, DATA, "quasibinomial"), "it has no likelihood; binomial has"),
    "a link of others": (
        lambda: pylmer.glmer(COUNTS, DATA, 'binomial("sqrt")'),
        "no link 'sqrt': it has logit, probit",
    ),
    "proportions without trials": (lambda: binomial("incidence / size ~ 1 + (1 | herd)"), "trials as weights="),
    "counts as they are": (lambda: binomial("incidence ~ period + (1 | herd)"), r"between 0 and 1 \(counts: cbind"),
    "negative failures": (
        lambda: binomial("cbind(size, incidence - size) ~ period + (1 | herd)"),
        "wants counts, 0 or more; .* has -12 in row 1 of those used",
    ),
    "negative counts": (lambda: poisson("incidence - 1 ~ period + (1 | herd)"), "counts, 0 or more; found -1"),
    "zero in Gamma": (lambda: pylmer.glmer("incidence ~ 1 + (1 | herd)", DATA, "Gamma"), "must be above 0; found 0"),
    "cbind of counts": (lambda: poisson(COUNTS), r"cbind\(successes, failures\) is for binomial"),
    "a constant response": (lambda: binomial("one ~ period + (1 | herd)"), "constant .* nothing to fit"),
    "nAGQ of two factors": (lambda: poisson("incidence ~ 1 + (1 | herd) + (1 | row)", nAGQ=5), "one grouping factor"),
    "nAGQ below 0": (lambda: binomial(COUNTS, nAGQ=-1), "nAGQ=-1: wanted 0, 1"),
    "nAGQ without end": (lambda: binomial(COUNTS, nAGQ=101), "nodes up to 100"),
    "nAGQ as text": (lambda: binomial(COUNTS, nAGQ="9"), "nAGQ='9': wanted"),
    "REML": (lambda: binomial(COUNTS, REML=True), "there is no REML: leave it out"),
    "lmerControl": (lambda: binomial(COUNTS, control=pylmer.lmerControl()), "control must be glmerControl"),
    "glmerControl for lmer": (
        lambda: pylmer.lmer("Reaction ~ Days + (1 | Subject)", SLEEP, control=pylmer.glmerControl()),
        "control must be lmerControl",
    ),
    "a family for lmer": (lambda: pylmer.lmer(COUNTS, DATA, family="binomial"), "a family is for glmer"),
    "a row a group, with a scale": (
        lambda: pylmer.glmer("incidence + 1 ~ period + (1 | row)", DATA, "Gamma('log')"),
        "'row' has 56 levels for 56 observations",
    ),
    "an infinite offset": (
        lambda: poisson("incidence ~ period + offset(log(hours)) + (1 | herd)"),
        r"'offset' is infinite in 1 row \(first in row 1",
    ),
    "a start of another length": (lambda: binomial(COUNTS, start=[1, 2]), "'theta' must be 1 finite numbers"),
    "fixef in the start of nAGQ=0": (
        lambda: binomial(COUNTS, nAGQ=0, start={"theta": 1, "fixef": [0, 0, 0, 0]}),
        "give 'theta' alone",
    ),
    "names in a start": (lambda: binomial(COUNTS, start={"b": 1}), r"wanted 'theta' and 'fixef'"),
    "a family for glmer_nb": (
        lambda: pylmer.glmer_nb("incidence ~ 1 + (1 | herd)", DATA, family="poisson"),
        "the family is negative binomial; link=",
    ),
    "laplace with a quadrature": (
        lambda: binomial(COUNTS, nAGQ=3, control=pylmer.glmerControl(laplace="observed")),
        "no effect with nAGQ=3",
    ),
    "no random effects": (lambda: binomial("ill ~ period"), "a mixed model needs at least one"),
    "quadrature of a normal response": (
        lambda: pylmer.glmer("Reaction ~ Days + (1 | Subject)", SLEEP, nAGQ=5),
        "needs no quadrature",
    ),
    "an option of R's that is not needed": (lambda: pylmer.glmerControl(tolPwrss=1e-9), "always found to rounding"),
    "an unknown residual": (lambda: pylmer.resid(cbpp(), type="pearsn"), "residuals are one of 'deviance', 'pearson'"),
    "unknown weights": (lambda: pylmer.weights(cbpp(), type="both"), "weights are one of 'prior', 'working'"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_refused(case):
    call, message = REFUSED[case]
    with pytest.raises(pylmer.PylmerError, match=message):
        call()


NOTED = {
    "three levels": (lambda: binomial("grade ~ period + (1 | herd)"), "'a' is failure, 'b', 'c' success"),
    "trials as failures": (lambda: binomial("cbind(incidence, size) ~ period + (1 | herd)"), "are these trials"),
    "counts that are not whole": (lambda: poisson("incidence + 0.5 ~ period + (1 | herd)"), "not whole in 56 rows"),
    "columns far apart": (lambda: poisson("incidence ~ far + (1 | herd)"), "consider rescaling"),
    "dependent columns": (lambda: poisson("incidence ~ size + I(2 * size) + (1 | herd)"), "dropping 1 column"),
    "an optimizer of lme4's": (
        lambda: binomial(COUNTS, control=pylmer.glmerControl(optimizer="bobyqa", optCtrl={"maxfun": 2e5})),
        "'bobyqa' is not used: glmer has its own",
    ),
    "few steps": (lambda: binomial(COUNTS, control=pylmer.glmerControl(optCtrl={"maxit": 1})), "newton did not conv"),
    "a scale": (
        lambda: pylmer.glmer("Reaction ~ Days + (1 | Subject)", SLEEP, "Gamma('log')"),
        r'no likelihood for families with a scale.*glmerControl\(laplace="lme4"\)',
    ),
    "no overdispersion": (
        lambda: pylmer.glmer_nb("y ~ 1 + (1 | g)", _under()),
        "shows? no overdispersion beside the random effects",
    ),
}


def _under():
    """Counts that vary less than Poisson's."""
    return pd.DataFrame({"g": np.repeat(np.arange(40), 10).astype(str), "y": RNG.binomial(20, 0.3, 400)})


@pytest.mark.parametrize("case", NOTED)
def test_noted(case):
    call, message = NOTED[case]
    notes, fit = said(call)
    pattern = pytest.raises(AssertionError, match=message)
    with pattern:
        raise AssertionError("\n".join(notes))
    assert [str(note) for note in fit.notes] == notes


def test_a_normal_response_is_lmers():
    """R warns, and fits lmer by REML."""
    notes, fit = said(lambda: pylmer.glmer("Reaction ~ Days + (1 | Subject)", SLEEP))
    assert notes == [
        "glmer() with a gaussian family and the identity link is lmer(): a linear mixed model, fitted by REML"
    ]
    assert isinstance(fit, pylmer.LmerFit)
    assert fit.REML
    assert fit.call.function == "lmer"


def test_a_row_a_group():
    """Observation-level effects tell overdispersion; lme4 allows them."""
    assert said(lambda: poisson("incidence ~ period + offset(log(size)) + (1 | row)"))[0] == []


def test_accepted_without_a_word():
    for family in ("binomial", "binomial('logit')", "binomial(link = logit)", pylmer.families.binomial()):
        notes, fit = said(lambda family=family: pylmer.glmer(COUNTS, DATA, family))
        assert notes == []
        assert fit.beta == pytest.approx(cbpp().beta, rel=1e-9)


# --- separation ------------------------------------------------------------------------------------------------------

SEPARATED = pd.DataFrame(
    {
        "g": np.repeat(list("abcdefgh"), 10),
        "x": np.tile(np.repeat([0.0, 1.0], 5), 8),
        "y": np.tile([0.0, 1, 0, 1, 1, 1, 1, 1, 1, 1], 8),  # where x is 1 all succeed
    }
)


def test_separation_is_named_and_the_fit_goes_on():
    notes, fit = said(lambda: pylmer.glmer("y ~ x + (1 | g)", SEPARATED, "binomial"))
    assert any("separate the responses of 40 rows" in note and "+1 x" in note for note in notes)
    assert pylmer.fixef(fit)["x"] > 10


def test_separation_may_stop_or_say_nothing():
    control = pylmer.glmerControl(check_separation="stop")
    with pytest.raises(pylmer.DataError, match=r"the likelihood rises for ever along \+1 x"):
        pylmer.glmer("y ~ x + (1 | g)", SEPARATED, "binomial", control=control)
    control = pylmer.glmerControl(check_separation="ignore")
    notes, _ = said(lambda: pylmer.glmer("y ~ x + (1 | g)", SEPARATED, "binomial", control=control))
    assert not any("separate" in note for note in notes)


def test_counts_of_zero_separate_too():
    data = SEPARATED.assign(y=np.where(SEPARATED["x"] == 1, 0.0, 1 + SEPARATED["y"]))
    notes, _ = said(lambda: pylmer.glmer("y ~ x + (1 | g)", data, "poisson"))
    assert any("separate the responses of 40 rows" in note and "-1 x" in note for note in notes)


# --- the certificate of the approximation ----------------------------------------------------------------------------


def test_laplace_is_near_the_integral_of_cbpp():
    """glmm.md 7.2: .029 standard errors."""
    fit = cbpp()
    assert fit.approximation.available
    assert fit.approximation.largest == pytest.approx(0.029, abs=0.005)
    assert said(lambda: pylmer.vcov(fit))[0] == []


def test_laplace_far_from_the_integral_is_said_once():
    """Pairs of strongly dependent binary rows: nAGQ moves the estimate by more than 0.3 standard errors."""
    rng = np.random.default_rng(5)
    g = np.repeat(np.arange(150), 2)
    eta = -0.5 + 3.0 * rng.normal(size=150)[g]
    data = pd.DataFrame({"g": g.astype(str), "y": rng.binomial(1, 1 / (1 + np.exp(-eta))).astype(float)})
    notes, fit = said(lambda: pylmer.glmer("y ~ 1 + (1 | g)", data, "binomial"))
    assert not any("Laplace" in note for note in notes)  # it is not paid for by every fit
    first, page = said(lambda: pylmer.summary(fit))
    assert sum("Laplace's approximation is" in note and "nAGQ=9" in note for note in first) == 1
    assert "Laplace's approximation is" in str(page)
    assert said(lambda: pylmer.vcov(fit))[0] == []
    better = pylmer.glmer("y ~ 1 + (1 | g)", data, "binomial", nAGQ=25)
    moved = abs(better.theta[0] - fit.theta[0]) / np.sqrt(fit.optimum.vcov_x[0, 0])
    assert moved > 0.3
    assert not better.approximation.available


def test_several_factors_have_no_certificate_of_the_approximation():
    fit = poisson("incidence ~ period + (1 | herd) + (1 | row)")
    assert (fit.approximation.available, fit.approximation.reason) == (False, "several grouping factors")
