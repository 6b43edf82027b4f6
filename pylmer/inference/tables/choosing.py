"""Which coefficients are shown, in which order and under which names."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import pandas as pd

from ...errors import ArgumentError
from ...fit.words import several
from ...text.arguments import are_texts, is_text, written


def chosen(rows: pd.DataFrame, coef_map: Any, coef_omit: Any) -> pd.DataFrame:
    """The rows of the coefficients wanted; those of random parameters stay."""
    fixed = rows["effect"] == "fixed"
    names = list(dict.fromkeys(rows.loc[fixed, "term"]))
    kept = without(names, coef_omit)
    labels = mapped(names, coef_map)
    shown = list(labels) if coef_map is not None else names
    order = {name: place for place, name in enumerate(name for name in shown if name in kept)}
    own = rows[fixed & rows["term"].isin(list(order))]
    own = own.assign(label=[labels.get(term, term) for term in own["term"]])
    _labelled_once(own)
    own = own.iloc[own["term"].map(order).argsort(kind="stable")]
    return pd.concat([own, rows[~fixed]], ignore_index=True)


def _labelled_once(own: pd.DataFrame) -> None:
    """Coefficients of several models may share a line, two of one model would hide each other."""
    twice = own[own.duplicated(["model", "label"], keep=False)]
    if len(twice):
        label = twice["label"].iloc[0]
        model = twice["model"].iloc[0]
        terms = twice.loc[(twice["label"] == label) & (twice["model"] == model), "term"]
        raise ArgumentError(
            f"coef_map: {' and '.join(map(repr, terms))} of {model} have one label, {label!r}: give each its own"
        )


def without(names: list[str], coef_omit: Any) -> set[str]:
    """The names that a regular expression, or a list of names, leaves."""
    if coef_omit is None:
        return set(names)
    if is_text(coef_omit):
        pattern = compiled(coef_omit)
        return {name for name in names if not pattern.search(name)}
    if not are_texts(coef_omit):
        raise ArgumentError(f"coef_omit={written(coef_omit)}: wanted a regular expression, or names in a list")
    return set(names) - set(known(several(coef_omit), names, "coef_omit"))


def compiled(pattern: str) -> re.Pattern[str]:
    """A regular expression; ArgumentError for what is none."""
    try:
        return re.compile(pattern)
    except re.error as error:
        raise ArgumentError(
            f"coef_omit={pattern!r} is no regular expression: {error}; names themselves stand in a list"
        ) from None


def mapped(names: list[str], coef_map: Any) -> dict[str, str]:
    """Name -> label of those wanted, in their order."""
    if coef_map is None:
        return {}
    given = dict(coef_map) if isinstance(coef_map, Mapping) else coef_map
    if isinstance(given, dict):
        if not all(map(is_text, [*given, *given.values()])):
            raise ArgumentError(f"coef_map={written(coef_map)}: wanted texts, {{coefficient: label}}")
        known(list(given), names, "coef_map")
        return given
    if not are_texts(given):
        raise ArgumentError(f"coef_map={written(coef_map)}: wanted {{coefficient: label}}, or names in a list")
    return {name: name for name in known(several(given), names, "coef_map")}


def known(wanted: list[str], names: list[str], argument: str) -> list[str]:
    """ArgumentError for a name that no model has."""
    for name in wanted:
        if name not in names:
            listed = ", ".join(map(repr, names)) or "none"
            raise ArgumentError(f"{argument}: no model has a coefficient {name!r}; there are {listed}")
    return wanted
