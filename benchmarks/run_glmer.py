"""pylmer's glmer on one problem, with `vcov` also its covariance: python run_glmer.py [vcov] PROBLEM.json"""

from __future__ import annotations

import pathlib
import sys
import warnings
from collections.abc import Callable
from typing import Any

from measure import timed
from problems import read

import pylmer

NSIM = 500
WARM = "cbind(incidence, size - incidence) ~ period + (1 | herd)"


def answer(fit: pylmer.GlmerFit) -> dict[str, Any]:
    optimum = fit.optimum
    steps = optimum.evaluations + optimum.gradients
    return {"criterion": optimum.value, "evaluations": steps, "beta": [float(b) for b in fit.beta]}


def work_of(record: dict[str, Any], frame: Any, vcov: bool) -> Callable[[], dict[str, Any]]:
    """What is timed, ready to be called."""

    def fit() -> pylmer.GlmerFit:
        return pylmer.glmer(record["formula"], frame, record["family"])  # type: ignore[return-value]

    def covariance() -> dict[str, Any]:
        done = fit()
        pylmer.vcov(done)
        return answer(done)

    if record["work"] == "fit":
        return covariance if vcov else lambda: answer(fit())
    made = fit()
    pylmer.vcov(made)
    again = {
        "profile": lambda: pylmer.profile(made),
        "bootstrap": lambda: pylmer.bootMer(made, ["fixef", "theta"], nsim=NSIM, seed=1),
    }[record["work"]]
    return lambda: again() is not None and answer(made)


def main() -> None:
    warnings.simplefilter("ignore", pylmer.FitNote)
    record, frame = read(pathlib.Path(sys.argv[-1]))
    cbpp = pylmer.datasets.load("cbpp")
    pylmer.vcov(pylmer.glmer(WARM, cbpp, "binomial"))
    pylmer.glmer("incidence ~ period + (1 | herd)", cbpp, "poisson")
    timed("pylmer", record, work_of(record, frame, "vcov" in sys.argv))


if __name__ == "__main__":
    main()
