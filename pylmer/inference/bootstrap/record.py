"""The record of a bootstrap."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from ...extract import NamedVector
from ...text import Shown
from ..intervals import confint


@dataclass(frozen=True, eq=False, repr=False)
class BootMer(Shown):
    """Replicates of a statistic, R's class "bootMer"; prints as R prints it.

    t0          the statistic of the fit: Series (k,)
    t           DataFrame (R, k), a row per replicate, NaN where one failed
    seed        as given
    sim         "parametric", "semiparametric", "case" or "residual"
    call        the call, for printing
    n_singular  replicates whose fit is singular
    failures    replicate -> what went wrong
    """

    t0: NamedVector
    t: pd.DataFrame
    seed: Any
    sim: str
    call: str
    n_singular: int
    failures: Mapping[int, str]

    @property
    def R(self) -> int:
        """Number of replicates, failed ones counted."""
        return len(self.t)

    @property
    def n_failed(self) -> int:
        """Replicates that failed."""
        return len(self.failures)

    @property
    def bias(self) -> pd.Series[float]:
        """Mean of the replicates minus t0."""
        return self.t.mean() - self.t0

    @property
    def std_error(self) -> pd.Series[float]:
        """Standard deviation of the replicates."""
        return self.t.std()

    def as_frame(self) -> pd.DataFrame:
        """The replicates: DataFrame (R, k)."""
        return self.t.copy()

    confint = confint
