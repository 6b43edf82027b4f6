"""Makes radon.png, the README's picture: python tests/pictures/radon.py (needs the extra `plot`).

County intercepts with one standard error, by the number of houses: no pooling (a county by itself) beside the
multilevel model, as figure 12.3 of Gelman & Hill (2007).
"""

from __future__ import annotations

from pathlib import Path

import matplotlib as mpl

mpl.use("Agg")

import pylmer

OUTPUT = Path(__file__).with_suffix(".png")


def main() -> None:
    fit = pylmer.lmer("log_radon ~ floor + (1 | county)", pylmer.datasets.load("radon"))
    left, right = pylmer.plot_intercepts(fit)
    left.set_title("no pooling:  lm(log_radon ~ floor + county - 1)", fontsize="medium")
    right.set_title("multilevel:  lmer(log_radon ~ floor + (1 | county))", fontsize="medium")
    left.figure.savefig(OUTPUT, dpi=110)


if __name__ == "__main__":
    main()
