"""Limits of profiles at a boundary: 40 designs with singular corners against a brute-force minimum.

    python profile_trust.py [--out results] [--only 0 1 2]

Small random-slope data, generated with seeds, and pieces of known data sets, whose profiles meet standard deviations of
zero and correlations of -1 and 1. For every 95 % limit, on each scale of the variance parameters, and of sigma and the
fixed effects, zeta at the limit is computed from minima of the deviance by definition (`dense_profile`). A finite limit
must have the normal quantile to 1e-3. A limit at the end of the parameter's range (0, -1, 1) must have no larger zeta
there, and the table must say so. Written: profile_trust.csv, one line a limit.
"""

from __future__ import annotations

import argparse
import csv
import pathlib
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from dense_profile import ConstrainedDeviance, Dense

import pylmer

HERE = pathlib.Path(__file__).resolve().parent
ORTHODONT = HERE.parent / "tests" / "data" / "inference" / "orthodont.csv"
Q = 1.959963984540054
TOLERANCE = 1e-3
# of the first 46, those with most finite limits at which a covariance is singular, some of each kind
SEEDS = (1, 3, 4, 5, 6, 7, 8, 9, 11, 13, 14, 15, 17, 19, 22, 23, 27, 30, 33, 35, 37, 38, 39, 41, 44, 45)


@dataclass(frozen=True)
class Design:
    """Numeric columns: fixed (after the intercept), then (columns, group) per term; "1" is the intercept."""

    name: str
    data: pd.DataFrame
    fixed: tuple[str, ...]
    terms: tuple[tuple[tuple[str, ...], str], ...]
    REML: bool = True
    weights: str | None = None

    @property
    def formula(self) -> str:
        bars = [f"({' + '.join(c if c[0] == '1' else ('0', *c))} | {g})" for c, g in self.terms]
        return f"y ~ {' + '.join(('1', *self.fixed, *bars))}"

    def dense(self) -> Dense:
        data = self.data.assign(**{"1": 1.0})
        terms = [(data[list(columns)].to_numpy(float), data[group].to_numpy()) for columns, group in self.terms]
        weights = None if self.weights is None else data[self.weights].to_numpy()
        return Dense(data["y"].to_numpy(), data[["1", *self.fixed]].to_numpy(float), terms, weights)

    def fit(self) -> Any:
        return pylmer.lmer(self.formula, self.data, REML=self.REML, weights=self.weights)


SLOPE = ((("1", "x"), "g"),)


def generated(seed: int) -> Design:
    """Few groups, few rows, little variance: six kinds in turn."""
    rng = np.random.default_rng(1000 + seed)
    kind, groups = seed % 6, int(rng.integers(5, 12))
    g = np.repeat(np.arange(groups), rng.integers(3, 7, groups))
    x, z = rng.normal(size=(2, len(g)))
    if seed % 4 < 2:
        x = x + 2.0 * (seed % 4)
    h = rng.integers(0, 5, len(g))
    rho, sds = rng.choice([-0.95, 0.0, 0.5, 0.95]), rng.choice([0.0, 0.2, 0.6, 1.0], 2)
    b = rng.normal(size=(groups, 2))
    b[:, 1] = rho * b[:, 0] + np.sqrt(1 - rho**2) * b[:, 1]
    y = 1 + x + sds[0] * b[g, 0] + sds[1] * b[g, 1] * x + 0.5 * rng.normal(size=5)[h] + rng.normal(size=len(g))
    data = pd.DataFrame({"y": y, "x": x, "z": z, "w": rng.choice([0.5, 1.0, 2.0], len(g))})
    data = data.assign(g=[f"g{k:02d}" for k in g], h=[f"h{k}" for k in h])
    terms = {
        2: (*SLOPE, (("1",), "h")),
        3: ((("1", "x", "z"), "g"),),
        4: ((("1",), "g"), (("x",), "g")),
        5: ((("x", "z"), "g"), (("1",), "g")),
    }.get(kind, SLOPE)
    weights = "w" if kind == 1 else None
    return Design(f"seed {1000 + seed}", data, ("x",), terms, REML=bool(seed % 3), weights=weights)


def orthodont() -> Iterator[Design]:
    data = pd.read_csv(ORTHODONT).rename(columns={"distance": "y", "Subject": "g"})
    data = data.assign(x=data["age"], male=(data["Sex"] == "Male") * 1.0).assign(both=lambda d: d["x"] * d["male"])
    yield Design("Orthodont", data, ("x", "male", "both"), SLOPE)
    yield Design("Orthodont ML", data, ("x", "male", "both"), SLOPE, REML=False)
    yield Design("Orthodont additive", data, ("x", "male"), SLOPE)
    yield Design("Orthodont boys", data[data["male"] == 1], ("x",), SLOPE)
    yield Design("Orthodont girls", data[data["male"] == 0], ("x",), SLOPE)
    yield Design("Orthodont centred", data.assign(x=data["x"] - 11), ("x", "male"), SLOPE)


def known() -> Iterator[Design]:
    load: Callable[[str], pd.DataFrame] = pylmer.datasets.load
    sleep = load("sleepstudy").rename(columns={"Reaction": "y", "Days": "x", "Subject": "g"})
    few = sleep[sleep["g"].astype(str).isin([str(k) for k in sorted(set(sleep["g"].astype(int)))[:8]])]
    yield Design("sleepstudy, 8 subjects", few, ("x",), SLOPE)
    late = sleep[sleep["x"] >= 5]
    yield Design("sleepstudy, days 5 to 9", late, ("x",), SLOPE)
    machines = load("Machines").rename(columns={"score": "y", "Worker": "g"})
    machines = machines.assign(B=(machines["Machine"] == "B") * 1.0, C=(machines["Machine"] == "C") * 1.0)
    yield Design("Machines", machines, ("B", "C"), ((("1", "B", "C"), "g"),))
    pastes = load("Pastes").rename(columns={"strength": "y"})
    yield Design("Pastes", pastes, (), ((("1",), "sample"), (("1",), "batch")))
    yield Design("Dyestuff2", load("Dyestuff2").rename(columns={"Yield": "y", "Batch": "g"}), (), ((("1",), "g"),))
    oats = load("Oats").rename(columns={"yield": "y", "nitro": "x", "Block": "g"})
    yield Design("Oats", oats, ("x",), SLOPE)
    radon = load("radon").rename(columns={"log_radon": "y", "floor": "x", "county": "g"})
    sizes = radon.groupby("g", observed=True)["y"].transform("size")
    yield Design("radon, counties of 9 to 12", radon[(sizes > 8) & (sizes < 13)], ("x",), SLOPE)
    pixel = load("Pixel").rename(columns={"pixel": "y", "day": "x", "Dog": "g"})
    yield Design("Pixel", pixel, ("x",), SLOPE)


def designs() -> list[Design]:
    """40: 26 generated, 14 of known data."""
    return [*(generated(seed) for seed in SEEDS), *orthodont(), *known()]


def parameters(design: Design, scale: str) -> list[ConstrainedDeviance]:
    """In the order of `confint`'s rows."""
    widths = [len(columns) for columns, _ in design.terms]
    pairs = [(term, i, j) for term, width in enumerate(widths) for j in range(width) for i in range(j + 1, width)]
    single = [ConstrainedDeviance("sd", term, i) for term, width in enumerate(widths) for i in range(width)]
    double = [ConstrainedDeviance("cov" if scale == "varcov" else "cor", *each) for each in pairs]
    if scale == "theta":
        single = [
            ConstrainedDeviance("theta", term, i, j)
            for term, width in enumerate(widths)
            for j in range(width)
            for i in range(j, width)
        ]
        double = []
    fixed = [ConstrainedDeviance("beta", i=i) for i in range(1 + len(design.fixed))]
    return [*single, *double, ConstrainedDeviance("sigma"), *fixed]


def asked(design: Design) -> Iterator[tuple[str, int, ConstrainedDeviance]]:
    """Scale, row, parameter: variances are squares of standard deviations, sigma and beta are those of one scale."""
    for scale in ("sdcor", "varcov", "theta"):
        for row, held in enumerate(parameters(design, scale)):
            if scale == "sdcor" or held.kind in ("cov", "theta"):
                yield scale, row, held


def ends(held: ConstrainedDeviance) -> tuple[float, float]:
    """The range of a parameter."""
    if held.kind == "cor":
        return -1.0, 1.0
    low = 0.0 if held.kind in ("sd", "sigma") or (held.kind == "theta" and held.i == held.j) else -np.inf
    return low, np.inf


def check(number: int, design: Design) -> Iterator[dict[str, Any]]:
    """A line for each limit of a design."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        fit = design.fit()
    dense, tables = design.dense(), {}
    lowest = dense.minimum(starts=32)
    for scale in ("sdcor", "varcov", "theta"):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            table = pylmer.confint(fit, prof_scale=scale)
        tables[scale] = table
    for scale, row, held in asked(design):
        table = tables[scale]
        for side, limit in enumerate(table.iloc[row]):
            begin = f"{table.index[row]} {table.columns[side]}: "
            said = any(text.startswith(begin) for text in getattr(table, "footing", ()))
            line = {"design": design.name, "formula": design.formula, "REML": design.REML, "scale": scale}
            line |= {"parameter": table.index[row], "kind": held.kind, "side": ("low", "high")[side], "limit": limit}
            yield line | judged(dense, lowest, held, float(limit), ends(held)[side], said)


def judged(
    dense: Dense, lowest: float, held: ConstrainedDeviance, limit: float, end: float, said: bool
) -> dict[str, Any]:
    """zeta at the limit by brute force, and whether it is right."""
    if np.isnan(limit):
        return {"zeta": np.nan, "at_end": False, "error": np.nan, "said": said, "verdict": "no limit"}
    zeta = float(np.sqrt(max(dense.minimum(held, limit) - lowest, 0.0)))
    at_end = bool(np.isclose(limit, end, rtol=0, atol=1e-12))
    if at_end:
        right = zeta < Q + TOLERANCE and said
        return {"zeta": zeta, "at_end": True, "error": max(zeta - Q, 0.0), "said": said, "verdict": right}
    error = zeta - Q
    return {"zeta": zeta, "at_end": False, "error": error, "said": said, "verdict": abs(error) < TOLERANCE}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=pathlib.Path, default=HERE / "results")
    parser.add_argument("--only", type=int, nargs="*")
    given = parser.parse_args()
    lines = []
    for number, design in enumerate(designs()):
        if given.only is None or number in given.only:
            own = list(check(number, design))
            lines += own
            wrong = [
                f"{e['scale']} {e['parameter']} {e['side']} {e['limit']:.5g} zeta {e['zeta']:.4f} {e['at_end']}"
                for e in own
                if e["verdict"] is not True
            ]
            print(number, design.name, design.formula, len(own), "limits", *wrong, sep="\n   ", flush=True)
            write(lines, given.out / "profile_trust.csv")
    print(summary(lines))


def write(lines: list[dict[str, Any]], path: pathlib.Path) -> None:
    """What is known so far: nothing is lost if the rest is stopped."""
    with open(path, "w", newline="") as file:
        writer = csv.DictWriter(file, list(lines[0]))
        writer.writeheader()
        writer.writerows(lines)


def summary(lines: list[dict[str, Any]]) -> str:
    """Counts, and the worst error."""
    inner = [abs(e["error"]) for e in lines if not e["at_end"] and np.isfinite(e["limit"])]
    at_ends = [e for e in lines if e["at_end"]]
    return (
        f"{len(lines)} limits of {len({e['design'] for e in lines})} designs; {len(inner)} inside, worst error {max(inner):.2g}, "  # noqa: E501
        f"{sum(e > TOLERANCE for e in inner)} beyond {TOLERANCE}; {len(at_ends)} at ends, said to be: "
        f"{sum(bool(e['said']) for e in at_ends)}; unknown: {sum(np.isnan(e['limit']) for e in lines)}"
    )


if __name__ == "__main__":
    main()
