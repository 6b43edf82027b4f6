"""What the words return: labelled numbers that print as R prints them (the texts are made in `printing`)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import numpy as np
import pandas as pd

from ..errors import ArgumentError
from ..language import known_as
from ..numerics.linalg import Array
from ..text import Copied, Printed, Shown

Value = TypeVar("Value")


class NamedVector(Copied, Printed, pd.Series):  # type: ignore[misc]  # the stubs call copy() final
    """A Series by name that prints as R's named vectors; what is computed from it is an ordinary Series."""

    @property
    def _constructor(self) -> type[pd.Series[Any]]:
        return pd.Series


class ReadOnly(Shown, Mapping[str, Value], Generic[Value]):
    """A mapping that cannot be changed; its entries are attributes too: `coef(fit).county`."""

    __slots__ = ("_entries",)
    _entries: dict[str, Value]

    def __init__(self, entries: Mapping[str, Value]) -> None:
        object.__setattr__(self, "_entries", dict(entries))

    def __getitem__(self, name: str) -> Value:
        meant = known_as(name, self._entries)
        if meant not in self._entries:
            raise KeyError(f"{name!r}; there is {', '.join(map(repr, self._entries)) or 'nothing'}")
        return self._entries[meant]

    def __getattr__(self, name: str) -> Value:
        if name.startswith("_") or name not in self._entries:
            raise AttributeError(f"{type(self).__name__} has no attribute {name!r}")
        return self._entries[name]

    def __setattr__(self, name: str, value: object) -> None:
        raise ArgumentError(f"{type(self).__name__} cannot be changed")

    def __iter__(self) -> Iterator[str]:
        return iter(self._entries)

    def __len__(self) -> int:
        return len(self._entries)

    def __dir__(self) -> list[str]:
        return sorted({*super().__dir__(), *(name for name in self._entries if name.isidentifier())})

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self._entries,)


class ByFactor(ReadOnly[pd.DataFrame]):
    """Grouping factor -> frame with its levels (texts) as index."""

    __slots__ = ()


class Coef(ByFactor):
    """Coefficients of every level: fixed effects plus conditional modes."""

    __slots__ = ()


class CondVar(ReadOnly[Array]):
    """Grouping factor -> conditional variances (J, l, l) of the random effects."""

    __slots__ = ()


class Ranef(ByFactor):
    """Conditional modes; `cond_var` their conditional variances, or None if they were not asked for."""

    __slots__ = ("cond_var",)
    cond_var: CondVar | None

    def __init__(self, entries: Mapping[str, pd.DataFrame], cond_var: CondVar | None = None) -> None:
        super().__init__(entries)
        object.__setattr__(self, "cond_var", cond_var)

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self._entries, self.cond_var)

    def as_frame(self) -> pd.DataFrame:
        """One row per conditional mode: grpvar, term, grp, condval, condsd (R's as.data.frame(ranef(fit)))."""
        pieces = [_long(factor, frame, self._deviations(factor)) for factor, frame in self.items()]
        return pd.concat(pieces, ignore_index=True)

    def _deviations(self, factor: str) -> Array | None:
        if self.cond_var is None:
            return None
        return np.asarray(np.sqrt(np.diagonal(self.cond_var[factor], axis1=1, axis2=2)))


def _long(factor: str, frame: pd.DataFrame, deviations: Array | None) -> pd.DataFrame:
    n_levels, n_columns = frame.shape
    out = {
        "grpvar": [factor] * frame.size,
        "term": np.repeat(np.array(frame.columns, dtype=object), n_levels),
        "grp": np.tile(np.array(frame.index, dtype=object), n_columns),
        "condval": frame.to_numpy().ravel(order="F"),
    }
    if deviations is not None:
        out["condsd"] = deviations.ravel(order="F")
    return pd.DataFrame(out)


class StandardErrors(ByFactor):
    """Standard errors of `coef`: `fixef` those of the fixed effects, then one frame per grouping factor."""

    __slots__ = ("fixef",)
    fixef: NamedVector

    def __init__(self, entries: Mapping[str, pd.DataFrame], fixef: NamedVector) -> None:
        super().__init__(entries)
        object.__setattr__(self, "fixef", fixef)

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self._entries, self.fixef)


class LogLik(Shown, float):
    """A log-likelihood: a float with `df` (number of parameters), `nobs` and `REML`."""

    df: int
    nobs: int
    REML: bool

    def __new__(cls, value: float, df: int, nobs: int, REML: bool) -> LogLik:
        self = super().__new__(cls, value)
        self.df, self.nobs, self.REML = df, nobs, REML
        return self

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (float(self), self.df, self.nobs, self.REML)


@dataclass(frozen=True, eq=False, repr=False)
class SigmaHat(Shown):
    """arm's sigma.hat: `sigma` and `cors` by factor; "data" is the residual level (its correlation is None)."""

    sigma: Mapping[str, float | pd.Series[float]]
    cors: Mapping[str, pd.DataFrame | None]


@dataclass(frozen=True, eq=False, repr=False)
class PrincipalComponents(Shown):
    """Of one relative covariance matrix: standard deviations `sdev` (l,) and directions `rotation` (l, l), columns."""

    sdev: Array
    rotation: Array

    @property
    def importance(self) -> pd.DataFrame:
        """Standard deviation, proportion of variance and cumulative proportion of each component."""
        variances = self.sdev**2
        with np.errstate(invalid="ignore"):
            share = variances / variances.sum()
        rows = {
            "Standard deviation": self.sdev,
            "Proportion of Variance": share.round(5),
            "Cumulative Proportion": share.cumsum().round(5),
        }
        names = [f"[,{k + 1}]" for k in range(len(self.sdev))]
        return pd.DataFrame.from_dict(rows, orient="index", columns=names)


class RePCA(ReadOnly[PrincipalComponents]):
    """Grouping factor -> principal components of its random effects."""

    __slots__ = ()


class RePCASummary(ReadOnly[pd.DataFrame]):
    """Grouping factor -> importance of components."""

    __slots__ = ()
