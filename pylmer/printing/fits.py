"""print(fit)."""

from __future__ import annotations

from ..extract import VarCorr, fixef, nobs
from ..extract.likelihood import group_sizes
from ..fit.fitted_model import FittedModel
from .filling import fill
from .fixed import fixed_list
from .footers import short_footer
from .headers import criteria, exact_criteria, model_lines, title
from .variances import print_variances


def print_fit(fit: FittedModel, digits: int = 4) -> str:
    """A fit as lme4's print shows it."""
    parts = [
        title(fit),
        *model_lines(fit),
        exact_criteria(criteria(fit)),
        "Random effects:",
        print_variances(VarCorr(fit), digits=digits),
        sizes(nobs(fit), group_sizes(fit)),
        fixed_list(fixef(fit), digits),
        *short_footer(fit),
    ]
    return "\n".join(parts)


def sizes(n: int, groups: dict[str, int]) -> str:
    """Number of obs: 180, groups:  Subject, 18"""
    return fill([f"Number of obs: {n}, groups: ", "; ".join(f"{name}, {size}" for name, size in groups.items())])
