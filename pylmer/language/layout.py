"""R's deparse with its line breaking, as calls and formulas are printed.

R writes from left to right and breaks greedily: before an argument, and after a binary operator that has blanks, once
the line is longer than the cutoff. What follows a break is indented until the expression that was broken ends.
"""

from __future__ import annotations

from .deparse import TIGHT, deparse, left_needs_parentheses, right_needs_parentheses, unary_needs_parentheses
from .nodes import Argument, Binary, Call, Constant, Index, Name, Node, Number, Paren, Unary
from .numbers import integer_text
from .strings import write_name

CUTOFF = 60


def deparse_lines(node: Node, cutoff: int = CUTOFF) -> list[str]:
    """R's deparse(node, width.cutoff = cutoff): the lines that R prints; integers keep their L.

    >>> from pylmer.language import parse_formula
    >>> formula = parse_formula("log_radon ~ floor + log_uranium + activity + soil + (1 | county)")
    >>> deparse_lines(formula.node, cutoff=40)
    ['log_radon ~ floor + log_uranium + activity + ', '    soil + (1 | county)']
    """
    page = _Page(cutoff)
    page.node(node)
    return page.finished()


class _Page:
    """Lines written so far, and how far the next one is indented."""

    def __init__(self, cutoff: int) -> None:
        self.cutoff = cutoff
        self.lines: list[str] = []
        self.line = ""
        self.indent = 0
        self.length = 0  # bytes on this line without its indentation

    def write(self, text: str) -> None:
        if not self.line:
            self.line = " " * (4 * min(self.indent, 4) + 2 * max(self.indent - 4, 0))
            self.length = len(self.line)
        self.line += text
        self.length += len(text.encode(errors="surrogatepass"))

    def break_line(self) -> None:
        self.lines.append(self.line)
        self.line, self.length = "", 0

    def full(self) -> bool:
        return self.length > self.cutoff

    def finished(self) -> list[str]:
        return [*self.lines, self.line]

    def node(self, node: Node) -> None:
        if isinstance(node, Binary):
            self.binary(node)
        elif isinstance(node, Paren):
            self.enclosed("(", node.inner, ")")
        elif isinstance(node, Unary):
            self.unary(node)
        elif isinstance(node, Call) and node.function == "{":
            self.block(node)
        elif isinstance(node, Call):
            self.write(node.prefix + write_name(node.function) + "(")
            self.arguments(node.arguments, ")")
        elif isinstance(node, Index):
            self.index(node)
        else:
            self.write(_atom(node))

    def enclosed(self, opening: str, inner: Node, closing: str) -> None:
        self.write(opening)
        self.node(inner)
        self.write(closing)

    def operand(self, node: Node, parentheses: bool) -> None:
        if parentheses:
            self.enclosed("(", node, ")")
        else:
            self.node(node)

    def unary(self, node: Unary) -> None:
        self.write(node.operator)
        self.operand(node.operand, unary_needs_parentheses(node))

    def binary(self, node: Binary) -> None:
        """The left spine in a loop: `a + b + c` breaks at every level on its own."""
        first, steps = node.spine()
        parenthesized = [i for i, step in enumerate(steps) if left_needs_parentheses(step)]
        start = max(parenthesized, default=0)
        self.operand(steps[start].left if start else first, bool(parenthesized))
        for step in steps[start:]:
            self.step(step)

    def step(self, step: Binary) -> None:
        tight = step.operator in TIGHT
        self.write(step.operator if tight else f" {step.operator} ")
        broken = not tight and self.full()
        if broken:
            self.indent += 1
            self.break_line()
        self.operand(step.right, right_needs_parentheses(step))
        self.indent -= broken

    def block(self, node: Call) -> None:
        self.write("{")
        self.indent += 1
        self.break_line()
        self.arguments(node.arguments, "")
        self.indent -= 1
        self.break_line()
        self.write("}")

    def index(self, node: Index) -> None:
        self.node(node.operand)
        self.write("[[" if node.double else "[")
        self.arguments(node.arguments, "]]" if node.double else "]")

    def arguments(self, arguments: tuple[Argument, ...], closing: str) -> None:
        broken = False
        for i, argument in enumerate(arguments):
            if i and self.full():
                self.indent += not broken
                broken = True
                self.break_line()
            self.argument(argument)
            self.write(", " if i + 1 < len(arguments) else "")
        self.indent -= broken
        self.write(closing)

    def argument(self, argument: Argument) -> None:
        if argument.name is not None:
            self.write(f"{write_name(argument.name)} = ")
        if argument.value is not None:
            self.node(argument.value)


def _atom(node: Node) -> str:
    if isinstance(node, Number) and node.integer:
        return integer_text(node.value) + ("L" if abs(node.value) < 2**31 else "")
    if isinstance(node, Constant):
        return node.name
    if isinstance(node, Name):
        return node.prefix + write_name(node.name)
    return deparse(node)
