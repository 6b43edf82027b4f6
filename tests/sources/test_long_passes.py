"""Passes over many rows: what they hold, how they end, and what they say meanwhile. Each in a process of its own."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import pylmer
from pylmer.sources import tables
from pylmer.sources.files import Files

from .conftest import in_parts

pytest.importorskip("pyarrow")
FORMULA = "y ~ x1 + x2 + (1 + x1 | g)"
ONE_THREAD = {**os.environ, "OPENBLAS_NUM_THREADS": "1"}
ROOM = 40  # MB by which peaks of equal work differ

PEAK = """
import json, resource, sys, pylmer
fit = pylmer.lmer(sys.argv[1], data=sys.argv[2])
print(json.dumps([fit.nobs(), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024]))
"""

INTERRUPTED = """
import signal, sys, threading, time, pylmer
signal.signal(signal.SIGINT, signal.default_int_handler)  # the process that runs the tests may ignore it
print("started", flush=True)
try:
    pylmer.lmer(sys.argv[1], data=sys.argv[2])
    print("too fast")
except KeyboardInterrupt:
    print("interrupted", threading.active_count(), flush=True)
"""


def rows(n: int, seed: int = 1) -> pd.DataFrame:
    draw = np.random.default_rng(seed)
    g, x1, x2 = draw.integers(0, 500, n), draw.normal(size=n), draw.normal(size=n)
    b = np.random.default_rng(0).normal(size=(2, 500))
    return pd.DataFrame({"y": x1 + b[0, g] + b[1, g] * x1 + draw.normal(size=n), "x1": x1, "x2": x2, "g": g})


def linked(folder: Path, frame: pd.DataFrame, times: int) -> str:
    """The frame as a Parquet file under so many names."""
    folder.mkdir()
    first = folder / "0000.parquet"
    frame.to_parquet(first, index=False)
    for number in range(1, times):
        os.link(first, folder / f"{number:04}.parquet")
    return str(folder / "*.parquet")


def test_ten_times_the_rows_have_the_same_peak(tmp_path: Path) -> None:
    """Of 2 million rows in memory the columns alone are 64 MB, what a fit makes of them as much again and more."""
    frame, peaks = rows(200_000), {}
    for times in (1, 10):
        pattern = linked(tmp_path / str(times), frame, times)
        ran = subprocess.run(
            [sys.executable, "-c", PEAK, FORMULA, pattern], capture_output=True, text=True, check=True, env=ONE_THREAD
        )
        n, peaks[times] = json.loads(ran.stdout)
        assert n == times * len(frame)
    assert peaks[10] < peaks[1] + ROOM


def test_an_interrupt_ends_a_pass_and_leaves_no_thread(tmp_path: Path) -> None:
    """Within a second where the machine is free; five are allowed for one that is not."""
    pattern = linked(tmp_path / "many", rows(400_000), 300)
    command = [sys.executable, "-c", INTERRUPTED, FORMULA, pattern]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=ONE_THREAD) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "started\n"
        time.sleep(2)
        sent = time.perf_counter()
        process.send_signal(signal.SIGINT)
        said = process.stdout.readline()
        took = time.perf_counter() - sent
        ended = process.wait(20)
    assert said == "interrupted 1\n"
    assert ended in (0, -signal.SIGINT)  # pyarrow may hand a signal on that it has seen, when the process has ended
    assert took < 5


def test_a_table_serves_after_an_interrupt() -> None:
    """The next pass over the same table begins anew."""
    data, asked, threads = rows(3000), [], threading.active_count()

    def frames() -> Any:
        asked.append(len(asked))
        for start in range(0, 3000, 500):
            if len(asked) == 3 and start == 1500:
                raise KeyboardInterrupt
            yield data[start : start + 500]

    with pytest.raises(KeyboardInterrupt):
        pylmer.lmer("y ~ x1 + (1 | g)", frames)
    assert threading.active_count() <= threads
    assert pylmer.lmer("y ~ x1 + (1 | g)", frames).nobs() == 3000


class Seen:
    """A terminal that remembers what was written to it."""

    def __init__(self) -> None:
        self.text = ""

    def write(self, text: str) -> int:
        self.text += text
        return len(text)

    def flush(self) -> None:
        """Nothing is kept back."""

    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize("known", [True, False], ids=["total", "no total"])
def test_a_bar_says_how_many_rows_have_passed(known: bool, parquet: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("tqdm")
    terminal, data = Seen(), rows(3000)
    monkeypatch.setattr(sys, "stderr", terminal)
    monkeypatch.setattr(tables, "SOON", 0.0)
    threads = threading.active_count()
    table = parquet(data, rows=1000) if known else in_parts(data, 1000)
    pylmer.lmer("y ~ x1 + (1 | g)", table)
    assert "sums of " in terminal.text
    assert ("/3.00k" in terminal.text) == known
    assert threading.active_count() == threads


def test_rows_of_parquet_files_are_known_before_they_are_read(parquet: Any, tmp_path: Path) -> None:
    assert Files.named(parquet(rows(2500), rows=1000)).count == 2500
    rows(10).to_csv(tmp_path / "a.csv", index=False)
    assert Files.named(tmp_path / "a.csv").count is None


def test_verbose_says_where_the_rows_came_from(parquet: Any, capsys: pytest.CaptureFixture[str]) -> None:
    pattern = parquet(rows(2500), rows=1000)
    pylmer.lmer("y ~ x1 + (1 | g)", pattern, verbose=1)
    assert capsys.readouterr().out.startswith(f"{pattern} read in parts\n")
    plan = pylmer.plan("y ~ x1 + (1 | g)", pattern)
    pylmer.lmer(plan, data=plan.sums(pattern))
    pylmer.lmer("y ~ x1 + (1 | g)", rows(2500), verbose=1)
    assert "read in parts" not in capsys.readouterr().out
