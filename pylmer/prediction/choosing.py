"""Which random effects a prediction takes: `re_form`."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any, Literal, TypeAlias

import numpy as np
import numpy.typing as npt

from ..design import RandomDesign
from ..errors import ArgumentError
from ..fit.fitted_model import FittedModel
from ..fit.generalized import GeneralizedFittedModel
from ..language import deparse, expand_random, parse_formula, random_label, terms
from ..language.syntax import MixedFormula, RandomTerm
from ..numerics.linalg import Array

ReForm: TypeAlias = str | MixedFormula | float | None
Mixed: TypeAlias = FittedModel | GeneralizedFittedModel
Chosen: TypeAlias = dict[int, npt.NDArray[np.bool_]]  # number of a random term -> mask (l,) of its columns


def selected_terms(fit: Mixed, re_form: ReForm) -> tuple[int, ...]:
    """The numbers of the random terms that `re_form` asks for; ArgumentError for a part of a term."""
    chosen = chosen_effects(fit, re_form)
    for number, mask in chosen.items():
        if not mask.all():
            whole = fit.design.random[number]
            part = " + ".join(np.array(whole.columns)[mask]).replace("(Intercept)", "1")
            raise ArgumentError(
                f"re_form has ({part} | {whole.group}), a part of ({whole.label}): here a term is taken as a whole, "
                "or not at all"
            )
    return tuple(chosen)


def chosen_effects(fit: Mixed, re_form: ReForm) -> Chosen:
    """The random effects that `re_form` asks for; ArgumentError if the model lacks one.

    A term may be asked for in part: "~ (1 | g)" of a model with (1 + x | g).
    """
    designs = fit.design.random
    if re_form is None:
        return {number: np.ones(len(term.columns), bool) for number, term in enumerate(designs)}
    if _is_none(re_form):
        return {}
    if not isinstance(re_form, str | MixedFormula):
        raise ArgumentError(f"re_form must be None, 'NA' or a formula such as '~ (1 | g)', found {re_form!r}")
    chosen: Chosen = {}
    for term in expand_random(parse_formula(re_form), doublevert=_double_bars(fit)):
        number, mask = _found(term, designs)
        chosen[number] = mask | chosen.get(number, False)
    return chosen


def _double_bars(fit: Mixed) -> Literal["split", "diag"]:
    return "diag" if fit.control.doublevert == "diag" else "split"


def _found(term: RandomTerm, designs: tuple[RandomDesign, ...]) -> tuple[int, npt.NDArray[np.bool_]]:
    label = random_label(term)
    for number, known in enumerate(designs):
        if known.label == label:
            return number, np.ones(len(known.columns), bool)
    wanted = terms(term.effects)
    columns = [*(["(Intercept)"] if wanted.intercept else []), *wanted.labels]
    for number, known in enumerate(designs):
        if known.group == deparse(term.group) and set(columns) <= set(known.columns):
            return number, np.isin(known.columns, columns)
    raise ArgumentError(
        f"re_form has ({label}), which the model has not; it has {_listed(each.label for each in designs)}"
    )


def _is_none(re_form: Any) -> bool:
    """Whether no random effects are asked for: R's `NA` or `~ 0`."""
    if isinstance(re_form, float):
        return math.isnan(re_form)
    return isinstance(re_form, str) and re_form.strip() in ("NA", "~0", "~ 0")


def _listed(labels: Iterable[str]) -> str:
    return ", ".join(f"({label})" for label in labels)


def columns_taken(Z: Array | None, mask: Array) -> Array | None:
    """Z (n, l) with the columns that are not taken set to zero."""
    return Z if mask.all() or Z is None else np.where(mask, Z, 0.0)
