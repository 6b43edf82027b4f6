"""What averages need of a fit of `glm`."""

from __future__ import annotations

import numpy as np

from ...design.estimable import null_space
from ...errors import ArgumentError
from ...fit.linear.generalized import GeneralizedFit
from ..marginal_means.basis import Basis, KnownDf, basis_of
from ..marginal_means.links import link_transformation
from ..marginal_means.transformations import ResponseScale, response_scale

T_TESTS = ("gaussian", "Gamma")  # families whose functions have residual degrees of freedom


@basis_of.register(GeneralizedFit)
def linear_basis(fit: GeneralizedFit, lmer_df: str | None) -> Basis:
    """Coefficients judged by the normal distribution, of gaussian and Gamma families by t, as in R's emmeans."""
    if lmer_df is not None:
        raise ArgumentError(f"lmer_df={lmer_df!r}: a glm() has no methods of degrees of freedom to choose from")
    df = float(fit.df_residual) if fit.family.name in T_TESTS else np.inf
    return Basis(
        fit.kept, fit.beta[fit.kept], null_space(fit, fit.kept), KnownDf(fit.dispersion * fit.unscaled, df), None
    )


@response_scale.register(GeneralizedFit)
def linear_scale(fit: GeneralizedFit) -> ResponseScale:
    """The link."""
    return ResponseScale(link_transformation(fit.family), None)
