"""Never worse than the best known: generated generalized models, pylmer against lme4's optimizers and glmmTMB.

    python glmm_trust.py [--count 500] [--seed 20261129] [--folder KEPT] [--piece 20] [--out results]
    python glmm_trust.py --report                          # the counts of what is in results/glmm_trust.csv

The problems are those of `glmm_trust_problems.py`. lme4's criterion is the smallest of its default optimizers, bobyqa
and nlminbwrap, each tightened (`tolPwrss = 1e-10`), and is compared with `laplace="lme4"`; glmmTMB's is the exact
Laplace approximation, `laplace="observed"`. Data and R's answers are kept in the folder and the lines of the table
are added piece by piece, so that a run that was stopped goes on where it was. Problems that are in the table are not
fitted again: remove the table to try them anew on R's answers as they are.
"""

from __future__ import annotations

import argparse
import json
import pathlib
import subprocess
import tempfile
import time
import warnings
from typing import Any

import numpy as np
import pandas as pd
from glmm_trust_problems import Case

import pylmer

HERE = pathlib.Path(__file__).resolve().parent
SEED = 20261129
CRITERIA = {"lme4": "lme4", "observed": "glmmTMB"}  # `laplace`, whose criterion it is
CHECKS = dict.fromkeys(("check_nobs_vs_nlev", "check_nobs_vs_nRE", "check_nobs_vs_rankZ", "check_scaleX"), "ignore")
OUTCOME = ("value", "gap", "evaluations", "passes", "certified", "converged", "singular", "seconds", "error")
R_NAMES = ("default", "bobyqa", "nlminbwrap", "glmmTMB")
COLUMNS = ["number", "seed", "kind", "formula", "family", *R_NAMES, "best_lme4"]
COLUMNS += [f"{name}_{laplace}" for laplace in CRITERIA for name in OUTCOME]


def fitted(case: Case, laplace: str) -> dict[str, Any]:
    """How pylmer's fit by one criterion ends, CPU seconds included."""
    formula, data = case.made()
    control = pylmer.glmerControl(laplace=laplace, **CHECKS)
    begun = time.process_time()
    try:
        optimum = pylmer.glmer(formula, data, case.law.family, weights="w", control=control).optimum
    except pylmer.PylmerError as error:
        return {"error": f"{type(error).__name__}: {error}".splitlines()[0]}
    return {
        "value": optimum.value,
        "evaluations": optimum.evaluations + optimum.gradients,
        "passes": optimum.passes,
        "certified": optimum.certificate.holds,
        "converged": optimum.converged,
        "singular": optimum.singular,
        "seconds": time.process_time() - begun,
    }


def line(case: Case, about: dict[str, Any], R: dict[str, Any]) -> dict[str, Any]:
    """One problem: R's criteria, ours, and what ours lies above the best of theirs, relatively."""
    lme4 = [R[name] for name in R_NAMES[:3] if R[name] is not None]
    theirs = {"lme4": min(lme4, default=None), "observed": R["glmmTMB"]}
    found: dict[str, Any] = {"seed": case.seed, **about, **R, "best_lme4": theirs["lme4"]}
    for laplace in CRITERIA if about["shared"] else ("lme4",):
        ours = fitted(case, laplace)
        if "value" in ours and theirs[laplace] is not None:
            ours["gap"] = (ours["value"] - theirs[laplace]) / max(1.0, abs(theirs[laplace]))
        found |= {f"{name}_{laplace}": value for name, value in ours.items()}
    return {name: found.get(name) for name in COLUMNS}


def answers(folder: pathlib.Path) -> dict[int, dict[str, Any]]:
    """R's answers so far, by number."""
    kept = folder / "r.jsonl"
    lines = kept.read_text().splitlines() if kept.exists() else []
    return {found["number"]: found for found in map(json.loads, lines)}


def run(cases: list[Case], folder: pathlib.Path, table: pathlib.Path, piece: int) -> None:
    """Piece by piece: R's answers where they are missing, then ours; the lines are added to the table."""
    folder.mkdir(parents=True, exist_ok=True)
    records = {case.number: case.record(folder) for case in cases}
    (folder / "cases.json").write_text(json.dumps(list(records.values())))
    done = set(pd.read_csv(table)["number"]) if table.exists() else set()
    while left := [case for case in cases if case.number not in done]:
        theirs = answers(folder)
        ready = [case for case in left if case.number in theirs]
        if not ready:
            subprocess.run(["Rscript", str(HERE / "glmm_trust.R"), str(folder), str(piece)], check=True)
            continue
        lines = [line(case, records[case.number], theirs[case.number]) for case in ready]
        pd.DataFrame(lines, columns=COLUMNS).to_csv(table, mode="a", header=not table.exists(), index=False)
        done |= {case.number for case in ready}
        print(f"{len(done)} of {len(cases)}", flush=True)


def named(found: pd.DataFrame) -> str:
    """Numbers and kinds of some problems."""
    return ", ".join(f"{n.number} ({n.kind}, {n.family})" for n in found.itertuples()) or "none"


def told(found: pd.DataFrame, laplace: str) -> list[str]:
    """The counts of one criterion."""
    ours = {name: found[f"{name}_{laplace}"] for name in OUTCOME}
    gap = ours["gap"].dropna()
    scaled = found["family"].str.contains("Gamma|gaussian")
    evaluations = ours["evaluations"][~scaled].dropna()
    fits = ours["value"].notna()
    out = [f'`laplace="{laplace}"`: {fits.sum()} fits; {len(gap)} compared with {CRITERIA[laplace]}: ']
    out[0] += f"higher by more than 1e-6 relative {np.sum(gap > 1e-6)}, lower {np.sum(gap < -1e-6)}; "
    out[0] += f"largest gap {gap.max():.1e}."
    out += [f"Higher: {named(found[ours['gap'] > 1e-6])}."]
    quantiles = f"median {evaluations.median():.0f}, 90 % {evaluations.quantile(0.9):.0f}, most {evaluations.max():.0f}"
    out += [f"Evaluations without a scale ({len(evaluations)} fits), differences included: {quantiles}."]
    ended, proved = ours["converged"].eq(True), ours["certified"].eq(True)
    out += [f"Singular {ours['singular'].eq(True).sum()}."]
    out += [f"Not converged: {named(found[fits & ~ended])}."]
    out += [f"Converged without certificate: {named(found[ended & ~proved])}."]
    refused = found[ours["error"].notna()]
    out += [
        f"Refused: {n.number} ({n.kind}, {n.family}): {getattr(n, 'error_' + laplace)}" for n in refused.itertuples()
    ]
    return out


def report(table: pathlib.Path) -> str:
    """The counts as Markdown."""
    found = pd.read_csv(table)
    fails = {name: int(found[name].isna().sum()) for name in R_NAMES[:3]}
    text = [f"{len(found)} problems of seed {found['seed'].iloc[0]}; no answer of lme4: {fails}."]
    for laplace in CRITERIA:
        text += ["", *(f"- {item}" for item in told(found, laplace))]
    return "\n".join(text) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--out", type=pathlib.Path, default=HERE / "results")
    parser.add_argument("--count", type=int, default=500)
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--piece", type=int, default=20)
    parser.add_argument("--folder", type=pathlib.Path)
    parser.add_argument("--report", action="store_true")
    given = parser.parse_args()
    given.out.mkdir(parents=True, exist_ok=True)
    table = given.out / "glmm_trust.csv"
    folder = given.folder or pathlib.Path(tempfile.gettempdir()) / f"pylmer-glmm-trust-{given.seed}"
    if not given.report:
        warnings.simplefilter("ignore", pylmer.FitNote)
        run([Case(number, given.seed) for number in range(given.count)], folder, table, given.piece)
    text = report(table)
    (given.out / "glmm_trust.md").write_text(text)
    print(text)


if __name__ == "__main__":
    main()
