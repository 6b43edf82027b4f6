"""What a bootstrap looks at: numbers of every replicate, from the batch alone where that is possible.

`statistic(fit, FUN)` reads FUN. The common ones (`fixef`, `sigma`, `VarCorr`, or the names "fixef", "sigma", "theta",
"sdcor") are read off the arrays of `BatchFits`; any other function is given a fit of each replicate.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import pandas as pd

from ...errors import ArgumentError, NumericalError
from ...extract import VarCorr, fixef, sigma
from ...fit.fitted_model import FittedModel
from ...fit.many_fits import BatchFits
from ...language.suggest import did_you_mean
from ...numerics.linalg import Array, deviations_and_correlations
from ...text.arguments import call_given, is_one_of
from ..intervals import parameter_names

if TYPE_CHECKING:
    from ...fit.generalized import GeneralizedFittedModel


class Estimates(Protocol):
    """Arrays of R fits: theta (R, k), beta (R, p), sigma (R,), and per random term T (R, l, l)."""

    @property
    def theta(self) -> Array: ...

    @property
    def beta(self) -> Array: ...

    @property
    def sigma(self) -> Array: ...

    @property
    def T(self) -> tuple[Array, ...]: ...


@dataclass(frozen=True, eq=False)
class OneFit:
    """A fit as arrays of one replicate."""

    theta: Array
    beta: Array
    sigma: Array
    T: tuple[Array, ...]

    @classmethod
    def of(cls, fit: FittedModel) -> OneFit:
        one = tuple(T[None] for T in fit.solution.T)
        return cls(fit.theta[None], fit.beta[None], np.array([fit.sigma]), one)


@dataclass(frozen=True, eq=False)
class Piece:
    """Numbers of the replicates start, start + 1, ... of a batch: (m, k); replicate -> what failed."""

    start: int
    values: Array
    failures: Mapping[int, str]


class Statistic(Protocol):
    """Numbers of a fit: t0 (k,), by name, and the same of the replicates of a batch, piece by piece."""

    @property
    def t0(self) -> Array: ...

    @property
    def names(self) -> Sequence[str]: ...

    def pieces(self, batch: BatchFits[Any]) -> Iterator[Piece]: ...

    def piece(self, r: int, model: FittedModel) -> Piece:
        """The numbers of one fit, replicate r."""


def statistic(fit: FittedModel | GeneralizedFittedModel, FUN: Any) -> Statistic:
    """The statistic that FUN asks for; ArgumentError if it is none, or gives no numbers for the fit itself."""
    words = _words(FUN)
    if words is not None:
        return ReadEstimates(fit, words)
    if not callable(FUN):
        raise ArgumentError(f"FUN must be a function of a fit, or among {', '.join(map(repr, READERS))}, found {FUN!r}")
    values, names = _numbers(call_given(FUN, "FUN of the fit", fit), "the fit")
    if not len(values):
        raise ArgumentError("FUN returned no numbers for the fit; wanted a number, an array or a Series")
    return ComputedStatistic(FUN, values, names)


def _words(FUN: Any) -> tuple[str, ...] | None:
    """The names of what is read off the batch; None for a function."""
    known = {id(fixef): "fixef", id(sigma): "sigma", id(VarCorr): "sdcor"}
    if FUN is None:
        return ("sdcor", "fixef")
    if id(FUN) in known:
        return (known[id(FUN)],)
    if isinstance(FUN, str):
        FUN = (FUN,)
    if not isinstance(FUN, Sequence) or not FUN:
        return None
    for name in FUN:
        if not is_one_of(name, READERS):
            hint = did_you_mean(name, READERS) if isinstance(name, str) else ""
            raise ArgumentError(f"FUN={name!r}: no such statistic{hint}; there is {', '.join(map(repr, READERS))}")
    return tuple(FUN)


# --- read off the batch ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class ReadEstimates:
    """Estimates read off the arrays of a batch."""

    fit: Any  # any mixed model
    words: tuple[str, ...]

    @property
    def names(self) -> Sequence[str]:
        return [name for word in self.words for name in READERS[word][0](self.fit)]

    @property
    def t0(self) -> Array:
        return np.asarray(self._values(OneFit.of(self.fit))[0])

    def piece(self, r: int, model: FittedModel) -> Piece:
        return Piece(r, self._values(OneFit.of(model)), {})

    def pieces(self, batch: BatchFits[Any]) -> Iterator[Piece]:
        failures = {r: why for r, why in batch.failures.items() if not np.isfinite(batch.sigma[r])}
        yield Piece(0, self._values(batch), failures)

    def _values(self, estimates: Estimates) -> Array:
        return np.concatenate([READERS[word][1](self.fit, estimates) for word in self.words], axis=1)


def sdcor(fit: FittedModel, estimates: Estimates) -> Array:
    """Standard deviations of all terms, correlations, sigma if there is one: (R, m), ordered as `parameter_names`."""
    sds, correlations = [], []
    for family, T in zip(fit.covariances.families, estimates.T, strict=True):
        sd, C = deviations_and_correlations(T)
        sds.append(estimates.sigma[:, None] * sd[:, : family.n_sd])
        correlations += [C[:, i, j, None] for i, j in family.pairs]
    sigma = [estimates.sigma[:, None]] if fit.scaled else []
    return np.concatenate([*sds, *correlations, *sigma], axis=1)


Names = Callable[[FittedModel], list[str]]
Reader = Callable[[FittedModel, Estimates], Array]
READERS: dict[str, tuple[Names, Reader]] = {
    "fixef": (lambda fit: list(fit.design.X_names), lambda fit, estimates: estimates.beta),
    "sigma": (lambda fit: ["sigma"], lambda fit, estimates: estimates.sigma[:, None]),
    "theta": (lambda fit: list(fit.covariances.theta_names), lambda fit, estimates: estimates.theta),
    "sdcor": (lambda fit: parameter_names(fit, signames=False)[0], sdcor),
}


# --- computed by a function of the user's ----------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class ComputedStatistic:
    """Numbers that a function gives for a fit."""

    FUN: Callable[[Any], Any]
    t0: Array
    names: Sequence[str]

    def pieces(self, batch: BatchFits[Any]) -> Iterator[Piece]:
        for r in range(len(batch)):
            try:
                model = batch.model(r)
            except NumericalError:
                yield self._nothing(r, batch.failures[r])
                continue
            yield self.piece(r, model)

    def piece(self, r: int, model: FittedModel) -> Piece:
        """The numbers of one fit; an exception of FUN is a failure of that replicate."""
        try:
            given = self.FUN(model)
        except Exception as error:  # whatever the user's function raises is counted and reported, as in R
            return self._nothing(r, f"{type(error).__name__}: {error}")
        values, names = _numbers(given, "a replicate")
        return Piece(r, self._in_order(self._same_length(values), names)[None], {})

    def _nothing(self, r: int, why: str) -> Piece:
        return Piece(r, np.full((1, len(self.t0)), np.nan), {r: why})

    def _in_order(self, values: Array, names: list[str]) -> Array:
        """Numbers under the names that they have for the fit; those with other names go by position."""
        own = list(self.names)
        if names == own or len(set(own)) < len(own) or sorted(names) != sorted(own):
            return values
        return values[[names.index(name) for name in own]]

    def _same_length(self, values: Array) -> Array:
        if len(values) != len(self.t0):
            raise ArgumentError(
                f"FUN returned {len(values)} numbers for a replicate and {len(self.t0)} for the fit; "
                "it must return as many for every fit"
            )
        return values


def _numbers(given: Any, of: str) -> tuple[Array, list[str]]:
    """What FUN returned as a vector, and its names; ArgumentError if it is not made of numbers."""
    try:
        values = np.atleast_1d(np.asarray(given, float))
    except (TypeError, ValueError):
        values = None
    if values is None or values.ndim > 1 or isinstance(given, str | pd.DataFrame):
        raise ArgumentError(
            f"FUN returned a {type(given).__name__} for {of}; wanted a number, a one-dimensional array or a Series"
        )
    if isinstance(given, pd.Series):
        return values, [str(name) for name in given.index]
    return values, [f"t{k + 1}" for k in range(len(values))]
