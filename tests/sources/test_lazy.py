"""Queries of other engines: Ctrl-C, progress, tables that vanish, engines that give no batches."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time

import pytest

SLOW = """
import signal, sys, threading, duckdb, pylmer
signal.signal(signal.SIGINT, signal.default_int_handler)  # the process that runs the tests may ignore it
connection = duckdb.connect()
connection.execute("set enable_progress_bar_print = false")  # duckdb's own bar goes to stdout
connection.execute("create table small as select range as i, random() as x from range(20000)")
# four hundred million rows, which no machine groups within seconds
connection.execute(
    "create view large as select a.x + b.x as y, a.x as x, (a.i * b.i) % 1000 as g from small a, small b"
)
data = connection.table("large") if sys.argv[1] == "relation" else (connection, "large")
print("ready", flush=True)
try:
    pylmer.lmer("y ~ sin(x) + cos(x) + (1 + x | g)", data)
except KeyboardInterrupt:
    names = [thread.name for thread in threading.enumerate()]
    print("interrupted", connection.execute("select count(*) from small").fetchone()[0], names, flush=True)
"""


@pytest.mark.parametrize("given", ["pair", "relation"])
def test_an_interrupt_ends_the_query_and_leaves_the_connection(given: str) -> None:
    pytest.importorskip("duckdb")
    command = [sys.executable, "-c", SLOW, given]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as ran:
        late = threading.Timer(200, ran.kill)
        late.start()
        assert ran.stdout is not None
        assert ran.stdout.readline() == "ready\n"
        time.sleep(5)
        assert ran.poll() is None
        start = time.monotonic()
        os.kill(ran.pid, signal.SIGINT)
        line = ran.stdout.readline()
        took = time.monotonic() - start
        late.cancel()
    assert line == "interrupted 20000 ['MainThread']\n"
    assert took < 5  # within a second on a machine that is free
