"""Makes counties.png, the README's second picture: python tests/pictures/counties.py (needs the extra `plot`).

Data and lines of eight counties, as figures 12.2 and 12.4 of Gelman & Hill (2007).
"""

from __future__ import annotations

from pathlib import Path

import matplotlib as mpl

mpl.use("Agg")

import pylmer

OUTPUT = Path(__file__).with_suffix(".png")
EIGHT = ["LAC QUI PARLE", "AITKIN", "KOOCHICHING", "DOUGLAS", "CLAY", "STEARNS", "RAMSEY", "ST LOUIS"]


def main() -> None:
    fit = pylmer.lmer("log_radon ~ floor + (1 | county)", pylmer.datasets.load("radon"))
    pylmer.plot_lines(fit, levels=EIGHT)[0].figure.savefig(OUTPUT, dpi=110)


if __name__ == "__main__":
    main()
