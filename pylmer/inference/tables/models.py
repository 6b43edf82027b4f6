"""The models of a table: what is given as one, several, or by name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ...errors import ArgumentError
from ...fit.base import Fit
from ...fit.words import several
from ...language import deparse
from ...text.arguments import are_texts, is_flag, is_text, written
from ..performance.given import check_fits

EXPONENTIAL = ("logit", "log", "cloglog", "identity")  # links whose effects may be logs of ratios


def given_models(models: Any, names: Any) -> dict[str, Fit]:
    """Name -> fit; ArgumentError for what is none, and for names that do not fit."""
    if isinstance(models, Mapping) and not all(map(is_text, models)):
        raise ArgumentError(f"modelsummary(): names of models are texts, found {written(list(models))}")
    by_name = isinstance(models, Mapping)
    fits = list(models.values()) if by_name else [models] if isinstance(models, Fit) else several(models)
    known = list(models) if by_name else [f"Model {k + 1}" for k in range(len(fits))]
    return check_fits("modelsummary", dict(zip(given_names(names, known), fits, strict=True)))


def given_names(names: Any, known: Sequence[str]) -> list[str]:
    """The names of the columns."""
    if names is None:
        return list(known)
    listed = several(names) if are_texts(names) else []
    if len(listed) != len(known) or len(set(listed)) < len(listed):
        raise ArgumentError(f"names={written(names)}: wanted {len(known)} texts that differ, one for each model")
    return listed


def response_of(fit: Fit) -> str:
    """The left side of the formula."""
    node = fit.design.formula.response
    return "" if node is None else deparse(node)


def given_exponentiate(given: Any, links: Mapping[str, str]) -> dict[str, bool]:
    """Whether the effects of each model are shown as exp of them; `links` by the names of the models."""
    flags = [given] * len(links) if is_flag(given) else several(given)
    if len(flags) != len(links) or not all(map(is_flag, flags)):
        wanted = f"True, False, or a list of {len(links)} of them, one for each model"
        raise ArgumentError(f"exponentiate={written(given)}: wanted {wanted}")
    for (name, link), flag in zip(links.items(), flags, strict=True):
        if flag and link not in EXPONENTIAL:
            raise ArgumentError(
                f"exponentiate: effects of {name} are on the {link} scale and no logs of ratios; give a list, with "
                "False for this model"
            )
    return dict(zip(links, map(bool, flags), strict=True))
