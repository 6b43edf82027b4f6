"""The record of several fits side by side."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from ...text.tabled import Tabled

OUTPUTS = ("text", "html", "latex", "markdown")
STATISTICS = {  # what may stand beneath an estimate -> its columns
    "std.error": ("std.error",),
    "conf.int": ("conf.low", "conf.high"),
    "p.value": ("p.value",),
    "statistic": ("statistic",),
    "df": ("df",),
}
SHORT = {"se": "std.error", "p": "p.value"}
STARS = {"+": 0.1, "*": 0.05, "**": 0.01, "***": 0.001}


@dataclass(frozen=True)
class Look:
    """How a table is shown.

    output        what `str()` gives
    digits        decimals
    statistic     what stands beneath the estimates, of STATISTICS
    level         of intervals
    stars         marks with the p-values below which they are given, the largest first
    title, notes  above and below
    labels        of fit statistics, where the user gives some
    ratios        the models whose effects are exp of coefficients
    """

    output: str
    digits: int
    statistic: tuple[str, ...]
    level: float
    stars: tuple[tuple[str, float], ...]
    title: str | None
    notes: tuple[str, ...]
    labels: dict[str, str]
    ratios: tuple[str, ...]


@dataclass(frozen=True, eq=False, repr=False)
class ModelSummary(Tabled):
    """Several fits side by side.

    names           of the models, which are the columns
    responses       the left sides of their formulas
    estimates       a row for each estimate of each model: model, effect ("fixed", "ran_pars"), group, term, label,
                    test ("t", "z"), estimate, std.error, statistic, df, p.value, conf.low, conf.high
    fit_statistics  a row for each statistic, a column for each model
    look            how it is shown
    """

    names: tuple[str, ...]
    responses: tuple[str, ...]
    estimates: pd.DataFrame
    fit_statistics: pd.DataFrame
    look: Look

    def to_pandas(self) -> pd.DataFrame:
        """The table in numbers: a row for each (part, label, number), a column for each model; NaN for blanks.

        Parts are "fixed", "ran_pars" and "fit". Numbers are "estimate" and what was asked to stand beneath,
        "std.error", "conf.low", "conf.high", ...; of fit statistics "value".
        """
        numbers = ["estimate", *(name for each in self.look.statistic for name in STATISTICS[each])]
        rows: dict[tuple[str, str, str], dict[str, float]] = {}
        for row in self.estimates.to_dict("records"):
            for number in numbers:
                rows.setdefault((row["effect"], row["label"], number), {})[row["model"]] = row[number]
        for name, values in self.fit_statistics.iterrows():
            rows["fit", str(name), "value"] = {str(model): float(value) for model, value in values.items()}
        index = pd.MultiIndex.from_tuples(list(rows), names=["part", "label", "number"]) if rows else None
        made = pd.DataFrame(list(rows.values()), index=index, columns=list(self.names), dtype=float)
        return made[made.notna().any(axis=1)]
