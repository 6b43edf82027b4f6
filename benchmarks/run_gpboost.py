"""gpboost on one problem with scalar random effects: python run_gpboost.py PROBLEM.json"""

from __future__ import annotations

import re
from typing import Any

import gpboost
import numpy as np
import pandas as pd
from measure import run


def fit(formula: str, frame: pd.DataFrame) -> dict[str, Any]:
    groups = re.findall(r"\(1 \| (\w+)\)", formula)
    data = np.column_stack([frame[g].cat.codes for g in groups])
    model = gpboost.GPModel(group_data=data, likelihood="gaussian")
    model.fit(y=frame["y"].to_numpy(), X=np.ones((len(frame), 1)))
    return {"criterion": 2 * model.get_current_neg_log_likelihood(), "evaluations": None}


if __name__ == "__main__":
    run("gpboost", lambda: None, fit)
