"""Predictions for the rows of the fit and for new data."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd

from .errors import ArgumentError
from .extract import fitted, word
from .extract.rows import on_rows
from .fitting import FittedModel, random_effect
from .language import parse_formula, random_label
from .language.syntax import MixedFormula
from .linalg import Array


@word
def predict(
    fit: FittedModel,
    newdata: Any = None,
    *,
    re_form: str | MixedFormula | float | None = None,
    allow_new_levels: bool = False,
    random_only: bool = False,
) -> pd.Series:
    """Predicted means, R's `predict.merMod`.

    newdata           a data frame with the columns of the formula (without the response); None: the rows of the fit
    re_form           None: all random effects; "NA", NaN or "~0": none; a formula such as "~ (1 | g)": these
    allow_new_levels  new or missing levels of a grouping factor get a random effect of zero, instead of an error
    random_only       the random part alone

    A Series on the index of `newdata`. Raises DataError for unknown levels and missing columns, ArgumentError for a
    `re_form` that the model does not have.

    >>> import pandas as pd, pylmer
    >>> M1 = pylmer.lmer("log_radon ~ floor + (1 | county)", pylmer.datasets.load("radon"))
    >>> predict(M1, pd.DataFrame({"floor": [1], "county": ["HENNEPIN"]})).round(4).tolist()
    [0.6697]
    """
    wanted = selected_terms(fit, re_form)
    if newdata is None:
        return _training(fit, wanted, random_only)
    spec = fit.design.spec
    frame = spec.frame(newdata)
    eta = np.zeros(frame.n) if random_only else spec.fixed(frame) @ fit.beta + spec.offset(frame)
    for number, (Z, codes) in spec.random(frame, wanted, allow_new_levels=allow_new_levels).items():
        eta = eta + _effect(Z, codes, fit.solution.b_terms[number])
    return pd.Series(eta, index=frame.index)


def selected_terms(fit: FittedModel, re_form: str | MixedFormula | float | None) -> tuple[int, ...]:
    """The random terms that `re_form` asks for; ArgumentError if the model lacks one."""
    terms = fit.design.random
    if re_form is None:
        return tuple(range(len(terms)))
    if _is_none(re_form):
        return ()
    if not isinstance(re_form, str | MixedFormula):
        raise ArgumentError(f"re_form must be None, 'NA' or a formula such as '~ (1 | g)', found {re_form!r}")
    known = {term.label: number for number, term in enumerate(terms)}
    wanted = [random_label(term) for term in parse_formula(re_form).random]
    for label in wanted:
        if label not in known:
            raise ArgumentError(f"re_form has ({label}), which the model has not; it has {_listed(known)}")
    return tuple(known[label] for label in wanted)


def _is_none(re_form: Any) -> bool:
    """Whether no random effects are asked for: R's `NA` or `~ 0`."""
    if isinstance(re_form, float):
        return math.isnan(re_form)
    return isinstance(re_form, str) and re_form.strip() in ("NA", "~0", "~ 0")


def _listed(labels: Any) -> str:
    return ", ".join(f"({label})" for label in labels)


def _training(fit: FittedModel, wanted: tuple[int, ...], random_only: bool) -> pd.Series:
    design = fit.design
    if not random_only and len(wanted) == len(design.random):
        return fitted(fit)
    eta = np.zeros(len(design.y)) if random_only else design.X @ fit.beta
    if not random_only and design.offset is not None:
        eta = eta + design.offset
    for number in wanted:
        term = design.random[number]
        eta = eta + random_effect(term.Z, fit.solution.b_terms[number][term.codes])
    return on_rows(fit, eta)


def _effect(Z: Array | None, codes: Array, b: Array) -> Array:
    """Z b by row; a code of -1 has no effect."""
    return random_effect(Z, np.where((codes < 0)[:, None], 0.0, b[codes]))
