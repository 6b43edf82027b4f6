"""What is asked of a table beside its models, checked."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...errors import ArgumentError
from ...fit.words import several
from ...text.arguments import are_texts, check_digits, check_level, is_flag, is_number, is_one_of, is_text, written
from ..degrees_of_freedom.choice import METHODS, check_ddf
from ..tidying.fits import check_choices
from .estimates import EstimateOptions
from .record import OUTPUTS, SHORT, STARS, STATISTICS, Look

EFFECTS = ("fixed", "ran_pars")


def given_asked(effects: Any, statistic: Any, level: Any, conf_method: str, ddf: str, scales: str) -> EstimateOptions:
    """What every model is asked for."""
    wanted = tuple(several(effects))
    if not wanted or not all(is_one_of(each, EFFECTS) for each in wanted):
        raise ArgumentError(f"effects={written(effects)}: wanted 'fixed', 'ran_pars', or both in a list")
    check_ddf(ddf, (*METHODS, "lme4"))
    check_choices(conf_method, scales)
    return EstimateOptions(
        wanted, given_statistic(statistic), check_level(level, "conf_level"), conf_method, ddf, scales
    )


def given_statistic(statistic: Any) -> tuple[str, ...]:
    """What stands beneath estimates, under broom's names."""
    wanted = tuple(SHORT.get(each, each) for each in several(statistic))
    if not all(is_one_of(each, STATISTICS) for each in wanted):
        listed = ", ".join(map(repr, (*SHORT, *STATISTICS)))
        raise ArgumentError(f"statistic={written(statistic)}: wanted several of {listed}; [] for none")
    return tuple(dict.fromkeys(wanted))


def given_look(
    output: str,
    digits: Any,
    asked: EstimateOptions,
    stars: Any,
    title: str | None,
    notes: Any,
    labels: dict[str, str],
    exponentiated: Mapping[str, bool],
) -> Look:
    """How the table is shown."""
    if output not in OUTPUTS:
        raise ArgumentError(f"output={output!r}: wanted one of {', '.join(map(repr, OUTPUTS))}")
    below = () if notes is None else tuple(several(notes)) if are_texts(notes) else None
    if below is None:
        raise ArgumentError(f"notes={written(notes)}: wanted a text, or several in a list")
    marks = given_stars(stars, asked.ddf)
    ratios = tuple(name for name, flag in exponentiated.items() if flag)
    return Look(output, check_digits(digits), asked.statistic, asked.level, marks, title, below, labels, ratios)


def given_stars(stars: Any, ddf: str) -> tuple[tuple[str, float], ...]:
    """Marks with their limits, the largest limit first."""
    if is_flag(stars):
        marks: Any = STARS if stars else {}
    else:
        marks = stars
    right = isinstance(marks, Mapping) and all(
        is_text(mark) and is_number(limit) and 0 < limit <= 1 for mark, limit in marks.items()
    )
    if not right:
        raise ArgumentError(f"stars={written(stars)}: wanted True, False, or marks with their limits, {{'*': 0.05}}")
    if marks and ddf == "lme4":
        raise ArgumentError("stars mark p-values, which ddf='lme4' does not give: leave one of them out")
    return tuple(sorted(((str(mark), float(limit)) for mark, limit in marks.items()), key=lambda each: -each[1]))
