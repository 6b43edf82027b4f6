"""Notebook pages: well-formed, escaped, with the numbers of the text."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest

import pylmer


@pytest.fixture(scope="module")
def fit() -> pylmer.LmerFit:
    return pylmer.lmer("Reaction ~ Days + (Days | Subject)", pylmer.datasets.load("sleepstudy"))


def cells(page: str) -> list[str]:
    """All table cells; raises if the page is not well-formed."""
    root = ElementTree.fromstring(f"<body>{page}</body>")
    return [cell.text or "" for cell in root.iter() if cell.tag in ("td", "th")]


def test_fit(fit: pylmer.LmerFit) -> None:
    page = fit._repr_html_()
    assert {"Subject", "(Intercept)", "24.740", "5.922", "0.07", "Residual", "Std. Error", "36.838"} <= set(cells(page))
    assert "Formula: Reaction ~ Days + (Days | Subject)" in page


def test_summary(fit: pylmer.LmerFit) -> None:
    page = pylmer.summary(fit)._repr_html_()
    assert {"612.09", "t value", "6.771"} <= set(cells(page))
    assert "Scaled residuals:" in page


def test_VarCorr(fit: pylmer.LmerFit) -> None:
    assert cells(pylmer.VarCorr(fit)._repr_html_())[:5] == ["Groups", "Name", "Variance", "Std.Dev.", "Corr"]


def test_a_page_without_a_table_is_its_text(fit: pylmer.LmerFit) -> None:
    root = ElementTree.fromstring(pylmer.logLik(fit)._repr_html_())
    assert (root.tag, root.text) == ("pre", str(pylmer.logLik(fit)))


def test_names_are_escaped() -> None:
    data = pylmer.datasets.load("sleepstudy").rename(columns={"Subject": "a<b>"})
    model = pylmer.lmer("Reaction ~ Days + (1 | `a<b>`)", data)
    assert "<b>" not in model._repr_html_() + pylmer.summary(model)._repr_html_()
    assert "a<b>" in cells(model._repr_html_())
