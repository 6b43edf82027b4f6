"""bootMer of generalized linear mixed models: responses drawn from the fit, refitted from its optimum."""

from __future__ import annotations

from typing import Any

from ...errors import ArgumentError
from ...fit import generalized_batch
from ...fit.generalized import GeneralizedFittedModel
from ...prediction.choosing import ReForm
from ...simulation.drawing import Seed, generator, replicates
from ...simulation.generalized import draw_generalized
from ...simulation.simulate import conditioned
from .record import BootMer
from .replicating import Execution
from .words import bootMer, replicated

__all__ = ["boot_generalized", "generalized_batch"]


@bootMer.register(GeneralizedFittedModel)
def boot_generalized(
    fit: GeneralizedFittedModel,
    FUN: Any = None,
    nsim: int = 1,
    seed: Seed = None,
    *,
    use_u: bool = False,
    re_form: ReForm = "NA",
    type: str = "parametric",
    progress: bool | None = None,
    parallel: str = "no",
    ncpus: int = 1,
) -> BootMer:
    """Parametric bootstrap of a fit of `glmer`; the arguments are those of `bootMer` for `lmer`.

    With one grouping factor and Laplace's approximation all replicates are solved together; else one after the other.
    ArgumentError for type="semiparametric": residuals of counts cannot be exchanged.
    """
    count, rng, how = replicates(nsim), generator(seed), Execution(progress, parallel, ncpus)
    if type != "parametric":
        raise ArgumentError(f"type={type!r}: the bootstrap of a glmer() is parametric; its residuals are no sample")
    kept = conditioned(fit, use_u, re_form)

    return replicated(
        fit,
        FUN,
        lambda m: draw_generalized(fit, m, rng, kept),
        count,
        how,
        seed=seed,
        use_u=use_u,
        re_form=re_form,
        type=type,
    )
