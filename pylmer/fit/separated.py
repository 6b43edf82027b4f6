"""Separation of the responses by the predictors: looked for where it is cheap or likely, said with its direction.

A combination of columns of X that separates successes from failures (or counts of zero from others) makes an estimate
infinite: the fit goes on, and ends where the criterion is flat (see `engine.generalized.separation`).
"""

from __future__ import annotations

import numpy as np

from ..design import ModelData
from ..engine.generalized.separation import Separation, find_separation
from ..errors import DataError
from ..families import Family
from ..numerics.linalg import Array, dense
from .request import Request

CHEAP = 50_000  # entries of X up to which the linear program is asked before the fit
FAR = 15.0  # |X beta| from which it is asked after it


def separation_before(request: Request, data: ModelData, family: Family) -> list[str]:
    """The note on separation where it costs next to nothing; DataError where the control wants a stop."""
    rows = data.rows
    return _said(request, data, family) if rows.n * rows.X.shape[1] <= CHEAP else []


def separation_after(request: Request, data: ModelData, family: Family, fixed: Array) -> list[str]:
    """The same of more rows, where X beta (n,) has run away."""
    rows = data.rows
    if rows.n * rows.X.shape[1] <= CHEAP or np.max(np.abs(fixed), initial=0.0) < FAR:
        return []
    return _said(request, data, family)


def _said(request: Request, data: ModelData, family: Family) -> list[str]:
    action = getattr(request.control, "check_separation", "ignore")
    if action == "ignore":
        return []
    found = _found(data, family)
    if found is None:
        return []
    text = (
        f"the predictors separate the responses of {int(found.moved.sum())} rows: the likelihood rises for ever along "
        f"{found.described(data.design.X_names)}, so that estimates and standard errors there have no meaning; leave "
        "the predictor out, or join levels"
    )
    if action == "stop":
        raise DataError(text)
    return [text]


def _found(data: ModelData, family: Family) -> Separation | None:
    """Of binomial models (but for the log link, which ends at 1) and of counts with a log link."""
    rows, word, link = data.rows, family.word, family.link.name
    binomial = word == "binomial" and link != "log"
    counts = word in ("poisson", "negative.binomial") and link == "log"
    if not (binomial or counts) or not rows.X.shape[1]:
        return None
    weights = 1.0 if rows.prior_weights is None else rows.prior_weights
    return find_separation(dense(rows.X), rows.y, weights, counts=counts)
