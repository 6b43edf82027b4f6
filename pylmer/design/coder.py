"""Model matrices whose terms are products, or whose columns are sparse, and the Coder that makes them: by formulaic."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from formulaic import ModelSpec, SimpleFormula
from formulaic.parser.types import Factor as FormulaicFactor
from formulaic.parser.types import Term
from scipy import sparse

from ..functions import Coding, Matrix, Value
from ..language import Terms, deparse
from .materializer import RMaterializer, Variables, plain, unnumbered

NARROW = 50  # with at most so many columns a sparse matrix is made dense again,
FULL = 0.3  # and so is one with a larger share of non-zeros
ONE = Term([FormulaicFactor("1", eval_method="literal")])


@dataclass(frozen=True, eq=False)
class Coder:
    """How the columns of one matrix are made: formulaic's spec and the contrasts of every factor.

    names   of the columns
    marks   names that tell columns of different variables apart where the names do not
    assign  the term of each column, 0 for the intercept
    blanks  of each variable one row that says nothing, but what it is: a number, or a factor with its levels
    """

    spec: ModelSpec
    codings: Mapping[str, Coding]
    intercept: bool
    names: tuple[str, ...]
    marks: tuple[str, ...]
    assign: tuple[int, ...]
    blanks: Mapping[str, Value]

    @property
    def labels(self) -> tuple[tuple[str, ...], ...]:
        """Per term, but for the intercept, its variables."""
        return tuple(tuple(each.expr for each in term.factors) for term in self.spec.formula if term != ONE)

    @property
    def output(self) -> str:
        """What formulaic makes: "numpy" or "sparse"."""
        return str(self.spec.output)

    def matrix(self, variables: Mapping[str, Value], n: int) -> Any:
        """The matrix (n, p) on other rows; float64, dense or csr."""
        return _materialize(self.spec, self.codings, self.intercept, variables, n)[0]


def multiplied(
    terms: Terms, variables: Mapping[str, Value], n: int, codings: Mapping[str, Coding], output: str
) -> tuple[Coder, Any]:
    """The matrix (n, p) of some terms, and its Coder: see `code`; `output` is "numpy" or "sparse"."""
    names = [deparse(variable) for variable in terms.variables]
    labels = tuple(tuple(names[i] for i in indices) for indices in terms.factors)
    return _multiplied(labels, terms.intercept, variables, n, codings, output)


def coder_of(
    labels: Sequence[Sequence[str]],
    intercept: bool,
    blanks: Mapping[str, Value],
    codings: Mapping[str, Coding],
    output: str,
) -> Coder:
    """The Coder that has these; of a row that says nothing it is made as of all others."""
    return _multiplied(labels, intercept, blanks, 1, codings, output)[0]


def _multiplied(
    labels: Sequence[Sequence[str]],
    intercept: bool,
    variables: Mapping[str, Value],
    n: int,
    codings: Mapping[str, Coding],
    output: str,
) -> tuple[Coder, Any]:
    formula = _formula(labels, intercept)
    spec = ModelSpec(formula=formula, materializer="pylmer-r", output=output, na_action="ignore")
    X, filled = _materialize(spec, codings, intercept, variables, n)
    columns = [(number, column) for number, row in enumerate(filled.structure) for column in row.columns]
    shift = 0 if intercept else 1
    names = tuple("(Intercept)" if number + shift == 0 else plain(column) for number, column in columns)
    marks = tuple(unnumbered(column) for _, column in columns)
    assign = tuple(number + shift for number, _ in columns)
    blanks = {name: _blank(variables[name]) for each in labels for name in each}
    return Coder(filled, codings, intercept, names, marks, assign, blanks), X


def _blank(value: Value) -> Value:
    """One row of a variable, of its first level or zero."""
    if isinstance(value, np.ndarray):
        return np.zeros(1)
    if isinstance(value, Matrix):
        return replace(value, numbers=np.zeros((1, value.numbers.shape[1])))
    return replace(value, codes=np.zeros(1, dtype=value.codes.dtype))


def _formula(labels: Sequence[Sequence[str]], intercept: bool) -> SimpleFormula:
    names = dict.fromkeys(name for each in labels for name in each)
    factors = {name: FormulaicFactor(name, eval_method="python") for name in names}
    found = [Term([factors[name] for name in each]) for each in labels]
    return SimpleFormula([ONE, *found] if intercept else found, _ordering="none")


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
