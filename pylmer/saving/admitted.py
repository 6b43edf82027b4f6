"""The records that a file may hold, by their names: the one table of what can be made of a file.

A name stands in files, and so for ever; where a record moves, its row moves, and nothing else. The module is imported
when a file holds such a record, so that loading a fit of `lm` needs nothing of `glmer`.
"""

from __future__ import annotations

from functools import cache
from importlib import import_module
from typing import Any

ADMITTED = {
    # what is fitted, and what it was asked
    "api.models": "LmerFit",
    "api.generalized_models": "GlmerFit",
    "api.generalized_linear": "GlmFit",
    "api.linear": "LmFit LmList",
    "fit.request": "Request",
    "options": "lmerControl glmerControl",
    "design.contrasts": "Contrasts",
    "design.known": "Known",
    "errors": "FitNote",
    # formulas
    "language.nodes": "Name Number Text Constant Unary Binary Paren Argument Call Index",
    "language.syntax": "Terms RandomTerm MixedFormula",
    # what columns mean
    "design.record": "Design RandomDesign",
    "design.spec": "Spec RandomSpec",
    "design.remembered": "Remembered",
    "design.matrices": "SideBySide",
    "design.coder": "Coder",
    "functions.levels": "TextLevels IntervalLevels NumberLevels CrossedLevels",
    "functions.values": "Logical Strings Coding Factor Matrix",
    # rows, and what stands for them
    "functions.columns": "Columns",
    "saving.withheld": "Withheld",
    "design.source": "ModelData InMemory NoRows SavedSums",
    "design.rows": "DesignRows RandomRows",
    "design.rows_used": "RowsUsed",
    "design.responses": "Response",
    "design.summed": "SummedColumns",
    "design.predictors": "Predictors NumberFacts",
    # lmer
    "engine.sums.gram": "Gram FactorSums CrossProducts Pairs",
    "engine.sums.scaling": "Scaling",
    "engine.covariance.unstructured": "Unstructured UnstructuredFamily",
    "engine.covariance.diagonal": "Diagonal DiagonalFamily",
    "engine.covariance.correlated": "Correlated",
    "engine.covariance.compound_symmetry": "CompoundSymmetry",
    "engine.covariance.autoregression": "Autoregression",
    "engine.covariance.points": "Points",
    "engine.optimize.certificate": "Certificate",
    "fit.devfun": "Devfun",
    "fit.optimum": "Optimum",
    "fit.solution": "Solution",
    # families
    "families.binomial": "Binomial",
    "families.counts": "Poisson NegativeBinomial",
    "families.continuous": "GammaFamily InverseGaussian Gaussian",
    "families.links": "Log Identity Inverse InverseSquare Sqrt",
    "families.probability_links": "Logit Probit Cauchit Cloglog",
    # glmer, with its rows
    "engine.generalized.user": "GeneralizedDevfun",
    "engine.generalized.laplace": "Laplace LaplaceAt",
    "engine.generalized.grouped_laplace": "GroupedLaplace GroupedAt",
    "engine.generalized.profiled_beta": "Profiled ProfiledAt",
    "engine.generalized.quadrature": "Quadrature QuadratureAt",
    "engine.generalized.place": "Place",
    "engine.generalized.modes": "Modes RowState RowResponses",
    "engine.generalized.weighted": "WeightedStructure",
    "engine.generalized.grouped": "GroupedStructure",
    "engine.generalized.nested": "NestedStructure",
    "engine.generalized.joint_newton": "JointDescent",
    "engine.generalized.solution": "GeneralizedOptimum",
    "engine.generalized.approximation": "Approximation",
    "fit.given_generalized": "GivenOptimum",
    "engine.sums.structure": "Structure",
    "engine.sums.rows": "Rows TermRows",
    "engine.sums.incident": "FactorRows PairRows",
    # glmer, without
    "saving.generalized_records": "SavedOptimum SavedDevfun SavedLaplace SavedStructure SavedFactor SavedResponses",
    # lm, lmList, glm
    "fit.linear.least_squares": "LeastSquares",
    "fit.linear.members": "RowsByLevel",
    "fit.linear.stacked_groups": "GroupSolutions",
    "engine.generalized.glm_fit": "GlmOptimum GlmPoint GlmData",
    "engine.generalized.separation": "Separation",
    "saving.linear_records": "SavedLeastSquares SavedGlmOptimum SavedGlmPoint SavedGlmData",
}
HOMES = {name: module for module, names in ADMITTED.items() for name in names.split()}


@cache
def admitted(name: str) -> type[Any]:
    """The class of a name; KeyError for one that is not in the table."""
    found: type[Any] = getattr(import_module(f"pylmer.{HOMES[name]}"), name)
    return found
