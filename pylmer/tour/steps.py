"""The steps of the chapter, in order."""

from __future__ import annotations

from . import models, questions
from .telling import Step

STEPS = (
    Step("Complete pooling", models.complete_pooling),
    Step("No pooling", models.no_pooling, ("figure-12-2",)),
    Step("Multilevel, without predictors", models.without_predictors, ("figure-12-1",)),
    Step("The criterion over theta", models.criterion, ("criterion",)),
    Step("Multilevel, with a predictor of houses", models.with_floor, ("figure-12-3", "figure-12-4")),
    Step("Shrinkage by the number of houses", questions.shrinkage, ("shrinkage",)),
    Step("The ratio of variances, and the intraclass correlation", questions.ratio_and_icc),
    Step("theta to both limits", questions.limits),
    Step("A predictor of counties: uranium", models.with_uranium, ("figure-12-5", "figure-12-6")),
    Step("Five ways to write the model", models.written_five_ways),
    Step("Two predictions", questions.predictions),
    Step("How many groups, how many observations", questions.how_many),
    Step("When it matters most", questions.when_it_matters),
    Step("Why county indicators are not tested for significance", questions.no_tests),
)
