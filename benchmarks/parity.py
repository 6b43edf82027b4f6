"""The parity corpus: random designs, formulas and options with R's answers, for tests/parity.

    python parity.py [--out ../tests/parity/corpus.json.gz] [--sets 60] [--fits 480]

Data set k is made by numpy's generator with seed 7000 + k, fit i is drawn with seed 9000 + i; numbers are rounded to
four digits before R and pylmer see them, and stand in the corpus, so that no stream of random numbers is needed again.
R's answer is the lowest of four optimizers, each polished from where it stopped (parity.R).
"""

from __future__ import annotations

import argparse
import gzip
import json
import pathlib
import subprocess
import tempfile

import numpy as np
import pandas as pd

HERE = pathlib.Path(__file__).resolve().parent
FIXED = (
    "1", "x", "x + f", "x * f", "f", "0 + f", "f * k", "x + I(x^2)", "poly(x, 2)", "z + x", "f + k + x", "f / x",
    "scale(x) + k", "log(w) + x", "x + offset(o)", "(x + k)^2", "0 + x", "relevel(f, 'c') + x", "k:x", "x + lg",
)  # fmt: skip
RANDOM = (
    "(1 | g)", "(x | g)", "(x || g)", "(0 + x | g)", "(1 | g) + (1 | h)", "(x | g) + (1 | h)", "(1 | g / s)",
    "(1 | g:s)", "(z | g)", "(x + z || g)", "(1 | g) + (0 + z | g)", "(0 + k | g)", "(k | g)", "(1 | h) + (x || g)",
    "(1 | g) + (1 | h) + (1 | g:h)", "(1 | g) + (0 + x | h)",
)  # fmt: skip
OPTIONS = ({}, {}, {}, {"weights": "w"}, {"offset": "o"}, {"subset": "x > -1"}, {"contrasts": "contr.sum"},
           {"weights": "w", "offset": "o"}, {"weights": "w", "subset": "z < 1.5"},
           {"contrasts": "contr.helmert", "weights": "w"})  # fmt: skip


def made(seed: int) -> pd.DataFrame:
    """A data set with unbalanced groups g, subgroups s, crossed h, factors, covariates, weights, offset, gaps."""
    rng = np.random.default_rng(seed)
    sizes = rng.integers(3, rng.choice([8, 12, 16]), rng.integers(8, 24))
    g = np.repeat(np.arange(len(sizes)), sizes)
    n, h, s = len(g), rng.integers(0, rng.integers(4, 9), len(g)), rng.integers(0, 3, len(g))
    x, z = rng.normal(size=n), rng.normal(rng.normal(size=len(sizes))[g] * 0.5)
    f, k, lg = rng.integers(0, 3, n), rng.integers(0, 2, n), rng.random(n) < 0.4
    sd = rng.choice([0.0, 0.7, 1.0, 2.0], 3)
    b = rng.normal(size=(3, max(len(sizes), 10)))
    mean = 1 + 0.7 * x - 0.4 * z + np.array([0, 0.5, -1.0])[f] + 0.3 * k * x
    y = (
        mean
        + sd[0] * b[0, g]
        + sd[1] * b[1, g] * x
        + sd[2] * b[2, h]
        + rng.choice([0.3, 1.0, 2.0]) * rng.normal(size=n)
    )
    data = pd.DataFrame({"y": y, "x": x, "z": z, "w": rng.uniform(0.3, 3, n), "o": rng.normal(size=n)})
    data = data.map(lambda value: float(f"{value:.4g}"))
    if seed % 3 == 0:
        data.loc[rng.choice(n, 2, replace=False), "x"] = np.nan
    letters = {"f": "abc", "k": "uv"}
    texts = {name: [letters[name][code] for code in codes] for name, codes in (("f", f), ("k", k))}
    return data.assign(**texts, lg=lg, g=[f"g{i:02d}" for i in g], h=[f"h{i}" for i in h], s=[f"s{i}" for i in s])


def drawn(number: int, sets: int) -> dict[str, object]:
    """One fit: its data set, formula and options."""
    rng = np.random.default_rng(9000 + number)
    formula = f"y ~ {FIXED[rng.integers(len(FIXED))]} + {RANDOM[rng.integers(len(RANDOM))]}"
    options = OPTIONS[rng.integers(len(OPTIONS))]
    if "contrasts" in options and " f" not in formula:
        options = {name: value for name, value in options.items() if name != "contrasts"}
    return {"set": int(rng.integers(sets)), "formula": formula, "REML": bool(rng.integers(3)), **options}


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--out", type=pathlib.Path, default=HERE.parent / "tests" / "parity" / "corpus.json.gz")
    parser.add_argument("--sets", type=int, default=60)
    parser.add_argument("--fits", type=int, default=480)
    given = parser.parse_args()
    folder = pathlib.Path(tempfile.mkdtemp())
    sets = [made(7000 + k) for k in range(given.sets)]
    for k, data in enumerate(sets):
        data.assign(lg=data["lg"].map({True: "TRUE", False: "FALSE"})).to_csv(folder / f"{k}.csv", index=False)
    fits = [drawn(i, given.sets) for i in range(given.fits)]
    (folder / "fits.json").write_text(json.dumps(fits))
    subprocess.run(["Rscript", str(HERE / "parity.R"), str(folder)], check=True)
    answers = json.loads((folder / "answers.json").read_text())
    columns = [json.loads(data.to_json(orient="split", index=False, double_precision=10)) for data in sets]
    versions = [answer.pop("versions", None) for answer in answers]
    lines = [fit | {"R": answer} for fit, answer in zip(fits, answers, strict=True) if "refused" not in answer]
    corpus = {
        "made by": "benchmarks/parity.py",
        "versions": next(filter(None, versions)),
        "sets": columns,
        "fits": lines,
    }
    with gzip.GzipFile(given.out, "wb", mtime=0) as file:
        file.write(json.dumps(corpus, separators=(",", ":")).encode())
    refused = [fit | answer for fit, answer in zip(fits, answers, strict=True) if "refused" in answer]
    print(f"{len(lines)} fits kept; refused by R:", *refused, sep="\n  ")


if __name__ == "__main__":
    main()
