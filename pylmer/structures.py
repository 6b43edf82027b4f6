"""The structures that a random term's covariance may have: one row each.

A new structure is a row here, and the class that the row names. A row is plain, so that formulas know the names without
numerics, and sums whether columns may be whitened; the class comes when `covariance_family` is first asked for it.
"""

from __future__ import annotations

from dataclasses import dataclass

DEFAULT = "us"  # what `(x | g)` means


@dataclass(frozen=True)
class CovarianceStructure:
    """One structure.

    family  module and class of what such covariances are, in `pylmer.engine.covariance`
    hom     whether standard deviations are equal where a formula does not say: lme4's default; None where `hom` is no
            argument
    linear  whether B Sigma B' has the structure again for every matrix B: then columns may be whitened
    """

    family: str
    hom: bool | None = False
    linear: bool = False


STRUCTURES = {
    "ar1": CovarianceStructure("autoregression.Autoregression", hom=True),
    "cs": CovarianceStructure("compound_symmetry.CompoundSymmetry"),
    "diag": CovarianceStructure("diagonal.DiagonalFamily"),
    "us": CovarianceStructure("unstructured.UnstructuredFamily", hom=None, linear=True),
}
