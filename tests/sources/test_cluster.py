"""Sums made by other processes: a Dask cluster that loses a worker, Spark; and how many bytes travel."""

from __future__ import annotations

import os
import pickle
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import pylmer

FORMULA = "y ~ x1 + x2 + (1 + x1 | g)"


def rows(n: int, groups: int) -> pd.DataFrame:
    draw = np.random.default_rng(2)
    g, x1, x2 = draw.integers(0, groups, n), draw.normal(size=n), draw.normal(size=n)
    b = draw.normal(size=(2, groups))
    return pd.DataFrame({"y": x1 + b[0, g] + b[1, g] * x1 + draw.normal(size=n), "x1": x1, "x2": x2, "g": g})


def test_sums_travel_and_rows_do_not() -> None:
    """Of a level its label, its rows, and the products of its 2 columns with each other and with the 4 of [X y]."""
    groups, numbers = 2_000, 1 + 1 + 2 * 2 + 2 * 4
    data = rows(20_000, groups)
    plan = pylmer.plan(FORMULA, data[:500])
    few, many = (len(pickle.dumps(plan.sums(each))) for each in (data, pd.concat([data] * 20)))
    assert few == pytest.approx(8 * groups * numbers, rel=0.05)
    assert many == pytest.approx(few, rel=1e-3)
    assert len(pickle.dumps(plan)) < 200_000


def test_a_fit_pickles_with_the_name_of_its_files(tmp_path: Path) -> None:
    data, sizes = rows(20_000, 100), []
    for times in (1, 10):
        folder = tmp_path / f"{times:02}"
        folder.mkdir()
        for number in range(times):
            data.to_parquet(folder / f"{number}.parquet", index=False)
        fit = pylmer.lmer(FORMULA, folder)
        sizes.append(len(pickle.dumps(fit)))
        again = pickle.loads(pickle.dumps(fit))
        assert (again.nobs(), again.request.data.description) == (times * 20_000, str(folder))
        assert len(pylmer.fitted(again)) == times * 20_000
    assert sizes[1] < sizes[0] + 2_000
    assert sizes[0] < data.memory_usage().sum() / 4


KILLED = """
import os, pickle, signal, sys, time, warnings
warnings.simplefilter("ignore")
import numpy as np, pandas as pd, dask, distributed, pylmer

def slowly(plan, part):
    time.sleep(0.5)
    return plan.sums(part)

def arrays(total):
    for each in total.sums.factors:
        yield from (each.ZtZ, each.ZtXy)
    yield from (total.sums.XytXy, *total.sums.labels.levels, *total.counts)

if __name__ == "__main__":
    data, plan = pickle.load(open(sys.argv[1], "rb"))
    started = dict(n_workers=2, threads_per_worker=1, dashboard_address=None)
    with distributed.LocalCluster(**started) as cluster, distributed.Client(cluster) as client:
        tree = [dask.delayed(slowly)(plan, data[start : start + 2500]) for start in range(0, len(data), 2500)]
        while len(tree) > 1:
            tree = [dask.delayed(sum)(tree[i : i + 2]) for i in range(0, len(tree), 2)]
        calm, future = tree[0].compute(), client.compute(tree[0])
        time.sleep(1)
        before = client.run(os.getpid).values()
        os.kill(list(before)[0], signal.SIGKILL)
        other = future.result()
    print(calm.n, all(map(np.array_equal, arrays(calm), arrays(other))))
"""


@pytest.mark.slow
def test_a_killed_worker_changes_no_bit(tmp_path: Path) -> None:
    pytest.importorskip("distributed")
    data = rows(20_000, 100)
    (tmp_path / "job.pickle").write_bytes(pickle.dumps((data, pylmer.plan(FORMULA, data[:500]))))
    (tmp_path / "job.py").write_text(KILLED)
    command = [sys.executable, str(tmp_path / "job.py"), str(tmp_path / "job.pickle")]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    assert ran.stdout.strip().endswith("20000 True"), ran.stderr[-2000:]


SPARK = """
import pickle, sys, pandas as pd, pylmer
from pyspark.sql import SparkSession
made = SparkSession.builder.master("local[2]").config("spark.ui.enabled", "false")
spark = made.getOrCreate()
frame = spark.read.parquet(sys.argv[1])
plan = pylmer.plan(sys.argv[2], frame.limit(500).toPandas())

def sums(batches):
    yield pd.DataFrame({"sums": [pickle.dumps(plan.sums(batches))]})

total = sum(pickle.loads(row.sums) for row in frame.mapInPandas(sums, "sums binary").toLocalIterator())
print(repr(pylmer.lmer(plan, data=total).optimum.value))
spark.stop()
"""


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("java") is None or find_spec("pyspark") is None, reason="needs Java and pyspark")
def test_spark(tmp_path: Path) -> None:
    data = rows(5_000, 100)
    for number in range(2):
        data[number * 2500 : number * 2500 + 2500].to_parquet(tmp_path / f"{number}.parquet", index=False)
    environment = {**os.environ, "PYSPARK_PYTHON": sys.executable}
    command = [sys.executable, "-c", SPARK, str(tmp_path), FORMULA]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False, env=environment)
    assert ran.returncode == 0, ran.stderr[-2000:]
    value = pylmer.lmer(FORMULA, data).optimum.value
    assert abs(float(ran.stdout.split()[-1]) - value) <= 1e-8 * abs(value)
