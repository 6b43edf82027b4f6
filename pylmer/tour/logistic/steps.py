"""The steps of the logistic chapter in order, and its figures."""

from __future__ import annotations

from ... import (
    plot_criterion,
    plot_effect,
    plot_intercepts,
    plot_quantile_residuals,
    plot_shrinkage,
)
from ..figures import Figure
from ..telling import ChapterStep
from . import models, questions

STEPS = (
    ChapterStep("Complete pooling of proportions", models.complete_pooling),
    ChapterStep("No pooling", models.no_pooling),
    ChapterStep("Multilevel", models.multilevel, ("herds", "quarters")),
    ChapterStep("The criterion over theta", models.criterion, ("criterion",)),
    ChapterStep("Shrinkage of probabilities", questions.shrinkage, ("shrinkage",)),
    ChapterStep("The ratio of variances, and the intraclass correlation", questions.ratio_and_icc),
    ChapterStep("Herds without a case", questions.without_a_case, ("third-quarter",)),
    ChapterStep("Predicted probabilities by herd", questions.predictions),
    ChapterStep("Laplace's approximation against the integral", questions.laplace),
    ChapterStep("Two certificates", questions.certificates),
    ChapterStep("Is there more variation?", questions.enough_variation, ("residuals",)),
)
FIGURES = (
    Figure("herds", "logits of the herds +- s.e. by animals counted", lambda c: plot_intercepts(c.M)),
    Figure("quarters", "probabilities by quarter, and the herds' proportions", lambda c: plot_effect(c.M, "period")),
    Figure("criterion", "-2 log L over the standard deviation of the herds", lambda c: plot_criterion(c.M)),
    Figure("shrinkage", "from no pooling to the multilevel estimates", lambda c: plot_shrinkage(c.M)),
    Figure("third-quarter", "the third quarter: herds without a case", lambda c: plot_intercepts(c.third)),
    Figure("residuals", "quantile residuals", lambda c: plot_quantile_residuals(c.M)),
)
