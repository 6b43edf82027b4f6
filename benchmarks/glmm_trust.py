"""Never worse than the best known: generated generalized models, the engine against lme4's optimizers and glmmTMB.

    python glmm_trust.py [--out results] [--count 240] [--folder KEPT]

Kinds: small groups, one observation in most groups, imbalance, variances of zero, slopes (mild, of strongly clustered
data, near-singular), crossed, nested, an effect for every row, rare events, groups that separate, large counts. lme4's
criterion is the best of its default, bobyqa and nlminbwrap, compared with `laplace="lme4"`; glmmTMB's with the exact
Laplace approximation. Written: one line a problem with the criteria, the gaps, evaluations and the certificate.
`--folder` keeps data and R's answers, and takes them from there if they are there.
"""

from __future__ import annotations

import argparse
import csv
import json
import pathlib
import subprocess
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pandas as pd

import pylmer
from pylmer import families
from pylmer.engine.covariance.family import CovarianceFamily as Covariance
from pylmer.engine.generalized.generalized import fit_generalized
from pylmer.engine.generalized.solution import GeneralizedOptimum
from pylmer.engine.generalized.weighted import GlmRows
from pylmer.fit.devfun import rows_of

HERE = pathlib.Path(__file__).resolve().parent
Layout = tuple[str, pd.DataFrame, np.ndarray]  # random terms, columns, random part of eta


def grouped(
    rng: np.random.Generator, sizes: np.ndarray, sd: tuple[float, float], correlation: float = 0.0
) -> tuple[pd.DataFrame, np.ndarray]:
    """x, g and a_g + b_g x with sd(a, b) as given."""
    g = np.repeat(np.arange(len(sizes)), sizes)
    x = rng.normal(size=len(g))
    z = rng.normal(size=(len(sizes), 2))
    z[:, 1] = correlation * z[:, 0] + np.sqrt(1 - correlation**2) * z[:, 1]
    a, b = sd[0] * z[:, 0], sd[1] * z[:, 1]
    return pd.DataFrame({"x": x, "g": [f"g{k:03d}" for k in g]}), a[g] + b[g] * x


def small_groups(rng: np.random.Generator) -> Layout:
    return "(1 | g)", *grouped(rng, rng.integers(1, 5, 20), (0.8, 0.0))


def usual_groups(rng: np.random.Generator) -> Layout:
    return "(1 | g)", *grouped(rng, rng.integers(5, 15, 20), (0.7, 0.0))


def singletons(rng: np.random.Generator) -> Layout:
    return "(1 | g)", *grouped(rng, np.append(np.ones(40, int), [8, 9, 10]), (0.8, 0.0))


def imbalance(rng: np.random.Generator) -> Layout:
    return "(1 | g)", *grouped(rng, np.array([1, 1, 1, 2, 2, 3, 20, 80]), (rng.choice([0.4, 1.5]), 0.0))


def zero_variance(rng: np.random.Generator) -> Layout:
    return "(x | g)", *grouped(rng, np.full(15, 8), (0.0, 0.0))


def slopes(rng: np.random.Generator) -> Layout:
    return "(x | g)", *grouped(rng, rng.integers(6, 14, 25), (0.7, 0.4))


def strong_slopes(rng: np.random.Generator) -> Layout:
    return "(x | g)", *grouped(rng, np.full(30, 6), (2.0, 1.2), 0.4)


def near_singular(rng: np.random.Generator) -> Layout:
    return "(x | g)", *grouped(rng, np.full(20, 10), (0.8, 0.5), rng.choice([-0.999, 0.999]))


def independent_slopes(rng: np.random.Generator) -> Layout:
    return "(x || g)", *grouped(rng, np.full(20, 10), (0.8, 0.0))


def crossed(rng: np.random.Generator) -> Layout:
    data, eta = grouped(rng, np.full(20, 12), (0.8, 0.0))
    h = rng.integers(0, 9, len(data))
    return "(1 | g) + (1 | h)", data.assign(h=[f"h{k}" for k in h]), eta + 0.5 * rng.normal(size=9)[h]


def nested(rng: np.random.Generator) -> Layout:
    data, eta = grouped(rng, np.full(24, 8), (0.6, 0.0))
    h = data["g"].str[1:].astype(int) // 4
    return "(1 | h / g)", data.assign(h=[f"h{k}" for k in h]), eta + 0.6 * rng.normal(size=6)[h]


def row_effects(rng: np.random.Generator) -> Layout:
    data, eta = grouped(rng, np.full(12, 8), (0.5, 0.0))
    data["o"] = [f"o{k:03d}" for k in range(len(data))]
    return "(1 | o) + (1 | g)", data, eta + 0.5 * rng.normal(size=len(data))


LAYOUTS: tuple[Callable[[np.random.Generator], Layout], ...] = (
    small_groups, usual_groups, singletons, imbalance, zero_variance, slopes, strong_slopes, near_singular,
    independent_slopes, crossed, nested, row_effects,
)  # fmt: skip


def bernoulli(rng: np.random.Generator, mu: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    return (rng.random(len(mu)) < mu).astype(float), np.ones(len(mu))


def trials(rng: np.random.Generator, mu: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    w = rng.integers(1, 12, len(mu))
    return rng.binomial(w, mu) / w, w.astype(float)


def counts(rng: np.random.Generator, mu: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    return rng.poisson(mu).astype(float), np.ones(len(mu))


def dispersed(rng: np.random.Generator, mu: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    return rng.poisson(rng.gamma(2.0, mu / 2.0)).astype(float), np.ones(len(mu))


def positive(rng: np.random.Generator, mu: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    return rng.gamma(10.0, mu / 10.0), np.ones(len(mu))


def normal(rng: np.random.Generator, mu: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    return rng.normal(mu, 0.5) + 0.0, np.ones(len(mu))


# family here, in R, in glmmTMB; intercept and size of eta; the draw
LAWS: tuple[tuple[Any, str, str | None, float, float, Callable[..., Any]], ...] = (
    (families.binomial(), "binomial", "binomial", -0.5, 1.0, bernoulli),
    (families.binomial(), "binomial", "binomial", -3.0, 1.0, bernoulli),  # rare events, groups without any
    (families.binomial(), "binomial", "binomial", -0.5, 1.0, trials),
    (families.binomial("probit"), 'binomial("probit")', 'binomial("probit")', -0.3, 0.6, bernoulli),
    (families.binomial("cloglog"), 'binomial("cloglog")', 'binomial("cloglog")', -0.7, 0.7, trials),
    (families.binomial("cauchit"), 'binomial("cauchit")', None, -0.4, 0.8, trials),
    (families.poisson(), "poisson", "poisson", 0.3, 0.7, counts),
    (families.poisson(), "poisson", "poisson", 5.0, 0.7, counts),
    (families.poisson("sqrt"), 'poisson("sqrt")', None, 2.5, 0.3, counts),
    (families.negative_binomial(2.0), "MASS::negative.binomial(2)", None, 1.0, 0.6, dispersed),
    (families.Gamma("log"), 'Gamma("log")', 'Gamma("log")', 1.0, 0.4, positive),
    (families.gaussian("log"), 'gaussian("log")', 'gaussian("log")', 1.5, 0.2, normal),
)
LINKS = {"probit": families.binomial("probit"), "cloglog": families.binomial("cloglog")}


def write(folder: pathlib.Path, count: int) -> list[dict[str, Any]]:
    cases: list[dict[str, Any]] = []
    for number in range(count):
        layout, law = LAYOUTS[number % len(LAYOUTS)], LAWS[(number + number // len(LAYOUTS)) % len(LAWS)]
        rng = np.random.default_rng(5000 + number)
        terms, data, random = layout(rng)
        family, R_family, tmb, intercept, size, draw = law
        eta = intercept + size * (0.5 * data["x"].to_numpy() + random)
        y, w = draw(rng, np.asarray(family.mu(eta)))
        data.assign(y=y, w=w).to_csv(folder / f"{number}.csv", index=False, float_format="%.17g")
        cases.append(
            {"number": number, "kind": layout.__name__, "law": str(LAWS.index(law)), "formula": f"y ~ x + {terms}"}
            | {"R_family": R_family, "tmb": tmb}
        )
    (folder / "cases.json").write_text(json.dumps(cases))
    return cases


def fits(case: dict[str, Any], data: pd.DataFrame) -> Iterator[tuple[str, GeneralizedOptimum, float]]:
    """The optimum of lme4's criterion and, where glmmTMB has it, of the exact one, with CPU seconds."""
    family = LAWS[int(case["law"])][0]
    checks = dict.fromkeys(("check_nobs_vs_nlev", "check_nobs_vs_nRE", "check_nobs_vs_rankZ"), "ignore")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", pylmer.FitNote)
        design = pylmer.lFormula(case["formula"], data, control=pylmer.lmerControl(**checks))
    terms = rows_of(design).terms
    rows = GlmRows(np.asarray(design.X), data["y"].to_numpy(), data["w"].to_numpy(), None, terms)
    covariances = [Covariance(t.structure, t.width, t.hom) for t in terms]
    for laplace in ("lme4", "observed") if case["tmb"] else ("lme4",):
        begun = time.process_time()
        optimum = fit_generalized(rows, family, covariances, laplace=laplace)
        yield laplace, optimum, time.process_time() - begun


def ours(case: dict[str, Any], data: pd.DataFrame) -> dict[str, Any]:
    line: dict[str, Any] = {}
    try:
        for name, optimum, seconds in fits(case, data):
            line |= {
                name: optimum.value,
                f"evaluations_{name}": optimum.evaluations + optimum.gradients,
                f"passes_{name}": optimum.passes,
                f"certified_{name}": optimum.certificate.holds,
                f"converged_{name}": optimum.converged,
                f"singular_{name}": optimum.singular,
                f"seconds_{name}": seconds,
            }
    except pylmer.PylmerError as error:
        line["error"] = str(error)
    return line


def answers(folder: pathlib.Path, count: int) -> tuple[list[dict[str, Any]], dict[int, dict[str, Any]]]:
    """The problems and R's answers, made where they are not there."""
    if not (folder / "r.jsonl").exists():
        folder.mkdir(parents=True, exist_ok=True)
        write(folder, count)
        subprocess.run(["Rscript", str(HERE / "glmm_trust.R"), str(folder)], check=True)
    theirs = {line["number"]: line for line in map(json.loads, (folder / "r.jsonl").read_text().splitlines())}
    return json.loads((folder / "cases.json").read_text()), theirs


def gap(ours: float | None, theirs: float | None) -> float | None:
    return None if ours is None or theirs is None else (ours - theirs) / max(1.0, abs(theirs))


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--out", type=pathlib.Path, default=HERE / "results")
    parser.add_argument("--count", type=int, default=240)
    parser.add_argument("--folder", type=pathlib.Path)
    given = parser.parse_args()
    cases, theirs = answers(given.folder or pathlib.Path(tempfile.mkdtemp()), given.count)
    folder = given.folder
    lines = []
    for case in cases:
        if case["number"] not in theirs:
            continue
        R = theirs[case["number"]]
        line = case | ours(case, pd.read_csv(folder / f"{case['number']}.csv"))
        line |= {"best_lme4": R["best"], "glmmTMB": R.get("tmb"), "default_lme4": R["lme4"][0]}
        line["gap_lme4"] = gap(line.get("lme4"), R["best"])
        line["gap_glmmTMB"] = gap(line.get("observed"), R.get("tmb"))
        lines.append(line)
    given.out.mkdir(parents=True, exist_ok=True)
    names = list(dict.fromkeys(name for line in lines for name in line))
    with open(given.out / "glmm_trust.csv", "w", newline="") as file:
        writer = csv.DictWriter(file, fieldnames=names)
        writer.writeheader()
        writer.writerows(lines)
    report(lines)


def report(lines: list[dict[str, Any]]) -> None:
    print(f"{len(lines)} problems; failed: {[(n['number'], n['error']) for n in lines if 'error' in n]}")
    for name in ("lme4", "glmmTMB"):
        compared = [n for n in lines if n[f"gap_{name}"] is not None]
        print(f"{name}: {len(compared)} compared; higher by more than 1e-6:")
        for n in compared:
            if n[f"gap_{name}"] > 1e-6:
                print("   ", n["number"], n["kind"], n["R_family"], f"{n[f'gap_{name}']:.2e}")
        print("   lower by more than 1e-6:", sum(n[f"gap_{name}"] < -1e-6 for n in compared))
    for name in ("lme4", "observed"):
        some = [n for n in lines if f"evaluations_{name}" in n]
        counts = np.array([n[f"evaluations_{name}"] for n in some])
        print(f"{name}: evaluations median {np.median(counts)}, 90 % {np.quantile(counts, 0.9)}, max {counts.max()}")
        print("   not converged:", [n["number"] for n in some if not n[f"converged_{name}"]])
        print("   without certificate:", [n["number"] for n in some if not n[f"certified_{name}"]])


if __name__ == "__main__":
    main()
