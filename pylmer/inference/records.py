"""Tables of tests: data frames with R's column names that print as R prints them (the texts are made in `printing`)."""

from __future__ import annotations

from typing import Any

import pandas as pd

from ..text import Copied, Printed


class TestTable(Copied, Printed, pd.DataFrame):  # type: ignore[misc]  # the stubs call copy() final
    """A table of tests, printed as R prints an anova: `heading` and `footing` are the lines above and below.

    What is computed from it is an ordinary DataFrame.
    """

    __test__ = False  # not a test case for pytest
    _metadata = ["heading", "footing"]  # noqa: RUF012  # pandas' own protocol
    heading: tuple[str, ...]
    footing: tuple[str, ...]

    @property
    def _constructor(self) -> type[pd.DataFrame]:
        return pd.DataFrame


class AnovaTable(TestTable):
    """R's class "anova"."""


class CoefmatTable(TestTable):
    """A table of estimates with their tests, printed by R's printCoefmat."""


class PlainTable(TestTable):
    """A data frame, printed as R prints data frames."""


def table(
    kind: type[TestTable],
    columns: dict[str, Any],
    rows: list[str],
    heading: tuple[str, ...] = (),
    footing: tuple[str, ...] = (),
) -> Any:
    """A table of `kind` with R's column names; rows are named."""
    made = kind(columns, index=pd.Index(rows, dtype=object))
    made.heading, made.footing = heading, footing
    return made
