"""Effect sizes: differences of means in standard deviations.

With d = c'm / s, where s is an estimate of sigma on edf degrees of freedom and independent of the means, the delta
method gives var(d) = var(c'm) / sigma^2 + d^2 / (2 edf), the variance of log s being 1 / (2 edf).
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from ...errors import ArgumentError, note
from ...fit.words import word_of
from ...text import format_number, signif
from ...text.arguments import is_number
from .contrasting import contrasted
from .grids import MEANS, EmmGrid, EmmList
from .options import AS_IS
from .regridding import Inherited, recoded
from .simple import by_of_simple

A_LIST = "Since 'object' is a list, we are using the contrasts already present."


@word_of(EmmGrid, EmmList, wanted=MEANS)
def eff_size(
    means: EmmGrid | EmmList,
    /,
    sigma: float,
    edf: float,
    *,
    method: Any = "pairwise",
    by: Any = AS_IS,
    simple: Any = None,
    **options: Any,
) -> EmmGrid:
    """Effect sizes (Cohen's d): differences of marginal means over a standard deviation, as emmeans' `eff_size`.

    means    what `emmeans` returned; of two parts the contrasts are taken as they are
    sigma    the standard deviation to divide by: `sigma(fit)`, or for differences between persons the root of all
             variances
    edf      its degrees of freedom, that its uncertainty is reckoned with; inf if it is known
    method   contrasts as of `contrast`; "pairwise" by default, "identity" if the means are contrasts already
    by       variables whose values make separate tables; by default as the means have it
    simple   the variables to compare in groups of all others, in place of `by`; None: as `by`
    options  of the method, as in `contrast`

    The standard error of d is sqrt(se^2 / sigma^2 + d^2 / (2 edf)), its degrees of freedom the fewest of the means that
    take part. Intervals are printed, not adjusted for their number.

    Raises ArgumentError for a sigma or edf that is no positive number.

    >>> import pylmer
    >>> fit = pylmer.lmer("angle ~ recipe + temp + (1 | recipe:replicate)", pylmer.datasets.load("cake"))
    >>> pylmer.eff_size(pylmer.emmeans(fit, "recipe"), sigma=pylmer.sigma(fit), edf=42)
     contrast effect.size    SE df lower.CL upper.CL
     A - B        0.32475 0.541 42   -0.767     1.42
     A - C        0.33451 0.541 42   -0.757     1.43
     B - C        0.00977 0.540 42   -1.080     1.10
    <BLANKLINE>
    sigma used for effect sizes: 4.551
    Degrees-of-freedom method: inherited from kenward-roger when re-gridding
    Confidence level used: 0.95
    """
    for name, value in (("sigma", sigma), ("edf", edf)):
        if not is_number(value) or not value > 0 or (name == "sigma" and not np.isfinite(value)):
            raise ArgumentError(f"{name}={value!r}: wanted a positive number")
    grid, compared = _compared(means, method)
    groups = by if simple is None else by_of_simple(grid, simple)
    sizes = contrasted(_standardized(grid, float(sigma), float(edf)), compared, groups, "none", options)
    remark = f"sigma used for effect sizes: {format_number(signif(float(sigma), 4))}"
    return replace(sizes, label="effect.size", infer=(True, False), remark=remark, origin=None)


def _compared(means: EmmGrid | EmmList, method: Any) -> tuple[EmmGrid, Any]:
    """A grid and what is compared in it: of means and contrasts the contrasts, as they are."""
    if isinstance(means, EmmGrid):
        return means, method
    note(A_LIST)
    parts = list(means.values())
    return parts[1] if len(parts) > 1 else parts[0], "identity"


def _standardized(means: EmmGrid, sigma: float, edf: float) -> EmmGrid:
    """The grid of means over sigma, with what the uncertainty of sigma adds to their covariance."""
    made = recoded(replace(means, transformation=None), None, None)
    method = made.basis.method
    assert isinstance(method, Inherited)
    beta = made.basis.beta / sigma
    V = method.V / (sigma * sigma) + np.outer(beta, beta) / (2 * edf)
    return replace(made, basis=replace(made.basis, beta=beta, method=replace(method, V=V)))
