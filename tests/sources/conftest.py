"""Tables in parts: frames cut to pieces, and files of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest


def in_parts(frame: pd.DataFrame, size: int) -> Callable[[], Iterator[pd.DataFrame]]:
    """A function that gives the frame some rows at a time."""
    return lambda: (frame.iloc[start : start + size] for start in range(0, len(frame), size))


@pytest.fixture
def parquet(tmp_path: Path) -> Callable[..., str]:
    """Writes a frame as Parquet files of so many rows each, in row groups; their glob."""

    def write(frame: pd.DataFrame, rows: int = 1000, group: int = 300, **options: Any) -> str:
        for number, start in enumerate(range(0, len(frame), rows)):
            part = frame.iloc[start : start + rows]
            part.to_parquet(tmp_path / f"part{number:03}.parquet", row_group_size=group, index=False, **options)
        return str(tmp_path / "*.parquet")

    return write
