"""Two pictures, pixel by pixel, by pytest-mpl.

pytest tests/plots/test_pictures.py --mpl-generate-path=tests/plots/baseline draws them anew.
"""

from __future__ import annotations

import pytest
from matplotlib.figure import Figure

import pylmer

from .answers import EIGHT, radon

compared = pytest.mark.mpl_image_compare(
    baseline_dir="baseline",
    style="default",
    remove_text=True,  # fonts differ from one installation to the next; the texts are tested elsewhere
    savefig_kwargs={"dpi": 60},
    tolerance=4,  # root mean square of grey levels; leaving out one kind of line gives 12
)


@compared
def test_intercepts() -> Figure:
    return pylmer.plot_intercepts(radon())[0].figure


@compared
def test_lines() -> Figure:
    return pylmer.plot_lines(radon(), levels=EIGHT)[0].figure
