"""Marginal means on another scale: their values there become the coefficients of a new grid."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from ...design.estimable import NullSpace
from ...errors import ArgumentError
from ...fit.words import word_of
from ...language.suggest import did_you_mean
from ...numerics.linalg import Array
from .basis import Basis, KnownCovariance
from .grids import MEANS, EmmGrid, EmmList, first_grid
from .options import check_bias, per_row
from .records import Axis
from .transformations import Transformation, named

RESPONSE = ("response", "mu", "unlink")
FORWARD: dict[str, tuple[Callable[[Array], Array], Callable[[Array], Array]]] = {
    "log": (np.log, lambda mu: 1 / mu),
    "log2": (np.log2, lambda mu: 1 / (mu * np.log(2))),
    "log10": (np.log10, lambda mu: 1 / (mu * np.log(10))),
    "sqrt": (np.sqrt, lambda mu: 0.5 / np.sqrt(mu)),
}
SCALES = (*RESPONSE, "none", "pass", *FORWARD)


@dataclass(frozen=True, eq=False)
class Inherited(KnownCovariance):
    """Coefficients with a known covariance V (r, r), each with the degrees of freedom (r,) it had as an estimate."""

    df: Array

    def single(self, L: Array) -> Array:
        """Degrees of freedom (q,): the fewest of the coefficients that take part."""
        return np.asarray(np.min(np.where(L != 0, self.df, np.inf), axis=1, initial=np.inf))

    def joint(self, L: Array) -> tuple[float, float]:
        """The fewest degrees of freedom, and no scaling of F."""
        return float(np.min(self.single(L))), 1.0


@word_of(EmmGrid, EmmList, wanted=MEANS)
def regrid(
    means: EmmGrid | EmmList, transform: str = "response", *, bias_adjust: bool = False, sigma: float | None = None
) -> EmmGrid:
    """Marginal means on the scale of the response, or another one, from here on, as emmeans' `regrid`.

    means        what `emmeans`, `emtrends`, `contrast` or `ref_grid` returned (of two parts, the means are taken)
    transform    "response", the default (also "mu", "unlink"); "log", "log2", "log10", "sqrt": this of the response, so
                 that differences are ratios of it whatever the model's scale is; "none" to keep the scale; "pass" to
                 change nothing
    bias_adjust  whether the way back is corrected for its bias, see `summary`; default False
    sigma        the standard deviation of that correction, see `summary`; None, the default: the residual one

    Their values become estimates with the delta method's covariance, and the degrees of freedom of what is computed
    of them are the fewest of the estimates that take part. Where `pairs(emm, type="response")` gives ratios of means on
    a logarithmic scale, `pairs(regrid(emm))` gives differences of the means themselves.

    Raises ArgumentError for an unknown scale, and where the way back to the response is not known.

    >>> import pylmer
    >>> fit = pylmer.lmer("log(angle) ~ recipe + temp + (1 | recipe:replicate)", pylmer.datasets.load("cake"))
    >>> pylmer.pairs(pylmer.regrid(pylmer.emmeans(fit, "recipe")))
     contrast estimate   SE df t.ratio p.value
     A - B       1.680 2.23 42   0.752  0.7340
     A - C       1.816 2.23 42   0.814  0.6963
     B - C       0.135 2.17 42   0.062  0.9979
    <BLANKLINE>
    Degrees-of-freedom method: inherited from kenward-roger when re-gridding
    P value adjustment: tukey method for comparing a family of 3 estimates
    """
    grid = first_grid(means)
    if transform not in SCALES:
        raise ArgumentError(
            f"transform={transform!r}: wanted one of {', '.join(map(repr, SCALES))}{did_you_mean(transform, SCALES)}"
        )
    if transform == "pass":
        return grid
    back = grid.transformation if transform != "none" else None
    if back is not None and back.inverse is None:
        raise ArgumentError(f"regrid(): the way back from {back.label!r} to the response is not known")
    if back is not None and bias_adjust:
        bias = check_bias(grid.sigma, True, sigma)
        back = back.adjusted(per_row(0.0 if bias is None else bias, [len(grid.L)], "sigma"))
    made = recoded(grid, back, named(transform) if transform in FORWARD else None)
    if transform == "none":
        return replace(made, transformation=grid.transformation)
    return made


def recoded(means: EmmGrid, back: Transformation | None, onward: Transformation | None) -> EmmGrid:
    """The grid whose coefficients are its values, on the response's scale if there is a way back, and onward."""
    estimate = means.basis.estimates(means.L) + means.offset
    values, slopes = estimate, np.ones(len(estimate))
    with np.errstate(invalid="ignore", divide="ignore"):
        if back is not None and back.inverse is not None and back.slope is not None:
            values, slopes = back.inverse(estimate), back.slope(estimate)
        if onward is not None:
            forward, change = FORWARD[onward.name]
            values, slopes = forward(values), slopes * change(values)
    ratios = back is not None and means.label == "estimate"
    return replace(
        means,
        axes=tuple(_divided(axis) if ratios and axis.name not in means.by else axis for axis in means.axes),
        basis=basis_with(means, values, slopes),
        L=np.eye(len(values)),
        offset=np.zeros(len(values)),
        label=means.label if back is None else back.ratio if ratios else back.result,
        transformation=onward,
        type=None,
        bias=None,
        df=None,
        remark=None,
        origin=None,
    )


def basis_with(means: EmmGrid, values: Array, slopes: Array) -> Basis:
    """A basis whose coefficients are some values, functions of the estimates with these slopes; NaN for none."""
    kept = np.flatnonzero(np.isfinite(values) & np.isfinite(slopes))
    V = means.basis.covariance(means.L[kept]) * np.outer(slopes[kept], slopes[kept])
    df = means.basis.degrees_of_freedom(means.L[kept]) if means.df is None else np.full(len(kept), means.df)
    null = NullSpace(np.ones(len(values)), np.delete(np.eye(len(values)), kept, axis=1))
    ddf = means.basis.ddf
    named_ddf = ddf if ddf is None or ddf.startswith(INHERITED) else f"{INHERITED}{ddf} when re-gridding"
    return Basis(kept, values[kept], null, Inherited(V, np.where(np.isnan(df), np.inf, df)), named_ddf)


INHERITED = "inherited from "


def _divided(axis: Axis) -> Axis:
    """A/B in place of A - B."""
    return replace(axis, values=tuple(str(value).replace(" - ", "/") for value in axis.values))
