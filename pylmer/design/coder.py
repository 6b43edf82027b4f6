"""Terms and a model frame -> a model matrix, and a Coder that makes the same columns of new rows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from formulaic import ModelSpec, SimpleFormula
from formulaic.parser.types import Factor as FormulaicFactor
from formulaic.parser.types import Term
from scipy import sparse

from ..functions import Coding, Value
from ..functions.arrays import Array
from ..functions.variables import coded_factor, is_categorical
from ..language import Terms, deparse
from .materializer import RMaterializer, Variables, plain, unnumbered
from .side_by_side import SideBySide, side_by_side

WIDE = 8  # a factor with more levels is coded sparse
NARROW = 50  # with at most so many columns a sparse matrix is made dense again,
FULL = 0.3  # and so is one with a larger share of non-zeros
ONE = Term([FormulaicFactor("1", eval_method="literal")])


@dataclass(frozen=True, eq=False)
class Coder:
    """How the columns of one matrix are made: formulaic's spec and the contrasts of every factor.

    names   of the columns
    marks   names that tell columns of different variables apart where the names do not
    assign  the term of each column, 0 for the intercept
    """

    spec: ModelSpec
    codings: Mapping[str, Coding]
    intercept: bool
    names: tuple[str, ...]
    marks: tuple[str, ...]
    assign: tuple[int, ...]

    def matrix(self, variables: Mapping[str, Value], n: int) -> Any:
        """The matrix (n, p) on other rows; float64, dense or csr."""
        return _materialize(self.spec, self.codings, self.intercept, variables, n)[0]


def code(
    terms: Terms, variables: Mapping[str, Value], n: int, codings: Mapping[str, Coding], keep_sparse: bool = False
) -> tuple[Coder | SideBySide, Any]:
    """The matrix (n, p) of some terms, and its Coder.

    variables    by their deparse
    codings      contrasts of the factors among them
    keep_sparse  whether a wide matrix may stay sparse (csr)
    """
    single = side_by_side(terms, variables, codings, WIDE if keep_sparse else np.inf)
    if single is not None:
        return single, single.matrix(variables, n)
    used = [deparse(node) for node in terms.used]
    output = "sparse" if keep_sparse and any(_levels(variables[name]) > WIDE for name in used) else "numpy"
    spec = ModelSpec(formula=_formula(terms), materializer="pylmer-r", output=output, na_action="ignore")
    X, filled = _materialize(spec, codings, terms.intercept, variables, n)
    columns = [(number, column) for number, row in enumerate(filled.structure) for column in row.columns]
    shift = 0 if terms.intercept else 1
    names = tuple("(Intercept)" if number + shift == 0 else plain(column) for number, column in columns)
    marks = tuple(unnumbered(column) for _, column in columns)
    return Coder(filled, codings, terms.intercept, names, marks, tuple(number + shift for number, _ in columns)), X


def _formula(terms: Terms) -> SimpleFormula:
    labels = [deparse(variable) for variable in terms.variables]
    factors = [FormulaicFactor(label, eval_method="python") for label in labels]
    found = [Term([factors[i] for i in indices]) for indices in terms.factors]
    return SimpleFormula([ONE, *found] if terms.intercept else found, _ordering="none")


def _levels(value: Value) -> int:
    return len(coded_factor(value).levels) if is_categorical(value) else 0


def _materialize(
    spec: ModelSpec, codings: Mapping[str, Coding], intercept: bool, variables: Mapping[str, Value], n: int
) -> tuple[Any, ModelSpec]:
    if not len(spec.formula):
        return np.empty((n, 0)), spec.update(structure=[])
    materializer = RMaterializer(Variables(variables, n), codings=codings, intercept=intercept)
    made = materializer.get_model_matrix(spec)
    X, filled = made.__wrapped__, made.model_spec
    if sparse.issparse(X):
        return _settled(X), filled
    return np.asarray(X, dtype=float), filled


def _settled(X: Any) -> Any:
    """Dense where that is small or not much larger, else csr."""
    p = X.shape[1]
    if p <= NARROW or X.nnz > FULL * X.shape[0] * p:
        return X.toarray(order="C").astype(float, copy=False)
    return sparse.csr_array(X)


def factors_in(terms: Iterable[Terms], variables: Mapping[str, Value]) -> dict[str, Any]:
    """The factors among the variables that some terms use."""
    names = {deparse(node) for each in terms for node in each.used}
    return {name: coded_factor(value) for name, value in variables.items() if name in names and is_categorical(value)}


def single_column(terms: Terms, variables: Mapping[str, Value]) -> Array | None:
    """`0 + x` of a plain number: the column itself (n, 1), not copied."""
    if terms.intercept or len(terms.factors) != 1 or len(terms.factors[0]) != 1:
        return None
    value = variables[deparse(terms.variables[terms.factors[0][0]])]
    if isinstance(value, np.ndarray) and value.dtype == np.float64:
        return value[:, None]
    return None
