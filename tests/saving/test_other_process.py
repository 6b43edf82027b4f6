"""A file is read by another process, which has seen nothing else; numbers are the same to the last bit."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import pylmer
from tests.saving.fits import fit_of, new_rows

NAMES = ("lmer", "weights", "crossed", "far", "glmer", "quadrature", "lm", "glm", "lmList")
ASKED = """
def asked(fit, new):
    found = {"page": repr(fit), "predict": [each.hex() for each in pylmer.predict(fit, new)]}
    if hasattr(fit, "theta"):
        errors = pylmer.predict(fit, new, se_fit=True)["se_fit"]
        found["theta"] = [float(each).hex() for each in [*fit.theta, fit.sigma, *fit.b, *errors]]
    if type(fit).__name__ != "LmList":
        found["vcov"] = [float(each).hex() for each in pylmer.vcov(fit).to_numpy().ravel()]
    return found
"""
READER = """
import json, sys, warnings
import pandas as pd
import pylmer
warnings.simplefilter("ignore")
new = pd.read_csv(sys.argv[1])
print(json.dumps({path: asked(pylmer.load(path), new) for path in sys.argv[2:]}))
"""


@pytest.mark.filterwarnings("ignore::pylmer.FitNote")
@pytest.mark.parametrize("rows", [False, True])
def test_another_process_has_the_same_numbers(rows: bool, tmp_path: Path) -> None:
    names: dict[str, Any] = {"pylmer": pylmer}
    exec(ASKED, names)  # noqa: S102  # the lines that the other process runs
    for where in ("sleep", "cbpp", "crossed"):
        chosen = {name: str(tmp_path / f"{name}.npz") for name in NAMES if new_rows(name) is NEW_OF[where]}
        for name, path in chosen.items():
            pylmer.save(fit_of(name), path, rows=rows)
        NEW_OF[where].to_csv(tmp_path / "new.csv", index=False)
        new = pd.read_csv(tmp_path / "new.csv")
        command = [sys.executable, "-c", ASKED + READER, str(tmp_path / "new.csv"), *chosen.values()]
        ran = subprocess.run(command, capture_output=True, text=True, check=True)
        found = json.loads(ran.stdout)
        for name, path in chosen.items():
            assert found[path] == names["asked"](fit_of(name), new)


NEW_OF = {where: new_rows(name) for where, name in (("sleep", "lmer"), ("cbpp", "glmer"), ("crossed", "crossed"))}


def test_who_loads_a_linear_model_needs_no_glmer(tmp_path: Path) -> None:
    pylmer.save(fit_of("lm"), tmp_path / "lm.npz")
    code = "import sys, pylmer; pylmer.load(sys.argv[1]); print(*sys.modules)"
    ran = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "lm.npz")], capture_output=True, text=True, check=True
    )
    loaded = [name for name in ran.stdout.split() if name.startswith("pylmer")]
    assert not [name for name in loaded if "without_rows" in name or "writing" in name or "inference" in name]
    assert not [name for name in loaded if name.startswith("pylmer.engine.generalized.laplace")]
