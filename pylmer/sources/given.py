"""What the user gave as data: rows in memory, which stay what they are, or a table of rows that come in parts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from .tables import RowTable


def opened(data: Any) -> Any:
    """The `RowTable` that `data` stands for, or `data` itself if its rows are in memory (or it is no data at all)."""
    if data is None or isinstance(data, RowTable | pd.DataFrame | np.ndarray | Mapping):
        return data
    from .opened import opened_table  # late: most data are frames

    return opened_table(data)
