"""The printed page. Importing it teaches the records of `extract` to print themselves.

In: records of numbers.
Out: text and HTML.
Must not know: how the numbers are found.
"""

from __future__ import annotations

from . import (
    bootstraps,
    explained,
    factors,
    fixed,
    generalized,
    hypotheses,
    influences,
    linear,
    marginal_means,
    partial_pooling,
    posterior,
    power,
    robust,
    simulated,
    variances,
)
from .arm import Display, display
from .fits import print_fit
from .generalized import html_generalized, print_generalized
from .headers import title
from .pages import html_fit, html_table
from .summaries import Summary, summary

__all__ = [
    "Display",
    "Summary",
    "bootstraps",
    "display",
    "explained",
    "factors",
    "fixed",
    "generalized",
    "html_fit",
    "html_generalized",
    "html_table",
    "hypotheses",
    "influences",
    "linear",
    "marginal_means",
    "partial_pooling",
    "posterior",
    "power",
    "print_fit",
    "print_generalized",
    "robust",
    "simulated",
    "summary",
    "title",
    "variances",
]
