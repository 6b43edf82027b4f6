"""The meaning of a model: what its columns, terms and levels are. Nothing here has a value for each row."""

from __future__ import annotations

from dataclasses import dataclass

from ..functions import Levels
from ..language import MixedFormula, Terms
from .spec import Spec


@dataclass(frozen=True, eq=False, repr=False)
class RandomDesign:
    """One random term.

    label      "Days | Subject"
    group      "Subject", "cask:batch"
    columns    names (l,) of the columns of Z
    levels     J labels, made when read
    structure  a name of `structures.STRUCTURES`; hom whether its variances are equal
    """

    label: str
    group: str
    columns: tuple[str, ...]
    levels: Levels
    structure: str
    hom: bool

    def labels(self) -> list[str]:
        """All level labels."""
        return self.levels.labels()

    def __repr__(self) -> str:
        return f"({self.label}): {len(self.levels)} levels, {', '.join(self.columns)}"


@dataclass(frozen=True, eq=False, repr=False)
class Design:
    """All that a fit needs of formula and data but the rows.

    X_names       (p,) columns of X; assign (p,) the term of each, 0 the intercept
    X_full_names  before linearly dependent columns were dropped; `dropped` those
    random        in fitting order
    fixed_terms   R's terms() of the fixed part
    response      the left side, deparsed
    n             rows used; n_total rows of the data; n_missing rows left out for missing values
    na_action     "omit", "exclude", "fail", "pass"
    spec          codes new data the same way
    notes         what must be said
    """

    formula: MixedFormula
    X_names: tuple[str, ...]
    assign: tuple[int, ...]
    X_full_names: tuple[str, ...]
    dropped: tuple[str, ...]
    random: tuple[RandomDesign, ...]
    fixed_terms: Terms
    response: str
    n: int
    n_total: int
    n_missing: int
    na_action: str
    spec: Spec
    notes: tuple[str, ...] = ()

    def __repr__(self) -> str:
        return f"<Design of {self.formula}: {self.n} rows, {len(self.X_names)} columns of X, {list(self.random)}>"
