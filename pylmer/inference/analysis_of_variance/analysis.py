"""anova: the terms of one fit, or several fits beside each other."""

from __future__ import annotations

from collections.abc import Sequence
from functools import singledispatch
from typing import Any

from ...errors import ArgumentError, note
from ...fit.fitted_model import FittedModel
from ...fit.linear.generalized import GeneralizedFit
from ...fit.linear.regression import LinearFit
from ...text.arguments import plain
from ..contrasts.contrasts import DDF
from ..records import AnovaTable
from .deviance_tables import deviance_comparison, deviance_table
from .hypotheses import averaged_terms, missing_cells, type_of
from .likelihood_ratio import Fit, is_fit, likelihood_table
from .linear_tables import linear_comparison, linear_table
from .model_names import given_names, models_by_name
from .variance_tables import term_table

AVERAGED = (
    "the tests of type 3 average {terms} over the levels of the factors they interact with: they are not tests of the "
    "coefficients in summary(), which under contr.treatment are effects at the other factors' first levels"
)

MISSING = "Missing cells for: {cells}. Interpret type III hypotheses with care: they weigh the cells that have data"
CELLS_SHOWN = 10


@models_by_name
@plain
def anova(
    *fits: Fit,
    type: int | str | None = None,
    ddf: str | None = None,
    refit: bool = True,
    model_names: Sequence[str] | None = None,
    test: str | None = None,
    **named: Fit,
) -> AnovaTable:
    """Analysis of variance, as R's `anova` with lme4 and lmerTest.

    fits         one fit of `lmer` or `lm`, or several models to compare
    type         of one mixed model: of the tests, 1, 2 or 3 (also "I", "II", "III"); None, the default: 3, that of SAS,
                 whatever the contrasts
    ddf          of one mixed model: "Satterthwaite" (None, the default), "Kenward-Roger", or "lme4" for lme4's
                 sequential table without denominators
    refit        of several: True, the default: fits by REML are refitted by maximum likelihood first, with a note;
                 False: they are compared as they are
    model_names  of several: what models given by place are called, one name for each; None: as their data are
                 (`data.attrs["name"]`) where that tells them apart, else MODEL1, MODEL2, ...
    test         of `glm`: "Chisq" (or "LRT"), "F" or "none"; None, the default, as R from 4.4 on: "F" where the family
                 has a scale, else "Chisq"
    named        models by name, `anova(fm0=fm0, fm=fm)`: these names stand on the page, where R has those of the call.
                 A model cannot be called like an argument of anova (`type`, `ddf`, `refit`, `model_names`, or R's
                 `test`)

    Of one fit: F tests of its fixed-effects terms. A note says where type=3, asked for, tests other hypotheses than the
    coefficients show (contr.treatment), and which cells are without data where the table is of type 3.
    Of several: likelihood-ratio tests, by number of parameters. Some of the models may be `lm`s.
    Of an `lm`: its sequential F tests, in the order of its terms; of several `lm`s: F tests of each against the one
    before it, with the residual variance of the largest.
    Of a `glm`: the deviances of its terms one after the other; of several: of each against the one before it. `test` is
    "Chisq" (or "LRT"), "F" or "none"; by default, as R from 4.4 on, "F" where the family has a scale, else "Chisq".
    Of a `glmer`: lme4's sequential table, sums of squares without tests (`Anova` and `drop1` test its terms); of
    several, likelihood-ratio tests, refused where they were fitted by different criteria (nAGQ, laplace). A `glm` of a
    family without a scale stands beside any of them: without random effects all approximations are its likelihood (R
    refuses it beside nAGQ > 1, whose logLik lacks a constant there).

    Whatever the units, the codings and the intercept, types 2 and 3 test the same hypothesis of a term that no other
    contains. lmerTest departs from this, pylmer does not: in `0 + f + h` its f has a degree of freedom too many, the
    mean at h's first level; its type 2 of `x:z` beside f is not after f; its types 2 and 3 of `age + age:trt` test age
    at trt's first level (here: type 3 the mean over trt, as SAS, type 2 age before age:trt; see `show_tests`).

    A DataFrame with R's column names that prints as R does. Raises ArgumentError for unknown types and methods, for
    what is no model and for models called like arguments, DataError for models of different rows or responses. Sources:
    Goodnight (1978), Fai & Cornelius (1996), Kenward & Roger (1997).

    >>> import pylmer
    >>> fit = pylmer.lmer("Reaction ~ Days + (Days | Subject)", pylmer.datasets.load("sleepstudy"))
    >>> pylmer.anova(fit)
    Type III Analysis of Variance Table with Satterthwaite's method
         Sum Sq Mean Sq NumDF DenDF F value    Pr(>F)
    Days  30031   30031     1    17  45.853 3.264e-06 ***
    ---
    Signif. codes:  0 ‘***’ 0.001 ‘**’ 0.01 ‘*’ 0.05 ‘.’ 0.1 ‘ ’ 1
    >>> fm = pylmer.refitML(fit)
    >>> pylmer.anova(fm0=pylmer.update(fm, ". ~ . - Days"), fm=fm)
    Data: sleepstudy
    Models:
    fm0: Reaction ~ (Days | Subject)
    fm: Reaction ~ Days + (Days | Subject)
        npar    AIC    BIC  logLik -2*log(L)  Chisq Df Pr(>Chisq)
    fm0    5 1785.5 1801.4 -887.74    1775.5
    fm     6 1763.9 1783.1 -875.97    1751.9 23.537  1  1.226e-06 ***
    ---
    Signif. codes:  0 ‘***’ 0.001 ‘**’ 0.01 ‘*’ 0.05 ‘.’ 0.1 ‘ ’ 1
    """
    for each in fits:
        _check(each)
    models = [*fits, *named.values()]
    if not models:
        raise ArgumentError("anova() wants at least one fitted model")
    linear = [each for each in models if isinstance(each, LinearFit)]
    generalized = [each for each in models if isinstance(each, GeneralizedFit)]
    names = given_names(fits, named, model_names)
    if len(generalized) == len(models):
        return _deviances(generalized, names, test, type, ddf)
    _check_test(test)
    if len(linear) == len(models):
        _check_linear(type, ddf)
        return linear_comparison(linear, names) if len(models) > 1 else linear_table(linear[0])
    if len(models) > 1:
        return likelihood_table(models, refit, names)
    return tested_terms(models[0], type, ddf)


def _deviances(
    models: Sequence[GeneralizedFit],
    names: list[str] | None,
    test: str | None,
    type: int | str | None,
    ddf: str | None,
) -> AnovaTable:
    """The tables of glm()."""
    if type is not None and type_of(type) != "I":
        raise ArgumentError(f"type={type!r}: the table of a glm() is sequential, type 1; its terms are tested in order")
    if ddf is not None:
        raise ArgumentError(f"ddf={ddf!r}: a glm() has no denominators; test= chooses its tests")
    return deviance_comparison(models, names, test) if len(models) > 1 else deviance_table(models[0], test)


def _check_test(test: str | None) -> None:
    if test is not None:
        raise ArgumentError(
            f"test={test!r}: it is for glm(); several lm()s are compared by F tests, mixed models by likelihood-ratio "
            "tests: leave it out"
        )


@singledispatch
def tested_terms(fit: Any, type: int | str | None, ddf: str | None) -> AnovaTable:
    """The table of one mixed model."""
    raise ArgumentError(f"anova() wants fitted models, found {fit.__class__.__name__}")


@tested_terms.register(FittedModel)
def _linear_mixed(fit: FittedModel, type: int | str | None, ddf: str | None) -> AnovaTable:
    if type_of(3 if type is None else type) == "III" and ddf != "lme4":
        _note_missing_cells(fit)
        if type is not None:
            _note_averages(fit)
    return term_table(fit, 3 if type is None else type, DDF if ddf is None else ddf)


def _check_linear(type: int | str | None, ddf: str | None) -> None:
    if type is not None and type_of(type) != "I":
        raise ArgumentError(f"type={type!r}: the table of an lm() is sequential, type 1; its terms are tested in order")
    if ddf is not None:
        raise ArgumentError(f"ddf={ddf!r}: the degrees of freedom of an lm() are exact; leave ddf out")


def _note_averages(fit: FittedModel) -> None:
    if terms := averaged_terms(fit):
        note(AVERAGED.format(terms=", ".join(terms)))


def _note_missing_cells(fit: FittedModel) -> None:
    if cells := missing_cells(fit):
        named = ", ".join(cells[:CELLS_SHOWN]) + (", ..." if len(cells) > CELLS_SHOWN else "")
        note(MISSING.format(cells=named))


def _check(fit: Any) -> None:
    if not is_fit(fit):
        found = fit.__class__.__name__
        raise ArgumentError(f"anova() wants fitted models, found {found}; options such as type=3 are given by name")
