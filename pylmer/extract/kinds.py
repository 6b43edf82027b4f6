"""What kind of model a fit is: isGLMM, isNLMM, and the family of its response."""

from __future__ import annotations

from .. import families
from ..families import Family
from ..fit.fitted_model import FittedModel
from ..fit.generalized import GeneralizedFittedModel
from ..fit.linear.regression import LinearFit
from ..fit.words import word_of


def isGLMM(fit: object) -> bool:
    """Whether this is a generalized linear mixed model.

    fit  a fit; anything else is none

    >>> import pylmer
    >>> fit = pylmer.lmer("Reaction ~ Days + (Days | Subject)", pylmer.datasets.load("sleepstudy"))
    >>> pylmer.isGLMM(fit)
    False
    """
    return isinstance(fit, GeneralizedFittedModel)


def isNLMM(fit: object) -> bool:
    """Whether this is a nonlinear mixed model: nothing that pylmer fits is.

    fit  a fit, of whatever kind

    >>> import pylmer
    >>> fit = pylmer.lmer("Reaction ~ Days + (Days | Subject)", pylmer.datasets.load("sleepstudy"))
    >>> pylmer.isNLMM(fit)
    False
    """
    return False


@word_of(GeneralizedFittedModel)
def family(fit: GeneralizedFittedModel) -> Family:
    """The family of a fit with its link, printed by `str()` as R does; of `lmer` and `lm` gaussian, identity.

    fit  a fit of `glmer`, `glm`, `lmer` or `lm`

    >>> import pylmer
    >>> fit = pylmer.lmer("Reaction ~ Days + (Days | Subject)", pylmer.datasets.load("sleepstudy"))
    >>> pylmer.family(fit)
    gaussian("identity")
    """
    return fit.family


@family.register(FittedModel)
@family.register(LinearFit)
def family_of_linear(fit: FittedModel | LinearFit) -> Family:
    """Gaussian with the identity link."""
    return families.gaussian()
