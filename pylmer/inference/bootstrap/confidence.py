"""confint of a mixed model by bootstrap."""

from __future__ import annotations

from typing import Any

import pandas as pd

from ...fit.fitted_model import FittedModel
from ...simulation.drawing import Seed
from ..intervals import chosen, limit_names, limit_table, parameter_names
from .limits import boot_ci, check_type, replicate_limits
from .words import bootMer


def boot_limits(
    fit: FittedModel,
    parm: Any = None,
    level: float = 0.95,
    signames: bool = True,
    nsim: int = 500,
    boot_type: str = "perc",
    seed: Seed = None,
    FUN: Any = None,
    progress: bool | None = None,
    parallel: str = "no",
    ncpus: int = 1,
) -> pd.DataFrame:
    """Bootstrap intervals of all parameters, or of FUN; see `confint` and `bootMer`."""
    check_type(boot_type, "boot_type")
    boot = bootMer(fit, FUN, nsim=nsim, seed=seed, progress=progress, parallel=parallel, ncpus=ncpus)
    if FUN is not None:
        return boot_ci(boot, parm=parm, level=level, type=boot_type)
    free, fixed = parameter_names(fit, signames)
    names = [*free, *fixed]
    rows = chosen(names, len(free), parm)
    limits = replicate_limits(boot.t0.to_numpy()[rows], boot.t.to_numpy()[:, rows], level, boot_type)
    low, high = limit_names(level)
    return limit_table({low: limits[:, 0], high: limits[:, 1]}, [names[k] for k in rows])
