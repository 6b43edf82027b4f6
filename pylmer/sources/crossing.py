"""Levels of crossed grouping factors, `a:b`, of labels in which those of a and b stand side by side."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

import numpy as np

from ..functions import Levels
from ..functions.arrays import Array
from ..functions.levels import CrossedLevels
from .numbering import BETWEEN, GroupFacts, sorted_labels

Sorted: TypeAlias = "tuple[Array, Levels]"  # something of each label, and levels


def sorted_levels(labels: Array, facts: Sequence[GroupFacts], name: str) -> Sorted:
    """The labels (J,) of a grouping factor in R's order, and what they are in the design."""
    if len(facts) > 1:
        return _crossed(labels, facts, name)
    order, levels = sorted_labels(labels, facts[0], name)
    return labels[order], levels


def _crossed(labels: Array, facts: Sequence[GroupFacts], name: str) -> Sorted:
    """The labels (J,) in the order of `a:b:c`, the levels of a varying slowest, and what they are in the design."""
    columns = np.array([label.split(BETWEEN) for label in labels.tolist()], dtype=object).reshape(-1, len(facts)).T
    names = name.split(":") if name.count(":") == len(facts) - 1 else [name] * len(facts)
    parts = [_part(texts, known, own) for texts, known, own in zip(columns, facts, names, strict=True)]
    place, levels = parts[0]
    for second, own in parts[1:]:
        keys = place * len(own) + second
        pairs, place = np.unique(keys, return_inverse=True)
        levels = CrossedLevels(levels, own, pairs)
    return labels[np.argsort(place, kind="stable")], levels


def _part(texts: Array, facts: GroupFacts, name: str) -> Sorted:
    distinct, codes = np.unique(texts.astype(str), return_inverse=True)
    own = read_labels(distinct, facts)
    order, levels = sorted_labels(own, facts, name)
    rank = np.empty(len(order), dtype=np.int64)
    rank[order] = np.arange(len(order))
    return rank[codes], levels


def read_labels(texts: Array, facts: GroupFacts) -> Array:
    """Labels as they were before they were written."""
    if facts.kind == "numeric":
        whole = all("." not in text and "e" not in text and "n" not in text for text in texts.tolist())
        return np.array([int(text) if whole else float(text) for text in texts.tolist()])
    return texts.astype(np.int64) if facts.kind == "date" else texts
