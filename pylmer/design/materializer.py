"""formulaic as R's model.matrix: a materializer that codes and names columns as R does.

Variables arrive evaluated (see `frame`), so no string is ever evaluated here; formulaic multiplies the columns of each
term, stacks them, and remembers the structure for new data. The hooks overridden are those documented for subclasses.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np
from formulaic.materializers import PandasMaterializer
from formulaic.materializers.types import EvaluatedFactor, FactorValues, ScopedFactor, ScopedTerm
from formulaic.parser.types import Factor as FormulaicFactor
from formulaic.parser.types import Term
from interface_meta import override
from scipy import sparse

from ..functions import Coding, Factor, Matrix, Value
from ..functions.arrays import Array
from ..functions.codings import PLACE, dense_columns, indicators
from ..functions.variables import coded_factor, is_categorical

FORMAT = "{name}{field}"


class Variables(Mapping[str, Value]):
    """The variables of a model frame, and how many rows they have."""

    def __init__(self, values: Mapping[str, Value], n: int) -> None:
        self._values = values
        self.n = n

    def __getitem__(self, name: str) -> Value:
        return self._values[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)


class RMaterializer(PandasMaterializer):  # type: ignore[misc]  # formulaic is untyped
    """Params: `codings`, variable -> Coding of its factor; `intercept`, whether the matrix has one."""

    REGISTER_NAME = "pylmer-r"
    REGISTER_INPUTS: Sequence[str] = ()  # never chosen by formulaic itself

    @override
    def _init(self) -> None:
        pass

    @property
    @override
    def nrows(self) -> int:
        """Rows of the model frame."""
        return int(self.data.n)

    @override
    def _evaluate(self, expr: str, metadata: Any, spec: Any) -> tuple[Any, set[Any]]:
        return _factor_values(self.data[expr], self.params["codings"].get(expr)), set()

    @override
    def _check_for_nulls(self, name: str, values: Any, na_action: Any, drop_rows: set[int]) -> None:
        pass  # rows were chosen before; NaN in new data stays

    @override
    def _get_scoped_terms(
        self, terms: Iterable[Term], ensure_full_rank: bool = True
    ) -> Generator[tuple[Term, Iterable[ScopedTerm]], None, None]:
        """R's rule: contrasts for v in t where t without v is empty or within an earlier term, else indicators.

        Without an intercept the first factor of the first term that has one gets indicators.
        """
        earlier: list[frozenset[str]] = []
        whole = not self.params["intercept"]
        for term in terms:
            names = frozenset(factor.expr for factor in term.factors if factor.eval_method.value != "literal")
            scoped = []
            for evaluated in (self.factor_cache[factor.expr] for factor in term.factors if factor.expr in names):
                reduced = _is_reduced(evaluated, names, earlier) and not whole
                whole = whole and not _is_coded(evaluated)
                scoped.append(ScopedFactor(evaluated, reduced=reduced))
            earlier.append(names)
            yield term, [ScopedTerm(scoped)]

    @override
    def _encode_constant(self, value: Any, metadata: Any, encoder_state: Any, spec: Any, drop_rows: Any) -> Any:
        if spec.output == "sparse":
            return sparse.csc_matrix(np.full((self.nrows, 1), float(value)))
        return np.broadcast_to(float(value), (self.nrows,))

    @override
    def _encode_numerical(self, values: Any, metadata: Any, encoder_state: Any, spec: Any, drop_rows: Any) -> Any:
        numbers = np.asarray(getattr(values, "__wrapped__", values), dtype=float)
        return sparse.csc_matrix(numbers[:, None]) if spec.output == "sparse" else numbers

    @override
    def _get_columns_for_term(self, factors: list[dict[str, Any]], spec: Any, scale: float = 1) -> dict[str, Any]:
        if len(factors) == 1 and scale == 1:
            return factors[0]  # nothing to multiply, nothing to copy
        columns: dict[str, Any] = super()._get_columns_for_term(factors, spec, scale)
        return columns


def _factor_values(value: Value, coding: Coding | None) -> FactorValues[Any]:
    if is_categorical(value):
        encoder = partial(_encode_factor, coding=coding or Coding(np.empty((0, 0)), None))
        return FactorValues(coded_factor(value), kind="categorical", encoder=encoder)
    if isinstance(value, Matrix):
        names = value.names if any(value.names) else tuple(str(i + 1) for i in range(value.numbers.shape[1]))
        return FactorValues(value.numbers, kind="numerical", column_names=numbered(names), format=FORMAT)
    return FactorValues(value, kind="numerical")


def _encode_factor(
    values: Any, reduced_rank: bool, drop_rows: Any, encoder_state: Any, model_spec: Any, coding: Coding
) -> FactorValues[Any]:
    """Columns of a factor: by its contrasts if `reduced_rank`, else one indicator per level."""
    factor: Factor = values.__wrapped__
    if not reduced_rank:
        coding = indicators(factor)
    columns = _sparse_columns if model_spec.output == "sparse" else dense_columns
    encoded = dict(zip(numbered(coding.labels()), columns(factor.codes, coding.matrix), strict=True))
    return FactorValues(encoded, kind="categorical", format=FORMAT, encoded=True)


def numbered(names: Sequence[str]) -> tuple[str, ...]:
    """Names of one variable's columns that say their place, so that products are of columns and never of names.

    A logical `lg` and a number `lgTRUE` both have a column "lgTRUE", and so may two products; formulaic keeps columns
    by name. `plain` undoes it.
    """
    return tuple(f"{PLACE}{place}{PLACE}{name}" for place, name in enumerate(names))


def plain(name: str) -> str:
    """A column's name as R gives it, equal or not to another.

    >>> plain("lg" + numbered(["TRUE"])[0] + ":lgTRUE")
    'lgTRUE:lgTRUE'
    """
    return "".join(name.split(PLACE)[::2])


def unnumbered(name: str) -> str:
    """The name with the border between variable and column, without the column's place: equal for equal columns.

    Coded by contrasts or by indicators, `lg` gives the same column TRUE; a number `lgTRUE` another.
    """
    return PLACE.join(name.split(PLACE)[::2])


def _is_coded(evaluated: EvaluatedFactor) -> bool:
    return evaluated.metadata.kind is FormulaicFactor.Kind.CATEGORICAL


def _is_reduced(evaluated: EvaluatedFactor, names: frozenset[str], earlier: Sequence[frozenset[str]]) -> bool:
    margin = names - {evaluated.expr}
    return _is_coded(evaluated) and (not margin or any(margin <= before for before in earlier))


def _sparse_columns(codes: Array, matrix: Array) -> list[Any]:
    """The same as sparse (n, 1) columns."""
    rows = np.flatnonzero(codes >= 0)
    ones = np.ones(rows.shape[0])
    indicators = sparse.csc_matrix((ones, (rows, codes[rows])), shape=(codes.shape[0], matrix.shape[0]))
    coded = sparse.csc_matrix(indicators @ sparse.csc_matrix(matrix))
    if rows.shape[0] < codes.shape[0]:
        absent = np.where(codes < 0, np.nan, 0.0)[:, None]
        coded = sparse.csc_matrix(coded + sparse.csc_matrix(absent) @ np.ones((1, matrix.shape[1])))
    return [_column(coded, place) for place in range(matrix.shape[1])]


def _column(coded: Any, place: int) -> Any:
    """One column of a csc matrix as another, nothing copied."""
    at = slice(coded.indptr[place], coded.indptr[place + 1])
    parts = (coded.data[at], coded.indices[at], np.array([0, at.stop - at.start], dtype=coded.indptr.dtype))
    return sparse.csc_matrix(parts, shape=(coded.shape[0], 1), copy=False)
