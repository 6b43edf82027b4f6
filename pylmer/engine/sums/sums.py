"""Labelled cross-products that add: of rows that were never in memory together, of files, of sites.

Two sets of sums add when their columns mean the same. Levels are known by their labels: they need no common numbering,
and one that turns up late is an ordinary thing. Each set has coordinates of its own (scales and a shift, without which
sums lose what is small beside something large); those of the second are turned into those of the first, exactly.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from os import PathLike
from typing import Any
from zipfile import BadZipFile

import numpy as np

from ...errors import DataError
from ...numerics.linalg import Array, Codes, block_diagonal
from ...numerics.stacks import levels_last, product
from .gram import CrossProducts, FactorSums, Pairs, factor_terms
from .rows import Rows
from .scaling import Scaling
from .structure import Structure, weight_sums

FORMAT = 1  # of files
KINDS = {"U": "text", "i": "numbers", "u": "numbers", "f": "numbers", "b": "True and False"}
ARRAYS = ("XytXy", "R", "shift")


@dataclass(frozen=True)
class TermNames:
    """One random term: its grouping factor, its columns, and the structure of its covariance."""

    group: str
    columns: tuple[str, ...]
    structure: str = "us"
    hom: bool = False


@dataclass(frozen=True, eq=False)
class Labels:
    """What the numbers of sums mean.

    X_names  (p,)
    terms    in the order of the formula; factors are in the order in which they appear among them
    levels   per factor (J,), text or numbers, each label once
    """

    X_names: tuple[str, ...]
    terms: tuple[TermNames, ...]
    levels: tuple[Array, ...]

    @classmethod
    def numbered(cls, rows: Rows) -> Labels:
        """Numbers for rows that have no names."""
        terms = tuple(TermNames(str(t.factor), tuple(map(str, range(t.width))), t.structure, t.hom) for t in rows.terms)
        levels = tuple(np.arange(rows.terms[first].n_levels) for first, *_ in factor_terms(rows.terms))
        return cls(tuple(map(str, range(rows.p))), terms, levels)

    @property
    def groups(self) -> tuple[str, ...]:
        """Names of the grouping factors."""
        return tuple(dict.fromkeys(term.group for term in self.terms))


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
        _check_same(self.labels, other.labels)
        union = [
            _union(a, b, group)
            for a, b, group in zip(self.labels.levels, other.labels.levels, self.labels.groups, strict=True)
        ]
        one, two = self.with_levels(union), other.in_coordinates(self.coordinates).with_levels(union)
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
        places = [
            _places(had, wanted, group)
            for had, wanted, group in zip(self.labels.levels, levels, self.labels.groups, strict=True)
        ]
        if all(
            len(at) == len(new) and np.array_equal(at, np.arange(len(at)))
            for at, new in zip(places, levels, strict=True)
        ):
            return self
        factors = tuple(
            replace(sums, ZtZ=_placed(sums.ZtZ, at, len(new)), ZtXy=_placed(sums.ZtXy, at, len(new)))
            for sums, at, new in zip(self.factors, places, levels, strict=True)
        )
        links = {(f, g): _renumbered(link, places[f], places[g]) for (f, g), link in self.links.items()}
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
        words = {"format": FORMAT, "X_names": self.labels.X_names, "terms": list(map(asdict, self.labels.terms))}
        arrays = {
            "words": np.array(json.dumps(words)),
            "numbers": np.array([self.n, self.y_square, self.sum_log_weights], dtype=float),
            **dict(zip(ARRAYS, (self.XytXy, self.coordinates.R, self.coordinates.shift), strict=True)),
            **{f"R_{t}": R for t, R in enumerate(self.coordinates.R_terms)},
        }
        for f, (sums, levels) in enumerate(zip(self.factors, self.labels.levels, strict=True)):
            arrays |= {f"levels_{f}": _plain(levels), f"ZtZ_{f}": sums.ZtZ, f"ZtXy_{f}": sums.ZtXy}
        for (f, g), link in self.links.items():
            arrays |= {f"first_{f}_{g}": link.first, f"second_{f}_{g}": link.second, f"blocks_{f}_{g}": link.blocks}
        with open(path, "wb") as file:
            np.savez(file, allow_pickle=False, **arrays)

    @classmethod
    def load(cls, path: str | PathLike[str]) -> Sums:
        """Read what `save` wrote; DataError for any other file."""
        try:
            with open(path, "rb") as opened, np.load(opened, allow_pickle=False) as file:
                return cls._read({name: file[name] for name in file.files})
        except (ValueError, KeyError, TypeError, EOFError, BadZipFile) as error:
            raise DataError(f"{str(path)!r} holds no sums that this version of pylmer has saved: {error}") from error

    @classmethod
    def _read(cls, file: dict[str, Array]) -> Sums:
        words = json.loads(str(file["words"]))
        if words["format"] != FORMAT:
            raise ValueError(f"format {words['format']}, wanted {FORMAT}")
        terms = tuple(TermNames(t["group"], tuple(t["columns"]), t["structure"], t["hom"]) for t in words["terms"])
        groups = list(dict.fromkeys(term.group for term in terms))
        of_group = [tuple(t for t, term in enumerate(terms) if term.group == group) for group in groups]
        count = range(len(groups))
        n, y_square, log_weights = file["numbers"].tolist()
        XytXy, R, shift = (file[name] for name in ARRAYS)
        return cls(
            int(n),
            Labels(tuple(words["X_names"]), terms, tuple(file[f"levels_{f}"] for f in count)),
            tuple(FactorSums(of_group[f], _stacked(file[f"ZtZ_{f}"]), _stacked(file[f"ZtXy_{f}"])) for f in count),
            {
                (f, g): CrossProducts(Pairs(file[f"first_{f}_{g}"], file[f"second_{f}_{g}"]), file[f"blocks_{f}_{g}"])
                for g in count
                for f in range(g)
            },
            XytXy,
            y_square,
            log_weights,
            Scaling(R, tuple(file[f"R_{t}"] for t in range(len(terms))), shift),
        )


def sums_of(rows: Rows, coordinates: Scaling, labels: Labels | None = None) -> Sums:
    """The sums of `rows` (n may be 0), formed in these coordinates; one pass, some thousand rows at a time."""
    factors, links, XytXy = Structure.as_given(rows, coordinates, keep=False).sums(rows.weights, "ZXy")
    log_weights, y_square = weight_sums(rows.y, rows.weights)
    labels = Labels.numbered(rows) if labels is None else labels
    return Sums(rows.n, labels, factors, links, XytXy, y_square, log_weights, coordinates)


def _arrays(scaling: Scaling) -> list[Array]:
    return [scaling.R, *scaling.R_terms, scaling.shift]


def _check_same(one: Labels, two: Labels) -> None:
    """DataError that names the first difference in meaning."""
    for what, a, b in _meanings(one, two):
        if a != b:
            raise DataError(f"these sums mean different things and cannot be added: {what} {a} and {b}")


def _meanings(one: Labels, two: Labels) -> Iterator[tuple[str, Any, Any]]:
    yield "columns of X", one.X_names, two.X_names
    yield "grouping factors", one.groups, two.groups
    yield "numbers of random terms", len(one.terms), len(two.terms)
    for a, b in zip(one.terms, two.terms, strict=True):
        yield "random terms", a, b


def _plain(levels: Array) -> Array:
    """Labels as text or numbers, whatever type they are held in."""
    plain = np.asarray(levels)
    if plain.dtype.kind == "O":
        plain = np.array(plain.tolist()) if len({type(label) for label in plain.tolist()}) <= 1 else plain
    if plain.dtype.kind not in KINDS:
        raise DataError(f"labels of levels must be all text or all numbers, found {plain[:3].tolist()}")
    return plain


def _alike(one: Array, two: Array, group: str) -> tuple[Array, Array]:
    """Two sets of labels of one kind; DataError if they are of two."""
    one, two = _plain(one), _plain(two)
    if not len(one) or not len(two):
        return one.astype(two.dtype if len(two) else one.dtype), two.astype(one.dtype if len(one) else two.dtype)
    kinds = [KINDS[each.dtype.kind] for each in (one, two)]
    if kinds[0] != kinds[1]:
        raise DataError(f"levels of {group!r} are {kinds[0]} in one of the sums and {kinds[1]} in the other")
    return one, two


def _union(one: Array, two: Array, group: str) -> Array:
    """The labels of `one`, and behind them those of `two` that are new."""
    if one is two:
        return one
    one, two = _alike(one, two, group)
    return np.concatenate([one, two[~np.isin(two, one)]])


def _places(had: Array, wanted: Array, group: str) -> Codes:
    """Where each label of `had` stands in `wanted`; DataError if one does not."""
    if had is wanted:
        return np.arange(len(had))
    had, wanted = _alike(had, wanted, group)
    order = np.argsort(wanted, kind="stable")
    at = np.searchsorted(wanted[order], had)
    known = at < len(wanted)
    known[known] = wanted[order[at[known]]] == had[known]
    if not known.all():
        raise DataError(f"levels of {group!r} are missing among those wanted: {had[~known][:3].tolist()}")
    return np.asarray(order[at])


def _placed(stack: Array, at: Codes, J: int) -> Array:
    """A stack (J_had, a, b) at the places `at` of one of J levels, zero elsewhere."""
    out = levels_last(J, *stack.shape[1:])
    out[:] = 0.0
    out[at] = stack
    return out


def _stacked(A: Array) -> Array:
    """A stack with the levels contiguous."""
    return _placed(A, np.arange(len(A)), len(A))


def _renumbered(link: CrossProducts, first: Codes, second: Codes) -> CrossProducts:
    """A link whose levels have got other numbers."""
    one, two = first[link.first], second[link.second]
    order = np.lexsort((two, one))
    return CrossProducts(Pairs(one[order], two[order]), link.blocks[order])


def _added(one: CrossProducts, two: CrossProducts, J: int) -> CrossProducts:
    """The sums of both links, whose levels are numbered alike, J of the second factor."""
    keys, at = np.unique(np.concatenate([link.first * J + link.second for link in (one, two)]), return_inverse=True)
    blocks = _placed(one.blocks, at[: len(one.pairs)], len(keys))
    blocks[at[len(one.pairs) :]] += two.blocks
    return CrossProducts(Pairs(*np.divmod(keys, J)), blocks)
