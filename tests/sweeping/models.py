"""The fits and records that the sweep calls the words with, each made once."""

from __future__ import annotations

import functools
import warnings
from collections.abc import Callable
from typing import Any

import pylmer

COUNTS = "cbind(incidence, size - incidence) ~ period + size"
FORMULA = "angle ~ recipe + temp + (1 | recipe:replicate)"


def quietly(make: Callable[[], Any]) -> Callable[[], Any]:
    """`make`, once, without its notes."""

    @functools.cache
    def made() -> Any:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", pylmer.FitNote)
            return make()

    return made


cake = quietly(lambda: pylmer.datasets.load("cake"))
cbpp = quietly(lambda: pylmer.datasets.load("cbpp").head(30))
big = quietly(lambda: pylmer.lmer(FORMULA, cake()))
small = quietly(lambda: pylmer.lmer("angle ~ temp + (1 | recipe:replicate)", cake()))
other = quietly(lambda: pylmer.lmer("Yield ~ 1 + (1 | Batch)", pylmer.datasets.load("Dyestuff")))
linear = quietly(lambda: pylmer.lm("angle ~ recipe + temp", cake()))
binomial = quietly(lambda: pylmer.glm(COUNTS, cbpp(), "binomial"))
generalized = quietly(lambda: pylmer.glmer(COUNTS + " + (1 | herd)", cbpp(), "binomial"))
without_period = quietly(lambda: pylmer.update(generalized(), ". ~ . - period"))
means_of_glmer = quietly(lambda: pylmer.emmeans(generalized(), "period"))
lists = quietly(lambda: pylmer.lmList("angle ~ temp | recipe", cake()))
emm = quietly(lambda: pylmer.emmeans(big(), "recipe"))
emms = quietly(lambda: pylmer.emmeans(big(), "recipe", contr="pairwise"))
variances = quietly(lambda: pylmer.VarCorr(big()))
modes = quietly(lambda: pylmer.ranef(big()))
design = quietly(lambda: pylmer.lFormula(FORMULA, cake()))
devfun = quietly(lambda: pylmer.mkLmerDevfun(design()))
optimum = quietly(lambda: pylmer.optimizeLmer(devfun()))
profiled = quietly(lambda: pylmer.profile(other()))
booted = quietly(lambda: pylmer.bootMer(big(), nsim=10, seed=1))
influences = quietly(lambda: pylmer.influence(other(), "Batch"))
curve = quietly(lambda: pylmer.powerCurve(big(), "temp", "replicate", [4, 5], 2, 1))

RECORDS: dict[str, Callable[[], Any]] = {
    "fit": big,
    "fit by ML": quietly(lambda: pylmer.lmer(FORMULA, cake(), REML=False)),
    "linear": linear,
    "glmer": generalized,
    "glm": binomial,
    "lists": lists,
    "emm": emm,
    "emms": emms,
    "contrast": quietly(lambda: pylmer.contrast(emm())),
    "VarCorr": variances,
    "ranef": modes,
    "profile": profiled,
    "bootMer": booted,
    "influence": influences,
    "cross_validate": quietly(lambda: pylmer.cross_validate(linear(), 3)),
    "powerCurve": curve,
    "power": quietly(lambda: pylmer.power(big(), "temp", 2, 1)),
    "sim": quietly(lambda: pylmer.sim(big(), 2, 1)),
    "sim of lm": quietly(lambda: pylmer.sim(linear(), 2, 1)),
    "draws of ranef": quietly(lambda: pylmer.ranef(pylmer.sim(big(), 2, 1))),
    "coef": quietly(lambda: pylmer.coef(big())),
    "fixef": quietly(lambda: pylmer.fixef(big())),
    "se_coef": quietly(lambda: pylmer.se_coef(big())),
    "se_ranef": quietly(lambda: pylmer.se_ranef(big())),
    "sigma_hat": quietly(lambda: pylmer.sigma_hat(big())),
    "rePCA": quietly(lambda: pylmer.rePCA(big())),
    "summary of rePCA": quietly(lambda: pylmer.summary(pylmer.rePCA(big()))),
    "logLik": quietly(lambda: pylmer.logLik(big())),
    "summary": quietly(lambda: pylmer.summary(big())),
    "summary of lm": quietly(lambda: pylmer.summary(linear())),
    "display": quietly(lambda: pylmer.display(big())),
    "display of lm": quietly(lambda: pylmer.display(linear())),
    "anova": quietly(lambda: pylmer.anova(big())),
    "anova of two": quietly(lambda: pylmer.anova(big(), small())),
    "drop1": quietly(lambda: pylmer.drop1(big())),
    "ranova": quietly(lambda: pylmer.ranova(big())),
    "step": quietly(lambda: pylmer.step(big())),
    "contest": quietly(lambda: pylmer.contest(big(), "temp")),
    "ls_means": quietly(lambda: pylmer.ls_means(big())),
    "joint_tests": quietly(lambda: pylmer.joint_tests(big())),
    "summary of means": quietly(lambda: pylmer.summary(emm())),
    "summary of lists": quietly(lambda: pylmer.summary(emms())),
    "test of means": quietly(lambda: pylmer.test(emm())),
    "icc": quietly(lambda: pylmer.icc(big())),
    "icc by group": quietly(lambda: pylmer.icc(big(), by_group=True)),
    "r2": quietly(lambda: pylmer.r2(big())),
    "r2 of lm": quietly(lambda: pylmer.r2(linear())),
    "compare_performance": quietly(lambda: pylmer.compare_performance(big(), linear())),
    "model_weights": quietly(lambda: pylmer.model_weights(big(), small())),
    "modelsummary": quietly(lambda: pylmer.modelsummary([big(), linear()], stars=True)),
    "KRmodcomp": quietly(lambda: pylmer.KRmodcomp(big(), small())),
    "SATmodcomp": quietly(lambda: pylmer.SATmodcomp(big(), small())),
    "PBmodcomp": quietly(lambda: pylmer.PBmodcomp(big(), small(), 10, 1)),
    "summary of PBmodcomp": quietly(lambda: pylmer.summary(pylmer.PBmodcomp(big(), small(), 10, 1))),
    "exactRLRT": quietly(lambda: pylmer.exactRLRT(other(), nsim=10, seed=1)),
    "vcovCR": quietly(lambda: pylmer.vcovCR(big())),
    "coef_test": quietly(lambda: pylmer.coef_test(big())),
    "conf_int": quietly(lambda: pylmer.conf_int(big())),
    "Wald_test": quietly(lambda: pylmer.Wald_test(big(), ["temp"])),
    "allFit": quietly(lambda: pylmer.allFit(other(), ["newton", "bobyqa"])),
    "pooling": quietly(lambda: pylmer.pooling(big())),
    "five_ways": quietly(lambda: pylmer.five_ways(other())),
    "criterion_curve": quietly(lambda: pylmer.criterion_curve(other())),
    "formula": quietly(lambda: pylmer.formula(big())),
    "terms": quietly(lambda: pylmer.terms(big())),
    "bar": quietly(lambda: pylmer.findbars(FORMULA)[0]),
    "design": design,
    "devfun": devfun,
    "optimum": optimum,
    "summary of glmer": quietly(lambda: pylmer.summary(generalized())),
    "summary of glm": quietly(lambda: pylmer.summary(binomial())),
    "display of glmer": quietly(lambda: pylmer.display(generalized())),
    "display of glm": quietly(lambda: pylmer.display(binomial())),
    "VarCorr of glmer": quietly(lambda: pylmer.VarCorr(generalized())),
    "anova of glmer": quietly(lambda: pylmer.anova(generalized())),
    "anova of two glmer": quietly(lambda: pylmer.anova(generalized(), without_period())),
    "anova of glm": quietly(lambda: pylmer.anova(binomial())),
    "drop1 of glmer": quietly(lambda: pylmer.drop1(generalized(), test="Chisq")),
    "drop1 of glm": quietly(lambda: pylmer.drop1(binomial(), test="Chisq")),
    "ranova of glmer": quietly(lambda: pylmer.ranova(generalized())),
    "sim of glmer": quietly(lambda: pylmer.sim(generalized(), 2, 1)),
    "means of glmer": means_of_glmer,
    "summary of means of glmer": quietly(lambda: pylmer.summary(means_of_glmer(), type="response")),
    "profile of glmer": quietly(lambda: pylmer.profile(generalized(), ["(Intercept)"])),
    "bootMer of glmer": quietly(lambda: pylmer.bootMer(generalized(), nsim=3, seed=1)),
    "icc of glmer": quietly(lambda: pylmer.icc(generalized())),
    "r2 of glmer": quietly(lambda: pylmer.r2(generalized())),
    "Anova of glmer": quietly(lambda: pylmer.Anova(generalized())),
    "allFit of glmer": quietly(lambda: pylmer.allFit(generalized(), ["newton"])),
    "influence of glmer": quietly(lambda: pylmer.influence(generalized(), "herd")),
    "check_overdispersion": quietly(lambda: pylmer.check_overdispersion(generalized())),
    "check_collinearity": quietly(lambda: pylmer.check_collinearity(big())),
    "check_quantile_residuals": quietly(lambda: pylmer.check_quantile_residuals(generalized())),
    "glmer control": quietly(lambda: pylmer.glmerControl()),
    "control": quietly(lambda: pylmer.lmerControl()),
    "description": quietly(lambda: pylmer.datasets.describe("cake")),
}
