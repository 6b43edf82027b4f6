"""Power, as simr prints it."""

from __future__ import annotations

from ..power_analysis import Power, PowerCurve
from ..text import format_number, show

HOUR, MINUTE = 3600, 60


def percent(share: float) -> str:
    """A share in percent, five characters wide."""
    return "100.0" if share == 1 else f"{100 * share:5.2f}"


def share_text(found: Power) -> str:
    """`70.50% (63.66, 76.72)`."""
    lower, upper = found.interval
    return f"{percent(found.power)}% ({percent(lower)}, {percent(upper)})"


def elapsed(seconds: float) -> str:
    """Hours, minutes and seconds."""
    whole = int(seconds)
    return f"Time elapsed: {whole // HOUR} h {whole % HOUR // MINUTE} m {whole % MINUTE} s"


def heading(found: Power) -> str:
    """What is tested, and the level of the interval."""
    return f"Power for {found.effect}, ({100 * found.level:g}% confidence interval)"


@show.register
def show_power(found: Power) -> str:
    """simr's print(powerSim(...))."""
    sizes = [f"      Effect size for {name} is {size_text(size)}" for name, size in found.effect_size.items()]
    lines = [
        f"{heading(found)}:",
        f"      {share_text(found)}",
        "",
        f"Test: {found.test}",
        *sizes,
        "",
        f"Based on {found.n} simulations, ({found.warnings} warnings, {len(found.errors)} errors)",
        f"alpha = {format_number(found.alpha)}, nrow = {found.nrow}",
        "",
        elapsed(found.seconds),
    ]
    if found.observed and found.effect_size:
        lines += ["", "nb: result might be an observed power calculation"]
    return "\n".join(lines)


def size_text(size: float) -> str:
    """Two significant digits, zeros kept."""
    return f"{size:.0f}" if abs(size) >= 100 else f"{size:#.2g}".rstrip(".")


@show.register
def show_power_curve(curve: PowerCurve) -> str:
    """simr's print(powerCurve(...))."""
    first = next(iter(curve.values()))
    lines = [f"{curve.labels[size]:>7}: {share_text(each)} - {each.nrow} rows" for size, each in curve.items()]
    total = sum(each.seconds for each in curve.values())
    return "\n".join([f"{heading(first)},", f"by {curve.along}:", *lines, "", elapsed(total)])
