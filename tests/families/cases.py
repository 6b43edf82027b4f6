"""Every family with each of its links, at the awkward values of tests/data/families/families.json (R's answers)."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from pylmer.families import Family
from pylmer.families.named import LINKS
from pylmer.families.reading import read_family

FOLDER = Path(__file__).parents[1] / "data" / "families"
R = json.loads((FOLDER / "families.json").read_text(encoding="utf-8"))
THETA = 1.7


def family(word: str, link: str) -> Family:
    """A family by R's names."""
    shape = f"{THETA}, " if word == "negative.binomial" else ""
    return read_family(f"{word}({shape}'{link}')")


@dataclass(frozen=True, eq=False)
class Case:
    """A family, rows of it, and what R says."""

    family: Family
    y: np.ndarray
    w: np.ndarray
    eta: np.ndarray
    r: dict[str, Any]

    def __str__(self) -> str:
        return f"{self.family.word}-{self.family.link}"


def read(found: dict[str, Any]) -> Case:
    y, w, eta = (np.array(found[name], float) for name in ("y", "w", "eta"))
    return Case(family(found["family"], found["link"]), y, w, eta, found)


CASES = [read(found) for found in R["cases"]]
ALL = [(word, link) for word, links in LINKS.items() for link in links]
