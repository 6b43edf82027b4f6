"""What every Python runner does: read, warm up, time, report one line of JSON."""

from __future__ import annotations

import json
import pathlib
import statistics
import sys
import time
from collections.abc import Callable
from typing import Any

import pandas as pd
from problems import read

ENOUGH = 20.0  # CPU seconds of fits after which none is repeated


def megabytes(field: str) -> float:
    """VmRSS (resident now) or VmHWM (peak since `forget_peak`) of this process, in MB."""
    status = pathlib.Path("/proc/self/status").read_text()
    return int(status.split(f"{field}:")[1].split()[0]) / 1024


def forget_peak() -> None:
    """Let VmHWM begin anew at what is resident now."""
    pathlib.Path("/proc/self/clear_refs").write_text("5")


def timed(program: str, record: dict[str, Any], fit: Callable[[], dict[str, Any]]) -> None:
    """Time `fit()`, which returns criterion and evaluations, as often as the problem asks, and report."""
    forget_peak()
    before = megabytes("VmRSS")
    seconds, cpu, answer = [], [], {}
    for _ in range(int(str(record["repeats"]))):
        if sum(cpu) > ENOUGH:
            break
        start, busy = time.perf_counter(), time.process_time()
        answer = fit()
        cpu.append(time.process_time() - busy)
        seconds.append(time.perf_counter() - start)
    report = {"program": program, "problem": record["name"]}
    report |= {"seconds": statistics.median(seconds), "cpu": statistics.fmean(cpu)}  # the clock of CPU time is coarse
    peak = megabytes("VmHWM")
    print(json.dumps(report | answer | {"megabytes": peak - before, "peak": peak}))


def run(program: str, warm_up: Callable[[], Any], fit: Callable[[str, pd.DataFrame], dict[str, Any]]) -> None:
    """Time `fit(formula, frame)`, which returns criterion and evaluations, on the problem named on the command line."""
    record, frame = read(pathlib.Path(sys.argv[1]))
    warm_up()
    timed(program, record, lambda: fit(str(record["formula"]), frame))
