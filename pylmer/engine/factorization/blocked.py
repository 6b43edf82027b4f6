"""The default engine: levels are eliminated in b-space, from sums only (design.md section 4, engine.md section 1).

Nested factors form a `Chain`; as soon as two factors are crossed, the largest is eliminated level by level and all
others form one remainder (`Crossed`, `CrossedScalars`). A few crossed effects are taken all at once (`Whole`).
"""

from __future__ import annotations

import copy
from collections.abc import Sequence
from functools import cached_property
from typing import Protocol

import numpy as np
from scipy import sparse

from ...errors import NumericalError
from ...numerics.linalg import Array
from ...numerics.stacks import inner_products, product
from ..sums.gram import CrossProducts, Gram
from .chain import Chain
from .contract import Fixed
from .crossed import Crossed, dense_if_full
from .dense import factor_templates, fixed_part
from .layout import Layout, flat, joined
from .scalars import CrossedScalars
from .schur_complement import DenseSchurComplement, SchurComplement, SparseSchurComplement, sparse_structure
from .schur_update import Update
from .whole import Whole

FEW = 60  # random effects up to which one dense matrix of all is less work than an elimination
COSTLY_REMAINDER = 1_000  # columns of a dense remainder from which a value takes seconds
REMAINDER_LIMIT = 40_000  # columns of the dense remainder: beyond this it needs more than 12 GB


class Elimination(Protocol):
    """Chain, Crossed, CrossedScalars or Whole."""

    logdet_V: float

    def forward(self, columns: Sequence[Array]) -> tuple[list[Array], list[Array]]: ...

    def inner(self, one: list[Array], two: list[Array]) -> Array: ...

    def backward(self, reduced: Sequence[Array]) -> tuple[list[Array], list[Array], list[Array]]: ...

    def selected_inverse(self, reduced: Sequence[Array], S: Array) -> tuple[list[Array], list[Array]]: ...


class BlockedFactorization:
    """V at given templates, through an elimination; see `pls.Factorization`."""

    def __init__(self, engine: BlockedEngine, elimination: Elimination) -> None:
        self.engine, self.elimination = engine, elimination
        self.reduced, self.half_solves = elimination.forward([f.ZtXy for f in engine.gram.factors])

    @cached_property
    def fixed(self) -> Fixed:
        eliminated = self.elimination.inner(self.half_solves, self.half_solves)
        return fixed_part(self.engine.gram.XytXy - eliminated, self.elimination.logdet_V)

    def modes(self, v: Array) -> tuple[list[Array], list[Array], list[Array]]:
        return self.elimination.backward([c @ v for c in self.reduced])

    def selected_inverse(self, S: Array) -> tuple[list[Array], list[Array]]:
        return self.elimination.selected_inverse(self.reduced, S)

    def solve(self, c: Sequence[Array]) -> list[Array]:
        return self.elimination.backward(self.elimination.forward(c)[0])[1]

    def products(self, s: Sequence[Array]) -> tuple[Array, Array]:
        gram, inner = self.engine.gram, self.elimination.inner
        ZtW = self.engine.ZtZ_times(s)
        _, half_solves = self.elimination.forward(ZtW)
        X_halves = [h[:, :, : gram.p] for h in self.half_solves]
        XtW = inner_products([f.ZtXy[:, :, : gram.p] for f in gram.factors], s)
        return inner_products(s, ZtW) - inner(half_solves, half_solves), XtW - inner(X_halves, half_solves)


class BlockedEngine:
    """Sums -> factorization by elimination of levels."""

    name = "blocked"

    def __init__(self, gram: Gram) -> None:
        self._gram = gram
        count = range(len(gram.factors))
        self.nested = all(_one_parent(link, gram.factors[f].J) for (f, _), link in gram.links.items())
        self.coupling = {key: _coupling(gram, key) for key in gram.links}
        if self.nested:
            self.parents = [self.parent(f, f + 1) for f in count[:-1]]
            self.paths = [_path(gram, f) for f in count]
            return
        self.few = sum(f.q for f in gram.factors) <= FEW
        if self.few:
            self.A, self.layout = _products(gram, self.coupling, count).toarray(), Layout(gram.factors)
            return
        self.C = sparse.csr_array(sparse.hstack([self.coupling[0, g] for g in count[1:]], format="csr"))
        self.A_RR, self.scalars = _products(gram, self.coupling, count[1:]), all(f.L == 1 for f in gram.factors)
        self.structure = sparse_structure(self.C, self.A_RR) if self.scalars else None
        if self.structure is None:
            self._prepare_dense()

    def _prepare_dense(self) -> None:
        q = self.A_RR.shape[0]
        if q > REMAINDER_LIMIT:
            raise NumericalError(f"crossed factors leave {q} random effects beside the largest factor: too many")
        if self.scalars:
            self.lower, self.update = sparse.coo_array(sparse.tril(self.A_RR)), Update(self.C)
        else:
            self.dense, self.coupled = self.A_RR.toarray(), dense_if_full(self.C)

    def _at(self, k: Array, d: Array) -> SchurComplement:
        """The remainder of scalar factors at given templates."""
        if self.structure is not None:
            return SparseSchurComplement(self.structure, k, d)
        return DenseSchurComplement(self.lower, self.update, k, d)

    @property
    def gram(self) -> Gram:
        return self._gram

    def rounding(self, r2: float) -> float:
        """Relative rounding error of r2, in units of the machine's precision: sums lose what they subtract."""
        return float(self._gram.XytXy[-1, -1]) / r2

    @property
    def costly(self) -> bool:
        return not self.nested and not self.few and self.structure is None and self.A_RR.shape[0] > COSTLY_REMAINDER

    @property
    def route(self) -> str:
        """How the factors are eliminated, in words."""
        if len(self._gram.factors) == 1:
            return "one grouping factor, eliminated level by level"
        if self.nested:
            return "nested grouping factors, eliminated level by level, one after the other"
        if self.few:
            return f"crossed grouping factors with few effects: all {len(self.A)} in one dense matrix"
        q, fill = self.A_RR.shape[0], self.C.nnz / max(1, self.C.shape[0] * self.C.shape[1])
        way = "one scalar term each" if self.scalars else "vector terms"
        kind = "dense"
        if self.structure is not None:
            kind = f"sparse ({200 * len(self.structure.pattern.rows) / q**2:.2g} % full when factored)"
        return (
            f"crossed grouping factors ({way}): the largest is eliminated level by level, {q} effects of the others "
            f"form a {kind} remainder; their coupling is {100 * fill:.2g} % full"
        )

    def combined(self, M: Array) -> BlockedEngine:
        return self.sharing(self._gram.combined(M))

    def sharing(self, gram: Gram) -> BlockedEngine:
        """The engine of sums that differ in [X y] alone: what belongs to Z is shared."""
        other = copy.copy(self)
        other._gram = gram
        return other

    def factorize(self, T: Sequence[Array]) -> BlockedFactorization:
        templates = factor_templates(self._gram, T)
        if self.nested:
            return BlockedFactorization(self, Chain(self._gram, self.parents, self.paths, templates))
        if self.few:
            return BlockedFactorization(self, Whole(self.layout, self.A, templates))
        if self.scalars:
            return BlockedFactorization(self, CrossedScalars(self._gram, self.C, self._at, templates))
        return BlockedFactorization(self, Crossed(self._gram, self.coupled, self.dense, templates))

    def parent(self, f: int, g: int) -> sparse.csr_array:
        """Indicators (J_f, J_g) of the level of g that each level of f lies in; for nested factors."""
        link, J = self._gram.links[f, g], self._gram.factors[f].J
        return sparse.csr_array((np.ones(J), link.second, np.arange(J + 1)), shape=(J, self._gram.factors[g].J))

    def ZtZ_times(self, s: Sequence[Array]) -> list[Array]:
        """Z'Z s for s per factor (J, L, k)."""
        if not self.nested and self.few:
            return self.layout.split(self.A @ joined(s))
        out = [product(f.ZtZ, x) for f, x in zip(self._gram.factors, s, strict=True)]
        rows = [flat(x) for x in s]
        for (f, g), A in self.coupling.items():
            out[f] = out[f] + (A @ rows[g]).reshape(out[f].shape)
            out[g] = out[g] + (A.T @ rows[f]).reshape(out[g].shape)
        return out


def _one_parent(link: CrossProducts, J: int) -> bool:
    return len(link.first) == J


def _coupling(gram: Gram, key: tuple[int, int]) -> sparse.csr_array:
    """The cross-products of two factors as one sparse matrix (q_f, q_g)."""
    link, f, g = gram.links[key], gram.factors[key[0]], gram.factors[key[1]]
    indptr = np.searchsorted(link.first, np.arange(f.J + 1)).astype(np.int32)
    blocks = sparse.bsr_array((link.blocks, link.second.astype(np.int32), indptr), shape=(f.q, g.q))
    return sparse.csr_array(blocks.tocsr())


def _path(gram: Gram, f: int) -> Array:
    """Cross-products of each level with the columns of all its parents: (J, L, P)."""
    sums = gram.factors[f]
    later = [gram.links[f, g].blocks for g in range(f + 1, len(gram.factors))]
    return np.concatenate([np.zeros((sums.J, sums.L, 0)), *later], axis=2)


def _products(gram: Gram, coupling: dict[tuple[int, int], sparse.csr_array], which: range) -> sparse.csr_array:
    """Cross-products of some factors, side by side (q, q)."""
    blocks = [
        [_own(gram, g) if g == h else coupling[g, h] if g < h else coupling[h, g].T for h in which] for g in which
    ]
    return sparse.csr_array(sparse.block_array(blocks, format="csr"))


def _own(gram: Gram, g: int) -> sparse.bsr_array:
    sums = gram.factors[g]
    return sparse.bsr_array((np.array(sums.ZtZ), np.arange(sums.J), np.arange(sums.J + 1)), shape=(sums.q, sums.q))
