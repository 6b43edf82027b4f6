"""From what is asked of `emmeans` and `emtrends` to grids of means and of their contrasts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ...errors import ArgumentError, note
from ...text.arguments import check_level
from .adjustments import check_adjust
from .averaging import MISLEADING, OVERALL, marginal, misleading
from .contrasting import contrasted
from .families import DESCRIPTIONS
from .grids import EmmGrid, EmmList
from .nesting import expanded
from .options import AS_IS, check_bias, check_df, check_infer, check_type
from .specs import Specs, names_among, parse_specs, several_specs
from .trends import DEGREE


@dataclass(frozen=True)
class MeansRequest:
    """How means are made and shown; see `emmeans`. options are those of contrasts."""

    by: Any = None
    contr: Any = None
    weights: Any = "equal"
    type: Any = None
    infer: Any = None
    level: Any = None
    adjust: Any = None
    bias_adjust: Any = None
    sigma: Any = None
    df: Any = None
    options: Mapping[str, Any] | None = None


def asked_means(grid: EmmGrid, specs: Any, label: str, word: str, asked: MeansRequest) -> EmmGrid | EmmList:
    """Means, with contrasts a list of both, of several specs a list of all."""
    several = several_specs(specs)
    if several is None:
        means, contrasts, _ = _parts(grid, specs, label, word, asked)
        return means if contrasts is None else EmmList({word: means, "contrasts": contrasts})
    if not several:
        raise ArgumentError("specs: no means are asked for")
    made: dict[str, EmmGrid] = {}
    for name, each in several:
        means, contrasts, method = _parts(grid, each, label, word, asked)
        first, second = _titles(name, means, method, contrasts is not None)
        made[_free(first, made)] = means
        if contrasts is not None:
            column = "1" if name is None else f"{name}.contrast"  # as R calls it
            axes = (replace(contrasts.axes[0], name=column), *contrasts.axes[1:])
            made[_free(second, made)] = replace(contrasts, axes=axes)
    return EmmList(made)


def _titles(name: str | None, means: EmmGrid, method: Any, compared: bool) -> tuple[str, str]:
    """What R calls means and contrasts of one of several specs."""
    contrasts = DESCRIPTIONS.get(method, "contrasts") if isinstance(method, str) else "contrasts"
    if name is not None:
        return (f"{name} emmeans" if compared else name), f"{name} {contrasts}"
    inner = ", ".join(axis.name for axis in means.axes if axis.name not in means.by)
    what = f"{inner} | {', '.join(means.by)}" if means.by else inner
    return f"emmeans of {what}", f"{contrasts} of {what}"


def _free(title: str, taken: Mapping[str, Any]) -> str:
    """The title, numbered if it is taken."""
    number, out = 1, title
    while out in taken:
        number += 1
        out = f"{title} ({number})"
    return out


def _parts(
    grid: EmmGrid, specs: Any, label: str, word: str, asked: MeansRequest
) -> tuple[EmmGrid, EmmGrid | None, Any]:
    """Means, their contrasts if any are asked for, and the method of these."""
    known = [axis.name for axis in grid.axes]
    wanted = parse_specs(specs, known)
    names, groups = _names(grid, wanted, names_among(asked.by, known, "by"))
    if misleading(grid, (*names, *groups)):
        note(MISLEADING)
    method = wanted.method if wanted.method is not None else asked.contr
    given = asked.bias_adjust is not None or asked.sigma is not None
    made = marginal(grid, names, groups, asked.weights)
    means = replace(
        made if wanted.names else _overall(made),
        by=groups,
        label=label,
        infer=(True, False) if asked.infer is None else check_infer(asked.infer),
        level=grid.level if asked.level is None else check_level(asked.level),
        adjust="none" if asked.adjust is None or method is not None else check_adjust(asked.adjust),
        type=grid.type if asked.type is None else check_type(asked.type),
        bias=check_bias(grid.sigma, asked.bias_adjust, asked.sigma) if given else grid.bias,
        df=grid.df if asked.df is None else check_df(asked.df),
    )
    options = dict(asked.options or {})
    if method is None:
        if options:
            raise ArgumentError(f"{word}(): no argument {next(iter(options))!r} (options of contrasts want contrasts)")
        return means, None, None
    contrasts = contrasted(means, method, AS_IS, asked.adjust, options)
    if asked.infer is not None:
        contrasts = replace(contrasts, infer=check_infer(asked.infer))
    return means, contrasts, method


def _overall(means: EmmGrid) -> EmmGrid:
    """With a variable 1 = overall, if the means have not got it, as of `~ 1 | a`."""
    if means.axes[0].name == OVERALL.name:
        return means
    return replace(means, axes=(OVERALL, *means.axes), places=np.insert(means.cells, 0, 0, axis=1))


def _names(grid: EmmGrid, wanted: Specs, by: Sequence[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The variables of means and of groups: with those that nested ones are nested in, and the degrees of trends."""
    groups = tuple(dict.fromkeys([*wanted.by, *by]))
    degrees = any(axis.name == DEGREE for axis in grid.axes) and grid.label.endswith(".trend")
    if degrees and DEGREE not in (*wanted.names, *groups):
        groups = (*groups, DEGREE)
    return expanded([name for name in wanted.names if name not in groups], groups, grid.nesting)
