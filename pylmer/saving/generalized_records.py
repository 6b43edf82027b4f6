"""What is left of a fit of `glmer` without its rows: estimates, their covariances, and the sums at the optimum.

Sums of working weights are Z'WZ, Z'WX and X'WX by level: what predictions with standard errors and draws need. They
have no response.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar

from ..engine.covariance.family import CovarianceFamily
from ..engine.covariance.points import Points
from ..engine.factorization.blocked import EliminationFactorization
from ..engine.generalized.grouped import suited_engine
from ..engine.generalized.laplace import Laplace
from ..engine.generalized.modes import RowResponses
from ..engine.generalized.solution import GeneralizedOptimum
from ..engine.generalized.user import GeneralizedDevfun
from ..engine.generalized.weighted import WeightedFactor, WeightedStructure, term_places, term_templates
from ..engine.optimize.certificate import Certificate
from ..engine.sums.gram import Gram
from ..engine.sums.scaling import Scaling
from ..errors import NumericalError
from ..families import Family
from ..numerics.linalg import Array
from .withheld import Lacking


@dataclass(frozen=True, eq=False)
class SavedFactor(Lacking):
    """One grouping factor: see `WeightedFactor`."""

    whole: ClassVar[type[Any]] = WeightedFactor
    number: int
    terms: tuple[int, ...]
    J: int
    L: int


@dataclass(frozen=True, eq=False)
class SavedStructure(Lacking):
    """Sizes and scales: see `WeightedStructure`."""

    whole: ClassVar[type[Any]] = WeightedStructure
    n: int
    p: int
    scaling: Scaling
    units: tuple[float, ...]
    factors: tuple[SavedFactor, ...]

    @cached_property
    def place(self) -> dict[int, tuple[int, slice]]:
        """Term index -> (factor, its columns within the factor)."""
        return term_places([each.terms for each in self.factors], self.scaling)


@dataclass(frozen=True, eq=False)
class SavedResponses(Lacking):
    """The family: see `RowResponses`."""

    whole: ClassVar[type[Any]] = RowResponses
    family: Family


@dataclass(frozen=True, eq=False)
class SavedLaplace(Lacking):
    """What the criterion was: see `Laplace`."""

    whole: ClassVar[type[Any]] = Laplace
    structure: SavedStructure
    responses: SavedResponses
    observed: bool
    scale: str


@dataclass(frozen=True, eq=False)
class SavedDevfun(Lacking):
    """The criterion without its rows, which it cannot be asked for: see `GeneralizedDevfun`."""

    whole: ClassVar[type[Any]] = GeneralizedDevfun
    laplace: SavedLaplace
    covariances: tuple[CovarianceFamily, ...]
    free_shape: bool
    p: int
    shapes: int

    k = GeneralizedDevfun.k
    size = GeneralizedDevfun.size
    responses = GeneralizedDevfun.responses

    @property
    def structure(self) -> SavedStructure:
        """Sizes and scales."""
        return self.laplace.structure


@dataclass(frozen=True, eq=False)
class SavedOptimum(Lacking):
    """Estimates and covariances at an optimum: see `GeneralizedOptimum`, whose names these are.

    covariances  by name (`vcov`, `vcov_rx`, ...), a text in place of one that does not exist
    gram         the sums under the expected working weights;  templates per factor (L, L)
    """

    whole: ClassVar[type[Any]] = GeneralizedOptimum
    devfun: SavedDevfun
    points: Points
    certificate: Certificate
    numbers: dict[str, Any]
    covariances: dict[str, Any]
    gram: Gram
    templates: tuple[Array, ...]

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") or name in self.__dataclass_fields__:
            raise AttributeError(name)
        if name in self.numbers:
            return self.numbers[name]
        if name in self.covariances:
            found = self.covariances[name]
            if isinstance(found, str):
                raise NumericalError(found)
            return found
        return super().__getattr__(name)

    @cached_property
    def expected_factorization(self) -> EliminationFactorization:
        """As of a fit that has its rows."""
        engine = suited_engine(self.gram)
        return engine.factorize(term_templates(engine.gram, list(self.templates)))


NUMBERS = (
    "converged",
    "message",
    "evaluations",
    "gradients",
    "passes",
    "trace",
    "found_by",
    "optimizer",
    "value",
    "estimated",
    "x",
    "par",
    "beta",
    "T",
    "theta",
    "family",
    "u_terms",
    "b_terms",
    "deviance",
    "penalty",
    "pearson",
    "phi",
    "sigma",
    "logdet_V",
    "singular",
    "cond_var",
)
COVARIANCES = ("vcov", "vcov_rx", "vcov_x", "hessian", "free_covariance")


def saved_optimum(optimum: GeneralizedOptimum) -> SavedOptimum:
    """What of an optimum has no rows."""
    expected = optimum.expected_factorization
    return SavedOptimum(
        devfun=saved_devfun(optimum.devfun),
        points=optimum.points,
        certificate=optimum.certificate,
        numbers={name: getattr(optimum, name) for name in NUMBERS},
        covariances={name: _or_reason(optimum, name) for name in COVARIANCES},
        gram=expected.engine.gram,
        templates=tuple(optimum.laplace.T),
    )


def _or_reason(optimum: GeneralizedOptimum, name: str) -> Any:
    """A covariance, or why there is none."""
    try:
        return getattr(optimum, name)
    except NumericalError as error:
        return str(error)


def saved_devfun(devfun: GeneralizedDevfun) -> SavedDevfun:
    """What of a criterion has no rows."""
    laplace, structure = devfun.laplace, devfun.structure
    factors = tuple(SavedFactor(each.number, each.terms, each.J, each.L) for each in structure.factors)
    sizes = SavedStructure(structure.n, structure.p, structure.scaling, structure.units, factors)
    saved = SavedLaplace(sizes, SavedResponses(devfun.responses.family), laplace.observed, laplace.scale)
    return SavedDevfun(saved, devfun.covariances, devfun.free_shape, devfun.p, devfun.shapes)
