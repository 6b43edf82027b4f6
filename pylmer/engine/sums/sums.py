"""Labelled cross-products that add: of rows that were never in memory together, of files, of sites.

Two sets of sums add when their columns mean the same. Levels are known by their labels: they need no common numbering,
and one that turns up late is an ordinary thing. Each set has coordinates of its own (scales and a shift, without which
sums lose what is small beside something large); those of the second are turned into those of the first, exactly.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from os import PathLike
from typing import Any

import numpy as np

from ...numerics.linalg import Array, Codes, block_diagonal, sorted_by
from ...numerics.stacks import levels_last, product
from .gram import CrossProducts, FactorSums, Pairs
from .labels import Labels, TermNames, check_same, places, plain, union
from .rows import Rows
from .scaling import Scaling
from .structure import Structure, weight_sums


@dataclass(frozen=True, eq=False)
class Sums:
    """Weighted cross-products of [Z X y], scaled, with the labels of what they are.

    factors      in the order of the labels, each with its terms;  links[f, g] for f < g that meet in some row
    XytXy        (p + 1, p + 1);  y_square the weighted sum of squares of the response as given
    coordinates  scales and shift in which they were formed; `arrange` finds better ones

    >>> from pylmer.engine.sums.rows import TermRows
    >>> from pylmer.engine.sums.scaling import find_scaling
    >>> y = np.array([1.0, 2.0, 4.0, 3.0])
    >>> rows = Rows(np.ones((4, 1)), y, None, (TermRows(np.array([0, 0, 1, 1]), 2, None, 0),))
    >>> labels = Labels(("(Intercept)",), (TermNames("site", ("(Intercept)",)),), (np.array(["a", "b"]),))
    >>> one = sums_of(rows, find_scaling(rows), labels)
    >>> two = replace(one, labels=replace(labels, levels=(np.array(["b", "c"]),)))
    >>> (one + two).n, (one + two).labels.levels[0].tolist(), (one + two).factors[0].ZtZ[:, 0, 0].tolist()
    (8, ['a', 'b', 'c'], [2.0, 4.0, 2.0])
    """

    n: int
    labels: Labels
    factors: tuple[FactorSums, ...]
    links: dict[tuple[int, int], CrossProducts]
    XytXy: Array
    y_square: float
    sum_log_weights: float
    coordinates: Scaling

    def __add__(self, other: Sums) -> Sums:
        """The sums of all rows of both; DataError if their columns mean different things."""
        check_same(self.labels, other.labels)
        levels = [
            union(a, b, group)
            for a, b, group in zip(self.labels.levels, other.labels.levels, self.labels.groups, strict=True)
        ]
        one, two = self.with_levels(levels), other.in_coordinates(self.coordinates).with_levels(levels)
        factors = tuple(
            replace(a, ZtZ=a.ZtZ + b.ZtZ, ZtXy=a.ZtXy + b.ZtXy) for a, b in zip(one.factors, two.factors, strict=True)
        )
        return replace(
            one,
            n=self.n + other.n,
            factors=factors,
            links={key: _added(link, two.links[key], one.factors[key[1]].J) for key, link in one.links.items()},
            XytXy=one.XytXy + two.XytXy,
            y_square=self.y_square + other.y_square,
            sum_log_weights=self.sum_log_weights + other.sum_log_weights,
        )

    def __radd__(self, other: Any) -> Sums:
        """0 + sums, so that `sum` adds them."""
        return self if isinstance(other, int) and other == 0 else NotImplemented

    def with_levels(self, levels: Sequence[Array]) -> Sums:
        """The same sums with these levels (J,) per factor, in this order; all that they have must be among them."""
        moves = [
            places(had, wanted, group)
            for had, wanted, group in zip(self.labels.levels, levels, self.labels.groups, strict=True)
        ]
        if all(
            len(at) == len(new) and np.array_equal(at, np.arange(len(at)))
            for at, new in zip(moves, levels, strict=True)
        ):
            return self
        factors = tuple(
            replace(sums, ZtZ=_placed(sums.ZtZ, at, len(new)), ZtXy=_placed(sums.ZtXy, at, len(new)))
            for sums, at, new in zip(self.factors, moves, levels, strict=True)
        )
        links = {(f, g): _renumbered(link, moves[f], moves[g]) for (f, g), link in self.links.items()}
        return replace(self, labels=replace(self.labels, levels=tuple(levels)), factors=factors, links=links)

    def in_coordinates(self, new: Scaling) -> Sums:
        """The same sums with other scales and another shift."""
        old = self.coordinates
        if new is old or all(np.array_equal(a, b) for a, b in zip(_arrays(new), _arrays(old), strict=True)):
            return self
        M = np.eye(len(self.XytXy))
        M[:-1, :-1], M[:-1, -1] = old.R @ new.inverse, old.R @ (old.shift - new.shift)
        return self.combined(M, [R @ inverse for R, inverse in zip(old.R_terms, new.inverse_terms, strict=True)], new)

    def combined(self, M: Array, B: Sequence[Array], coordinates: Scaling) -> Sums:
        """The sums of [X y] M and of Z_i B_i of every random term, and the coordinates that this makes."""
        turns = [block_diagonal(B[t] for t in sums.terms) for sums in self.factors]
        factors = tuple(
            replace(sums, ZtZ=product(product(b.T, sums.ZtZ), b), ZtXy=product(product(b.T, sums.ZtXy), M))
            for sums, b in zip(self.factors, turns, strict=True)
        )
        links = {
            (f, g): replace(link, blocks=product(product(turns[f].T, link.blocks), turns[g]))
            for (f, g), link in self.links.items()
        }
        return replace(self, factors=factors, links=links, XytXy=M.T @ self.XytXy @ M, coordinates=coordinates)

    def save(self, path: str | PathLike[str]) -> None:
        """Write an .npz file that `Sums.load` reads, here or elsewhere: labels and sums, never rows."""
        from . import files  # of sums that are kept

        files.save(path, *in_words(self))

    @classmethod
    def load(cls, path: str | PathLike[str]) -> Sums:
        """Read what `save` wrote; DataError for any other file."""
        from . import files

        return files.load(path, from_words)


def sums_of(rows: Rows, coordinates: Scaling, labels: Labels | None = None) -> Sums:
    """The sums of `rows` (n may be 0), formed in these coordinates; one pass, some thousand rows at a time."""
    factors, links, XytXy = Structure.as_given(rows, coordinates, keep=False).sums(rows.weights, "ZXy")
    log_weights, y_square = weight_sums(rows.y, rows.weights)
    labels = Labels.numbered(rows) if labels is None else labels
    return Sums(rows.n, labels, factors, links, XytXy, y_square, log_weights, coordinates)


def _arrays(scaling: Scaling) -> list[Array]:
    return [scaling.R, *scaling.R_terms, scaling.shift]


def _renumbered(link: CrossProducts, first: Codes, second: Codes) -> CrossProducts:
    """A link whose levels have got other numbers."""
    one, two = first[link.first], second[link.second]
    order = sorted_by(one, int(one.max(initial=-1)) + 1, sorted_by(two, int(two.max(initial=-1)) + 1))
    return CrossProducts(Pairs(one[order], two[order]), link.blocks[order])


def _added(one: CrossProducts, two: CrossProducts, J: int) -> CrossProducts:
    """The sums of both links, whose levels are numbered alike, J of the second factor."""
    keys, at = np.unique(np.concatenate([link.first * J + link.second for link in (one, two)]), return_inverse=True)
    blocks = _placed(one.blocks, at[: len(one.pairs)], len(keys))
    blocks[at[len(one.pairs) :]] += two.blocks
    return CrossProducts(Pairs(*np.divmod(keys, J)), blocks)


def _placed(stack: Array, at: Codes, J: int) -> Array:
    """A stack (J_had, a, b) at the places `at` of one of J levels, zero elsewhere."""
    out = levels_last(J, *stack.shape[1:])
    out[:] = 0.0
    out[at] = stack
    return out


def in_words(sums: Sums) -> tuple[dict[str, Any], dict[str, Array]]:
    """Sums as words and named arrays."""
    words = {"X_names": sums.labels.X_names, "terms": list(map(asdict, sums.labels.terms))}
    arrays = {"XytXy": sums.XytXy, "numbers": np.array([sums.n, sums.y_square, sums.sum_log_weights], dtype=float)}
    arrays |= {"R": sums.coordinates.R, "shift": sums.coordinates.shift}
    arrays |= {f"R_{t}": R for t, R in enumerate(sums.coordinates.R_terms)}
    for f, (each, levels) in enumerate(zip(sums.factors, sums.labels.levels, strict=True)):
        arrays |= {f"levels_{f}": plain(levels), f"ZtZ_{f}": each.ZtZ, f"ZtXy_{f}": each.ZtXy}
    for (f, g), link in sums.links.items():
        arrays |= {f"first_{f}_{g}": link.first, f"second_{f}_{g}": link.second, f"blocks_{f}_{g}": link.blocks}
    return words, arrays


def from_words(words: dict[str, Any], arrays: dict[str, Array]) -> Sums:
    """What `in_words` wrote."""
    terms = tuple(TermNames(**{**term, "columns": tuple(term["columns"])}) for term in words["terms"])
    levels = tuple(arrays[f"levels_{f}"] for f in range(len({term.group for term in terms})))
    labels, count = Labels(tuple(words["X_names"]), terms, levels), range(len(levels))
    links = {(f, g): _read_link(arrays, f"{f}_{g}") for g in count for f in range(g)}
    n, y_square, log_weights = arrays["numbers"].tolist()
    scaling = Scaling(arrays["R"], tuple(arrays[f"R_{t}"] for t in range(len(terms))), arrays["shift"])
    factors = tuple(_read_factor(arrays, labels, f) for f in count)
    return Sums(int(n), labels, factors, links, arrays["XytXy"], y_square, log_weights, scaling)


def _read_factor(arrays: dict[str, Array], labels: Labels, f: int) -> FactorSums:
    on_it = tuple(t for t, term in enumerate(labels.terms) if term.group == labels.groups[f])
    every = np.arange(len(labels.levels[f]))
    return FactorSums(on_it, *(_placed(arrays[f"{name}_{f}"], every, len(every)) for name in ("ZtZ", "ZtXy")))


def _read_link(arrays: dict[str, Array], key: str) -> CrossProducts:
    return CrossProducts(Pairs(arrays[f"first_{key}"], arrays[f"second_{key}"]), arrays[f"blocks_{key}"])
