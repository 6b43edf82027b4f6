"""Pictures of a likelihood profile: its curves, densities, and pairs of parameters.

zeta     the signed root of the deviance difference against a parameter, with intervals of some levels
density  phi(zeta(psi)) dzeta/dpsi: the density of which the profile's intervals are the quantiles
pairs    contours of the likelihood of two parameters, interpolated between profile traces
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import product
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy import special

from ..errors import ArgumentError
from ..inference import LikelihoodProfile
from ..inference.intervals import chosen
from ..inference.profiles.curves import Curve
from ..numerics.linalg import Array
from ..text.arguments import plain
from .canvas import BLUE, GREY, LIGHT, MEDIUM, ORANGE, THIN, name_outer, panels_for
from .contours import TracePair, contour, traces
from .residuals import plot

if TYPE_CHECKING:
    from matplotlib.axes import Axes

LEVELS = (0.50, 0.80, 0.90, 0.95, 0.99)  # of the intervals and contours
RADII = tuple(np.sqrt(-2 * np.log1p(-np.array(LEVELS))))  # of contours: the deviance differences of two parameters
POINTS = 201  # of a drawn curve


@plot.register(LikelihoodProfile)
@plain
def plot_profile(
    profile: LikelihoodProfile, kind: str = "zeta", which: Any = None, *, axes: Iterable[Axes] | None = None
) -> list[Axes]:
    """A likelihood profile, as lme4's xyplot ("zeta"), densityplot ("density") and splom ("pairs") draw it.

    profile  what `profile` returned
    kind     "zeta", the default: a panel for each parameter: zeta within the limits of 99 %, with the intervals of 50,
             80, 90, 95 and 99 % as lines; a straight curve is a parameter whose estimate is as good as normal;
             "density": a panel for each parameter: phi(zeta) dzeta/dpsi; "pairs": k rows and columns of panels: below
             the diagonal contours of the likelihood of two parameters at the same levels with both profile traces,
             above it the same on the scale of zeta
    which    parameters, as in `profile`; None, the default: all that were profiled
    axes     where to draw: matplotlib Axes, one for each panel, row by row; None, the default: a new figure

    Returns the panels, row by row. Raises ArgumentError for what is no profile, an unknown kind or parameter, and pairs
    of a single parameter.
    Source: Bates & Watts (1988), Nonlinear Regression Analysis and Its Applications, 6.1 and appendix 6, for traces and
    contours; Bates, Maechler, Bolker & Walker (2015), J. Stat. Softw. 67(1), section 5.1.

    >>> import pylmer
    >>> fit = pylmer.lmer("Yield ~ 1 + (1 | Batch)", pylmer.datasets.load("Dyestuff"))
    >>> [ax.get_xlabel() for ax in pylmer.plot_profile(pylmer.profile(fit))]
    ['.sig01', '.sigma', '(Intercept)']
    """
    if not isinstance(profile, LikelihoodProfile):
        raise ArgumentError(f"plot_profile() wants a profile, as profile(fit) gives it; found {type(profile).__name__}")
    if kind not in list(KINDS):
        raise ArgumentError(f"plot_profile(): kind={kind!r}; it is one of {', '.join(map(repr, KINDS))}")
    return KINDS[kind](profile, _names(profile, which), axes)


def _names(profile: LikelihoodProfile, which: Any) -> list[str]:
    """The parameters asked for, of which there is a curve."""
    asked = [profile.names[k] for k in chosen(profile.names, profile.n_variance, which, "which")]
    names = [name for name in asked if name in profile.curves and len(profile.curves[name].knots) > 1]
    missing = [name for name in asked if name not in names]
    if not names or (which is not None and missing):
        raise ArgumentError(f"plot_profile(): there is no curve of {', '.join(missing)}")
    return names


def _zeta(profile: LikelihoodProfile, names: list[str], axes: Iterable[Axes] | None) -> list[Axes]:
    drawn = panels_for(axes, len(names), 3, 2.6, 2.2, sharey=True)
    bounds = special.ndtri(0.5 + np.array(LEVELS) / 2)
    for ax, name in zip(drawn, names, strict=True):
        curve = profile.curves[name]
        zeta = np.append(-bounds[::-1], bounds)
        psi = curve.backward(zeta)
        there = np.isfinite(psi)
        ax.axhline(0, color=GREY, lw=THIN, zorder=0)
        ax.vlines(psi[there], 0, zeta[there], color=GREY, lw=THIN)
        places = np.linspace(*_ends(curve, bounds[-1]), POINTS)
        ax.plot(places, curve.forward(places), color=BLUE, lw=MEDIUM)
        ax.set_xlabel(name)
    name_outer(drawn, "ζ")
    return drawn


def _density(profile: LikelihoodProfile, names: list[str], axes: Iterable[Axes] | None) -> list[Axes]:
    drawn = panels_for(axes, len(names), 3, 2.6, 2.2)
    for ax, name in zip(drawn, names, strict=True):
        places, values = density(profile.curves[name], float(special.ndtri(0.9995)))
        ax.fill_between(places, values, color=LIGHT, lw=0)
        ax.plot(places, values, color=BLUE, lw=MEDIUM)
        ax.set_xlabel(name)
        ax.set_ylim(0, None)
    name_outer(drawn, "density")
    return drawn


def density(curve: Curve, bound: float) -> tuple[Array, Array]:
    """Places (POINTS,) with |zeta| up to `bound`, and phi(zeta) dzeta/dpsi there, from differences of Phi(zeta)."""
    edges = np.linspace(*_ends(curve, bound), POINTS + 1)
    mass = np.diff(special.ndtr(curve.forward(edges)))
    return 0.5 * (edges[1:] + edges[:-1]), mass / np.diff(edges)


def _ends(curve: Curve, bound: float) -> tuple[float, float]:
    """The places where |zeta| = bound, or where the curve ends before; the log of a zero is no place."""
    low, high = curve.backward(np.array([-bound, bound]))
    places = curve.scale.psi(curve.knots)
    first, last = places[np.isfinite(places)][[0, -1]]
    return float(first if np.isnan(low) else low), float(last if np.isnan(high) else high)


def _pairs(profile: LikelihoodProfile, names: list[str], axes: Iterable[Axes] | None) -> list[Axes]:
    k = len(names)
    if k < 2:
        raise ArgumentError(f"plot_profile(): pairs need two parameters, found {names[0]} alone")
    drawn = panels_for(axes, k * k, k, 1.9, 1.9)
    for ax, (row, column) in zip(drawn, product(range(k), range(k)), strict=True):
        if row == column:
            _name(ax, names[row])
        else:
            found = traces(profile, names[column], names[row])
            (_contours if row > column else _zeta_contours)(ax, found)
            _inner(ax, row, column, k)
    return drawn


def _contours(ax: Axes, found: TracePair) -> None:
    """On the parameters' own scales; a contour breaks off where a profile ends."""
    for c in RADII:
        tau_x, tau_y = contour(found, c)
        ax.plot(found.x.backward(tau_x), found.y.backward(tau_y), color=BLUE, lw=THIN)
    for tau_x, tau_y in _lines(found):
        ax.plot(found.x.backward(tau_x), found.y.backward(tau_y), color=ORANGE, lw=THIN)
    ax.set(xlim=_widened(_ends(found.x, RADII[-1])), ylim=_widened(_ends(found.y, RADII[-1])))


def _widened(ends: tuple[float, float]) -> tuple[float, float]:
    low, high = ends
    return low - 0.04 * (high - low), high + 0.04 * (high - low)


def _zeta_contours(ax: Axes, found: TracePair) -> None:
    for c in RADII:
        ax.plot(*contour(found, c), color=BLUE, lw=THIN)
    for tau_x, tau_y in _lines(found):
        ax.plot(tau_x, tau_y, color=ORANGE, lw=THIN)
    reach = 1.08 * RADII[-1]
    ax.set(xlim=(-reach, reach), ylim=(-reach, reach))


def _lines(found: TracePair) -> Iterator[tuple[Array, Array]]:
    """Both traces within the widest contour: tau_x and tau_y."""
    for trace, turned in ((found.y_of_x, False), (found.x_of_y, True)):
        held = np.linspace(max(trace.held[0], -RADII[-1]), min(trace.held[-1], RADII[-1]), POINTS)
        yield (trace(held), held) if turned else (held, trace(held))


def _inner(ax: Axes, row: int, column: int, k: int) -> None:
    """Numbers on the outer panels alone: left and below for the lower triangle, right and above for the upper one."""
    upper = column > row
    ax.spines[["top", "right", "left", "bottom"]].set_visible(True)
    ax.spines[["top", "right", "left", "bottom"]].set(linewidth=THIN, color=LIGHT)
    ax.tick_params(color=LIGHT, labelsize="x-small", labelleft=False, labelbottom=False, left=False, bottom=False)
    if upper:
        ax.tick_params(top=row == 0, labeltop=row == 0, right=column == k - 1, labelright=column == k - 1)
    else:
        ax.tick_params(bottom=row == k - 1, labelbottom=row == k - 1, left=column == 0, labelleft=column == 0)


def _name(ax: Axes, name: str) -> None:
    ax.set_axis_off()
    ax.text(0.5, 0.5, name, ha="center", va="center", transform=ax.transAxes)


KINDS: dict[str, Callable[[LikelihoodProfile, list[str], Iterable[Axes] | None], list[Axes]]] = {
    "zeta": _zeta,
    "density": _density,
    "pairs": _pairs,
}
