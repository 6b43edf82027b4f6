"""Terms left out one at a time: drop1 for fixed effects, ranova for random ones, as in lmerTest."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from ...design import summed_columns
from ...errors import ArgumentError
from ...extract import AIC, logLik, word
from ...fit.fitted_model import FittedModel
from ...fit.fitting import design_of
from ...fit.generalized import GeneralizedFittedModel
from ...fit.linear.generalized import GeneralizedFit
from ...fit.linear.regression import LinearFit
from ...fit.refitting import refitML
from ...fit.words import several
from ...language import (
    deparse,
    deparse_lines,
    expand_random,
    explicit_formula,
    known_as,
    parse_formula,
    random_label,
    terms,
    update_formula,
)
from ...language.suggest import did_you_mean
from ...language.syntax import MixedFormula, RandomTerm
from ...numerics.linalg import Array, powers_of_two
from ..contrasts.contrasts import DDF, f_tests
from ..contrasts.restrictions import restriction, restriction_of_factor
from ..degrees_of_freedom.choice import METHODS, check_ddf
from ..records import AnovaTable, table
from .estimable import factor_with
from .hypotheses import columns_of, crossproduct_factor, first, in_own_columns
from .likelihood_ratio import changed_request, describe, p_value, refitted, without_random_effects
from .variance_tables import UNTESTED, anova_table

TESTS = ("none", "F", "Chisq")
Mixed = FittedModel | GeneralizedFittedModel
RANDOM_COLUMNS = ("npar", "logLik", "AIC", "LRT", "Df", "Pr(>Chisq)")


# --- fixed effects ---------------------------------------------------------------------------------------------------


@word
def drop1(
    fit: FittedModel,
    scope: str | Sequence[str] | None = None,
    ddf: str | None = None,
    test: str | None = None,
) -> AnovaTable:
    """Fixed-effects terms left out one at a time.

    fit    a fit of `lmer`
    scope  labels of terms, or a formula such as "~ x + z"; None, the default: all that are not part of another term
    ddf    "Satterthwaite" (None, the default) or "Kenward-Roger" for F tests as lmerTest gives them; "lme4" for lme4's
           table, AIC of refits by maximum likelihood
    test   "F": the F tests; "Chisq": lme4's table with likelihood-ratio tests; "none" or None, the default: what `ddf`
           says

    R's lme4 has test="none" and "Chisq"; lmerTest passes over `test` unless ddf="lme4", and gives its F tests for
    drop1(m, test = "Chisq"). Here test="Chisq" is heeded. Raises ArgumentError for chi-square tests with degrees of
    freedom, for F tests without, and for labels that are no terms.

    >>> import pylmer
    >>> fit = pylmer.lmer("angle ~ recipe + temp + (1 | recipe:replicate)", pylmer.datasets.load("cake"))
    >>> pylmer.drop1(fit)
    Single term deletions using Satterthwaite's method:
    <BLANKLINE>
    Model:
    angle ~ recipe + temp + (1 | recipe:replicate)
           Sum Sq Mean Sq NumDF DenDF F value Pr(>F)
    recipe   10.3    5.15     2    42  0.2488 0.7809
    temp   1966.7 1966.71     1   224 94.9759 <2e-16 ***
    ---
    Signif. codes:  0 ‘***’ 0.001 ‘**’ 0.01 ‘*’ 0.05 ‘.’ 0.1 ‘ ’ 1
    """
    ddf = _method(ddf, test)
    labels = scope_of(fit, scope)
    if ddf == "lme4":
        return by_likelihood(refitML(fit), labels, test)
    results = f_tests(fit, [_deletion(fit, label) for label in labels], ddf)
    tests = {label: test.row() if test.numerator else UNTESTED for label, test in zip(labels, results, strict=True)}
    heading = (f"Single term deletions using {ddf}'s method:", "", "Model:", describe(fit))
    return anova_table(tests, heading)


def _method(ddf: str | None, test: str | None) -> str:
    """The method that `ddf` and `test` ask for; ArgumentError where they ask for two."""
    if test not in (None, *TESTS):
        raise ArgumentError(f"test={test!r}: wanted {', '.join(map(repr, TESTS))}")
    method = ("lme4" if test == "Chisq" else DDF) if ddf is None else ddf
    check_ddf(method, (*METHODS, "lme4"))
    if test == "Chisq" and method != "lme4":
        raise ArgumentError(
            f"test='Chisq' are likelihood-ratio tests, ddf={ddf!r} is a method of F tests: leave one of the two out"
        )
    if test == "F" and method == "lme4":
        raise ArgumentError("ddf='lme4' has no F tests: test='Chisq', or ddf='Satterthwaite' or 'Kenward-Roger'")
    return method


def droppable(fit: Mixed | LinearFit | GeneralizedFit) -> list[str]:
    """Labels of the fixed-effects terms that are not part of another (R's drop.scope)."""
    found = fit.design.fixed_terms
    factors = [frozenset(each) for each in found.factors]
    return [label for label, own in zip(found.labels, factors, strict=True) if not any(own < each for each in factors)]


def scope_of(fit: Mixed | GeneralizedFit, scope: str | Sequence[str] | None) -> list[str]:
    """Labels of the terms that are left out; ArgumentError for what is no term."""
    if scope is None:
        return droppable(fit)
    known = fit.design.fixed_terms.labels
    if isinstance(scope, str) and scope.lstrip().startswith("~"):
        wanted: Sequence[str] = terms(parse_formula(scope).rhs).labels
    else:
        wanted = several(scope)
    wanted = [known_as(label, known) or label for label in wanted]
    for label in wanted:
        if label not in known:
            raise ArgumentError(
                f"scope has {label!r}, which is no term of the model{did_you_mean(str(label), known)}; "
                f"its terms are {', '.join(known) or 'none'}"
            )
    return list(wanted)


def without_term(fit: Mixed, label: str) -> MixedFormula:
    """The formula without a fixed-effects term; without an intercept where there was none."""
    smaller = update_formula(explicit_formula(fit.formula, fit.design.fixed_terms), f". ~ . - {label}")
    if terms(smaller.fixed).intercept == fit.design.fixed_terms.intercept:
        return smaller
    left = "" if smaller.response is None else deparse(smaller.response)
    # R writes `y ~ (1 | g) - 1`, of which lme4 takes the 1 for an intercept
    return parse_formula(f"{left} ~ {' + '.join(['0', *map(_written, _random_terms(fit))])}")


def _deletion(fit: FittedModel, label: str) -> Array:
    """The restriction that leaves a term out, on the rows of the fit; its columns alone where that is all."""
    at = columns_of(fit.design).get(label, [])
    if at and len(fit.design.fixed_terms.labels) == 1 and not fit.design.dropped:
        return first(fit)[0].L
    if fit.design.fixed_terms.intercept and label in droppable(fit) and not fit.design.dropped:
        return np.eye(len(fit.beta))[at]
    L = _restriction(fit, without_term(fit, label))
    lengths = powers_of_two(np.linalg.norm(crossproduct_factor(fit), axis=0))
    return in_own_columns(L / lengths, at, lengths)[0] if len(L) else L


def _restriction(fit: FittedModel, smaller: MixedFormula) -> Array:
    """The restriction to the fixed effects of a smaller formula, by the rows or by their sums."""
    summed = summed_columns(fit)
    if summed is not None:
        R = factor_with(fit.design, summed, terms(smaller.fixed))
        if R is not None:
            return restriction_of_factor(R, R.shape[1] - len(fit.beta))
    request = replace(changed_request(fit, smaller), subset=fit.rows.kept)
    return restriction(fit.rows.X, design_of(request).X)


def by_likelihood(whole: Mixed, labels: Sequence[str], test: str | None) -> AnovaTable:
    """lme4's drop1 of a fit by maximum likelihood: AIC of the fits without a term."""
    reduced = [refitted(whole, without_term(whole, label)) for label in labels]
    likelihoods = [logLik(each) for each in (whole, *reduced)]
    npar = np.array([np.nan, *(likelihoods[0].df - each.df for each in likelihoods[1:])])
    columns: dict[str, Any] = {"npar": npar, "AIC": np.array([AIC(each) for each in (whole, *reduced)])}
    if test == "Chisq":
        LRT = np.array([np.nan, *(2 * max(likelihoods[0] - each, 0.0) for each in likelihoods[1:])])
        columns["LRT"] = LRT
        columns["Pr(Chi)"] = np.array([p_value(x, df) for x, df in zip(LRT, npar, strict=True)])
    heading = ("Single term deletions", "", "Model:", *deparse_lines(whole.formula.node))
    made: AnovaTable = table(AnovaTable, columns, ["<none>", *labels], heading)
    return made


# --- random effects --------------------------------------------------------------------------------------------------


@word
def ranova(fit: FittedModel, reduce_terms: bool = True) -> AnovaTable:
    """Likelihood-ratio tests of the random effects, one deletion at a time, by the criterion of the fit (REML or ML).

    fit           a fit of `lmer` or `glmer`, refitted by the criterion that it has: REML or ML, Laplace or quadrature
    reduce_terms  True, the default: a term (x | g) is reduced to (1 | g), (x + z | g) to (z | g) and (x | g), and a
                  term with nothing but an intercept is left out; False: all terms are left out as a whole

    The p-values are those of chi-square, which is conservative for variances (Self & Liang 1987); `PBmodcomp` simulates
    them. The model without its last random term is the linear one (lm, glm), with the same family.

    >>> import pylmer
    >>> fit = pylmer.lmer("Reaction ~ Days + (Days | Subject)", pylmer.datasets.load("sleepstudy"))
    >>> pylmer.ranova(fit)
    ANOVA-like table for random-effects: Single term deletions
    <BLANKLINE>
    Model:
    Reaction ~ Days + (Days | Subject)
                             npar  logLik    AIC    LRT Df Pr(>Chisq)
    <none>                      6 -871.81 1755.6
    Days in (Days | Subject)    4 -893.23 1794.5 42.837  2   4.99e-10 ***
    ---
    Signif. codes:  0 ‘***’ 0.001 ‘**’ 0.01 ‘*’ 0.05 ‘.’ 0.1 ‘ ’ 1
    """
    return random_effects_table(fit, reduce_terms)


def random_effects_table(fit: Mixed, reduce_terms: bool) -> AnovaTable:
    """The table of any mixed model."""
    heading = ("ANOVA-like table for random-effects: Single term deletions", "", "Model:", tidied(fit))
    return random_table(fit, dict(reductions(fit, reduce_terms)), heading)


def tidied(fit: Mixed) -> str:
    """The formula with its terms written out, as R's update leaves it."""
    formula = _formula(fit, list(map(_written, _random_terms(fit))))
    return describe(fit) if formula is None else str(update_formula(formula, ". ~ ."))


def _random_terms(fit: Mixed) -> tuple[RandomTerm, ...]:
    return expand_random(fit.formula, doublevert="diag" if fit.control.doublevert == "diag" else "split")


def random_table(fit: Mixed, reduced: dict[str, MixedFormula | None], heading: tuple[str, ...]) -> AnovaTable:
    """The tests of the reductions: label -> formula, None for a model without random effects."""
    whole = logLik(fit)
    found = [(float(whole), whole.df), *(_likelihood(fit, formula) for formula in reduced.values())]
    values, npar = np.array([value for value, _ in found]), np.array([df for _, df in found])
    LRT, Df = 2 * np.maximum(values[0] - values, 0.0), (npar[0] - npar).astype(float)
    LRT[0] = Df[0] = np.nan
    p = np.array([p_value(x, df) for x, df in zip(LRT, Df, strict=True)])
    columns = dict(zip(RANDOM_COLUMNS, (npar, values, -2 * values + 2 * npar, LRT, Df, p), strict=True))
    made: AnovaTable = table(AnovaTable, columns, ["<none>", *reduced], heading)
    return made


def _likelihood(fit: Mixed, formula: MixedFormula | None) -> tuple[float, int]:
    if formula is None:
        return without_random_effects(fit)
    value = logLik(refitted(fit, formula))
    return float(value), value.df


def reductions(fit: Mixed, reduce_terms: bool = True) -> Iterator[tuple[str, MixedFormula | None]]:
    """Label of each deletion, and the formula it leaves; None if no random effects are left."""
    every = _random_terms(fit)
    for k, term in enumerate(every):
        others = [*every[:k], *every[k + 1 :]]
        smaller = list(_smaller(term)) if reduce_terms else []
        for effect, effects in smaller:
            written = f"({effects} | {deparse(term.group)})"
            yield (
                f"{effect} in ({random_label(term)})",
                _formula(fit, list(dict.fromkeys([*map(_written, others), written]))),
            )
        if not smaller:
            yield f"({random_label(term)})", _formula(fit, list(map(_written, others)))


def _smaller(term: RandomTerm) -> Iterator[tuple[str, str]]:
    """Each effect of a term that can go, and the effects then left, as texts."""
    found = terms(term.effects)
    factors = [frozenset(each) for each in found.factors]
    for label, own in zip(found.labels, factors, strict=True):
        if any(own < each for each in factors):
            continue
        left = [each for each in found.labels if each != label]
        start = [] if found.intercept or not left else ["0"]
        yield label, " + ".join([*start, *left]) or "1"


def _written(term: RandomTerm) -> str:
    return f"({term})" if term.structure == "us" else str(term)


def _formula(fit: Mixed, random: Sequence[str]) -> MixedFormula | None:
    if not random:
        return None
    formula = fit.formula
    left = "" if formula.response is None else deparse(formula.response)
    return parse_formula(f"{left} ~ {' + '.join([deparse(formula.fixed), *random])}")
