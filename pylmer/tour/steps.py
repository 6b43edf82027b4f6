"""The steps of the chapter, in order."""

from __future__ import annotations

from . import models, questions
from .telling import ChapterStep

STEPS = (
    ChapterStep("Complete pooling", models.complete_pooling),
    ChapterStep("No pooling", models.no_pooling, ("figure-12-2",)),
    ChapterStep("Multilevel, without predictors", models.without_predictors, ("figure-12-1",)),
    ChapterStep("The criterion over theta", models.criterion, ("criterion",)),
    ChapterStep("Multilevel, with a predictor of houses", models.with_floor, ("figure-12-3", "figure-12-4")),
    ChapterStep("Shrinkage by the number of houses", questions.shrinkage, ("shrinkage",)),
    ChapterStep("The ratio of variances, and the intraclass correlation", questions.ratio_and_icc),
    ChapterStep("theta to both limits", questions.limits),
    ChapterStep("A predictor of counties: uranium", models.with_uranium, ("figure-12-5", "figure-12-6")),
    ChapterStep("Five ways to write the model", models.written_five_ways),
    ChapterStep("Two predictions", questions.predictions),
    ChapterStep("How many groups, how many observations", questions.how_many),
    ChapterStep("When it matters most", questions.when_it_matters),
    ChapterStep("Why county indicators are not tested for significance", questions.no_tests),
)
