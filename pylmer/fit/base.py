"""What every fitted model has, whatever it was fitted by: what was asked, what its columns mean, where its rows are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..design import Design, DesignRows, ModelData
    from ..errors import FitNote
    from ..language.nodes import Call
    from ..language.syntax import MixedFormula
    from .request import Request


@dataclass(frozen=True, eq=False, repr=False)
class Fit:
    """Base of the records of fits: mixed models, linear models, linear models by group.

    A kind of fit says where its `data` are, has `notes`, and adds its estimates.
    """

    request: Request

    if TYPE_CHECKING:  # a field of one kind, a property of another

        @property
        def data(self) -> ModelData:
            """Formula and data, read: the design, and the source of the rows."""

        @property
        def notes(self) -> tuple[FitNote, ...]:
            """What was said about data and fit."""

    @property
    def design(self) -> Design:
        """What the columns, terms and levels mean; it has no rows."""
        return self.data.design

    @property
    def rows(self) -> DesignRows:
        """The rows: matrices, codes, variables; DataError where the fit's source cannot give them."""
        return self.data.rows

    @property
    def formula(self) -> MixedFormula:
        """The formula that was fitted."""
        return self.request.formula

    @property
    def call(self) -> Call:
        """The call, arguments under R's names."""
        return self.request.call

    @property
    def data_name(self) -> str | None:
        """The data's name, if it has one."""
        return self.request.data_name
