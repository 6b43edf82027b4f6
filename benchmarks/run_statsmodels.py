"""statsmodels' MixedLM on one problem with a single grouping factor: python run_statsmodels.py PROBLEM.json"""

from __future__ import annotations

import re
import warnings
from typing import Any

import pandas as pd
import statsmodels.formula.api as smf
from measure import run


def fit(formula: str, frame: pd.DataFrame) -> dict[str, Any]:
    fixed, random, group = re.match(r"(.*) \+ \((.*) \| (\w+)\)", formula).groups()  # type: ignore[union-attr]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        result = smf.mixedlm(fixed, frame, groups=frame[group], re_formula=f"~ {random}").fit(reml=True)
    return {"criterion": -2 * result.llf, "evaluations": None}


if __name__ == "__main__":
    run("statsmodels", lambda: None, fit)
