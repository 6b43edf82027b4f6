"""A formula taken apart: all that can be said of it before there are data, said once."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from ..language import MixedFormula, RandomTerm, Terms, deparse, double_bar_effects, random_label, terms
from ..language.bars import at_term_level
from ..language.nodes import Binary, Call, Name, Node, Paren
from ..language.walk import nodes, variables
from ..structures import STRUCTURES
from .known import group_key


@dataclass(frozen=True, eq=False)
class TermParts:
    """A random term taken apart.

    label    "Days | Subject"
    group    the group as lme4 prints it
    text     the group as it is deparsed
    factors  a, b, c of the group a:b:c; `key` their name as a whole
    own      the variables left of the bar that are factors of the group
    """

    term: RandomTerm
    effects: Terms
    label: str
    group: str
    text: str
    factors: tuple[Node, ...]
    key: str
    own: frozenset[str]

    @classmethod
    def of(cls, term: RandomTerm, effects: Terms) -> TermParts:
        """The parts of a term, given the terms left of its bar."""
        factors = group_factors(term.group)
        own = own_groups(effects.used, factors)
        names = random_label(term), group_name(term.group), deparse(term.group)
        return cls(term, effects, *names, factors, group_key(factors), own)

    @property
    def structure(self) -> str:
        """A name of `structures.STRUCTURES`."""
        return self.term.structure

    @cached_property
    def hom(self) -> bool:
        """Whether its variances are equal."""
        return bool(STRUCTURES[self.structure].hom if self.term.hom is None else self.term.hom)


@dataclass(frozen=True, eq=False)
class Parts:
    """A formula taken apart: terms of the fixed part, random terms as fitted, and the terms left of each bar.

    repeats_response  whether the response was among the fixed terms, which are without it

    Variables and groups are by their deparse.
    """

    formula: MixedFormula
    fixed: Terms
    random: tuple[RandomTerm, ...]
    effects: tuple[Terms, ...]
    repeats_response: bool = False

    @cached_property
    def response(self) -> str:
        """The left side, deparsed; "" if there is none."""
        return "" if self.formula.response is None else deparse(self.formula.response)

    @cached_property
    def terms(self) -> tuple[TermParts, ...]:
        """The random terms, as they are fitted."""
        return tuple(map(TermParts.of, self.random, self.effects))

    @cached_property
    def variables(self) -> dict[str, Node]:
        """The variables of the fixed part and left of the bars, each once, without response and offsets.

        As in R's model frame `x - z` has z too: rows in which z is missing are left out.
        """
        return {deparse(node): node for every in (self.fixed, *self.effects) for node in every.framed}

    @cached_property
    def used(self) -> frozenset[str]:
        """Those of the variables that occur in a term."""
        return frozenset(name for every in (self.fixed, *self.effects) for name in every.used_names)

    @cached_property
    def groups(self) -> dict[str, Node]:
        """The factors that stand between the `:` of the groups, each once."""
        return {deparse(node): node for term in self.terms for node in term.factors}

    @cached_property
    def names(self) -> tuple[Name | Call, ...]:
        """All names and calls of the formula, first to last; `.` has been expanded."""
        formula = self.formula
        sides = (side for term in formula.random for side in (term.effects, term.group))
        roots = [root for root in (formula.response, formula.fixed, *sides) if root is not None]
        found = [node for root in roots for node in nodes(root) if isinstance(node, Name | Call)]
        return tuple(sorted((node for node in found if node != Name(".")), key=lambda node: node.span[0]))

    @cached_property
    def computed(self) -> dict[str, tuple[str, ...]]:
        """Response and variables that are no plain names, with the names in them."""
        response = [] if self.formula.response is None else [self.formula.response]
        every = {deparse(node): node for node in (*response, *self.variables.values())}
        found = {text: variables(node) for text, node in every.items() if not isinstance(node, Name)}
        return {text: tuple(dict.fromkeys(name.name for name in names)) for text, names in found.items()}

    @cached_property
    def dotted_groups(self) -> tuple[str, ...]:
        """Grouping factors that `.` has put among the fixed effects."""
        if Name(".") not in nodes(self.formula.fixed):
            return ()
        groups = {deparse(node) for term in self.random for node in nodes(term.group) if isinstance(node, Name | Call)}
        return tuple(label for label in self.fixed.labels if label in groups)

    @cached_property
    def doubled(self) -> tuple[str, ...]:
        """The variables under a `||`, as often as they occur."""
        return tuple(deparse(node) for _, node in double_bar_effects(self.formula))

    @cached_property
    def powers(self) -> dict[str, str]:
        """`x^2` -> `x`, powers outside I() of a single variable."""
        roots = [self.formula.fixed, *(term.effects for term in self.formula.random)]
        inner = [node for root in roots for node in at_term_level(root)]
        powers = [node for node in inner if isinstance(node, Binary) and node.operator == "^"]
        return {deparse(node): deparse(base) for node in powers for base in _single(node.left)}


def _single(node: Node) -> tuple[Node, ...]:
    """The variable that is all there is below a power."""
    inside = node.inner if isinstance(node, Paren) else node
    if isinstance(inside, Binary) and inside.operator == "^":
        return ()
    used = terms(inside).used
    return used if len(used) == 1 else ()


def group_factors(group: Node) -> tuple[Node, ...]:
    """`a:b:c` -> a, b, c."""
    if isinstance(group, Paren):
        return group_factors(group.inner)
    if isinstance(group, Binary) and group.operator == ":":
        return (*group_factors(group.left), *group_factors(group.right))
    return (group,)


def group_name(group: Node) -> str:
    """The group as lme4 prints it: a name bare, anything else deparsed."""
    if isinstance(group, Paren):
        return group_name(group.inner)
    return group.name if isinstance(group, Name) else deparse(group)


def own_groups(variables: Iterable[Node], factors: Iterable[Node]) -> frozenset[str]:
    """The variables left of a bar that are factors of its group."""
    return frozenset(map(deparse, variables)) & frozenset(map(deparse, factors))
