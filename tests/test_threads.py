"""One BLAS thread or two: the same answers."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import numpy as np

CODE = """
import json, warnings
import pylmer
from tests.reference.cases import frame
warnings.simplefilter("ignore")
MODELS = [
    ("InstEval", "y ~ service + (1 | s) + (1 | d) + (1 | dept)"),
    ("ScotsSec", "attain ~ sex + (1 | primary) + (1 | second)"),
    ("sleepstudy", "Reaction ~ Days + (Days | Subject)"),
    ("Machines", "score ~ Machine + (Machine | Worker)"),
    ("Pixel", "pixel ~ day + I(day^2) + (day | Dog) + (1 | Dog:Side)"),
]
fits = [pylmer.lmer(formula, frame(data)) for data, formula in MODELS]
print(json.dumps([[fit.optimum.value, fit.sigma, *fit.beta, *fit.theta] for fit in fits]))
"""


def answers(threads: int) -> list[list[float]]:
    names = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")
    env = {**os.environ, **dict.fromkeys(names, str(threads))}
    done = subprocess.run([sys.executable, "-c", CODE], env=env, capture_output=True, text=True, check=True)
    return json.loads(done.stdout)  # type: ignore[no-any-return]


def test_results_do_not_depend_on_the_threads() -> None:
    for one, two in zip(answers(1), answers(2), strict=True):
        one, two = np.array(one), np.array(two)
        assert np.max(np.abs(one - two) / np.maximum(np.abs(one), 1e-2)) <= 1e-10
