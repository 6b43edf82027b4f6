"""Where the rows of a model come from: a fit keeps the meaning of its columns, and a source that gives the rows."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, ClassVar, Protocol

import pandas as pd

from ..errors import DataError, word_asked
from ..functions import Factor
from ..functions.arrays import Array
from ..language import MixedFormula
from .known import Known, group_key
from .record import Design
from .responses import Response
from .rows import DesignRows, RandomRows
from .spec import Spec

if TYPE_CHECKING:
    from ..engine.sums.gram import Gram
    from .summed import SummedColumns


SUMS_ALONE = (
    "it is of sums, whose rows are where they were summed: predict(fit, newdata) does without, and what needs "
    "residuals or fitted values is to be asked there"
)

SAVED_ALONE = (
    "it was saved without them: predict(fit, newdata) does without, and save(fit, path, rows=True), where the data "
    "are, keeps them"
)


class Designed(Protocol):
    """Whatever has meaning and rows: any fit, and data that were read."""

    @property
    def design(self) -> Design:
        """What the columns mean."""

    @property
    def rows(self) -> DesignRows:
        """The rows; DataError where they cannot be had."""


class Sourced(Designed, Protocol):
    """Any fit: it knows where its rows come from."""

    @property
    def data(self) -> ModelData:
        """Formula and data, read."""


class Source(Protocol):
    """Gives the rows of a model.

    at_hand  whether they cost nothing, so that a page may show what is made of them beside what it is about
    """

    @property
    def at_hand(self) -> bool: ...

    def rows(self) -> DesignRows:
        """The rows; DataError, which names the word that was called, where they cannot be had."""


@dataclass(frozen=True, eq=False)
class InMemory:
    """Rows that are held."""

    held: DesignRows
    at_hand: bool = True

    def rows(self) -> DesignRows:
        """The rows."""
        return self.held


@dataclass(frozen=True, eq=False)
class NoRows:
    """No rows; `reason` says why, and what can be done: "the fit is of sums alone: fit the rows to have them".

    columns  what is known of the fixed effects nevertheless
    squares  of the response, summed, by which models of one response know each other; None: not known
    none     the response of no row: what sort it is of; None: not known
    """

    reason: str
    columns: SummedColumns | None = None
    squares: float | None = None
    none: Response | None = None
    at_hand: ClassVar[bool] = False

    def rows(self) -> DesignRows:
        """Always raises DataError."""
        raise DataError(f"{word_asked()} needs the rows of the data, which this fit has not: {self.reason}")


@dataclass(frozen=True, eq=False)
class SummedRows:
    """A source whose rows have been summed already.

    gram            the sums, arranged
    largest_weight  of the prior weights, 0 without
    columns         what they say of the fixed effects; None: too little for words to do without rows
    """

    gram: Gram
    largest_weight: float
    columns: SummedColumns | None
    at_hand: ClassVar[bool] = False
    reason: ClassVar[str] = SUMS_ALONE

    @property
    def how(self) -> str:
        """How the sums were had, for `verbose=1`; "" where there is nothing to say."""
        return ""

    def rows(self) -> DesignRows:
        """The rows: there are none."""
        return NoRows(self.reason).rows()


@dataclass(frozen=True, eq=False)
class SavedSums(SummedRows):
    """The sums of a fit that was saved without its rows."""

    reason: ClassVar[str] = SAVED_ALONE


def summed_columns(fit: Sourced) -> SummedColumns | None:
    """What sums say of the fixed effects of a fit; None where the rows are to be asked."""
    source = fit.data.source
    return source.columns if isinstance(source, SummedRows | NoRows) else None


def sort_of_response(fit: Sourced) -> Response:
    """The response on the rows of a fit, or on none of them: either says of what sort it is."""
    source = fit.data.source
    return source.none if isinstance(source, NoRows) and source.none is not None else fit.rows.response


@dataclass(frozen=True, eq=False, repr=False)
class ModelData:
    """Formula and data, read: `design` says what the columns mean, `source` gives the rows.

    The shorter names are those of lFormula()'s record: formula, X (n, p), X_names, y, offset, weights, n, `random` with
    columns, levels, codes, Z and Zt of each term, spec, notes.
    """

    design: Design
    source: Source

    @property
    def rows(self) -> DesignRows:
        """The rows that are used; DataError where they cannot be had."""
        return self.source.rows()

    def with_response(self, y: Array | Response) -> ModelData:
        """The same with another response (n,) on the rows used."""
        return replace(self, source=InMemory(self.rows.with_response(y)))

    def on(self, rows: DesignRows, **changes: Any) -> ModelData:
        """The same meaning on other rows, which have levels and counts of their own; `changes` are the design's."""
        used = rows.used
        design = replace(
            self.design,
            random=tuple(term.design for term in rows.random),
            spec=self.spec.with_levels([term.levels for term in rows.random]),
            n=used.n,
            n_total=used.n_total,
            n_missing=used.n_chosen - used.n,
            **changes,
        )
        return ModelData(design, InMemory(rows))

    @property
    def known(self) -> Known:
        """All variables as they are here, for another model of these rows where no row of the data was left out."""
        rows, spec = self.rows, self.design.spec
        variables = {name: rows.variables[name] for name in spec.variables}
        terms = zip(spec.random_terms, rows.random, strict=True)
        factors = {group_key(spec.factors): Factor(term.codes, term.levels) for spec, term in terms}
        return Known(rows.response.numbers, variables, factors, spec.state)

    @property
    def formula(self) -> MixedFormula:
        """The formula as it was given."""
        return self.design.formula

    @property
    def X(self) -> Any:
        """The model matrix of the fixed effects (n, p)."""
        return self.rows.X

    @property
    def X_names(self) -> tuple[str, ...]:
        """Its columns."""
        return self.design.X_names

    @property
    def y(self) -> Array:
        """The response (n,)."""
        return self.rows.y

    @property
    def offset(self) -> Array | None:
        """The offset (n,)."""
        return self.rows.offset

    @property
    def weights(self) -> Array | None:
        """Prior weights (n,)."""
        return self.rows.weights

    @property
    def n(self) -> int:
        """Rows used."""
        return self.design.n

    @property
    def random(self) -> tuple[RandomRows, ...]:
        """The random terms in fitting order."""
        return self.rows.random

    @property
    def spec(self) -> Spec:
        """Codes new data the same way."""
        return self.design.spec

    @property
    def notes(self) -> tuple[str, ...]:
        """What must be said about formula and data."""
        return self.design.notes

    def model_frame(self) -> pd.DataFrame:
        """The variables of the model on the rows used: DataFrame (n, variables)."""
        return self.rows.model_frame()

    def __repr__(self) -> str:
        return repr(self.design)
