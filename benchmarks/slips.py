"""Do the tests notice? Random slips in the code, each tried against the tests that run the line.

    python slips.py map                          # which tests run which line (the whole suite once, under coverage)
    python slips.py try [--count 120] [--seed 1] [--out results/slips.csv]

A slip is what a hurried hand does: a sign, a forgotten factor or summand, rows not taken, an argument not passed on, a
constant off by one, < for <=, a condition turned round, a label changed. It is made at a random place inside a function
of `pylmer` (packages in turn, so that small rooms are tried as often as large ones), never in messages or annotations.
The tests that run that line, those that run least else first, are run until one fails. Needs `pytest-cov`.
"""

from __future__ import annotations

import argparse
import ast
import csv
import os
import pathlib
import random
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent
MAP = ROOT / ".coverage.slips"
FAILED = ROOT / ".coverage.slips.failed"  # tests that fail without any slip: they notice nothing
MOST = 400  # tests tried for one slip
SECONDS = 240  # after which a slip counts as noticed: the code hangs
SYMMETRIC = ("max", "min", "maximum", "minimum", "array_equal")  # whose arguments may change places
SWAPPED: dict[type, str] = {
    ast.Add: "-", ast.Sub: "+", ast.Mult: "/", ast.Div: "*", ast.Lt: "<=", ast.LtE: "<", ast.Gt: ">=", ast.GtE: ">",
    ast.Eq: "!=", ast.NotEq: "==", ast.And: "or", ast.Or: "and",
}  # fmt: skip


@dataclass(frozen=True)
class Slip:
    """A place and what is written there instead."""

    path: str
    line: int
    start: int
    end: int
    text: str
    kind: str
    was: str


class StackedPoints(ast.NodeVisitor):
    """All slips that one file has room for."""

    def __init__(self, path: str, source: str) -> None:
        self.path, self.source, self.found, self.depth = path, source, [], 0  # type: ignore[var-annotated]
        lines = source.encode().splitlines(keepends=True)
        self.at = [0]
        for line in lines:
            self.at.append(self.at[-1] + len(line))
        self.raw = source.encode()

    def span(self, node: ast.AST) -> tuple[int, int]:
        return self.at[node.lineno - 1] + node.col_offset, self.at[node.end_lineno - 1] + node.end_col_offset  # type: ignore[attr-defined]

    def text(self, node: ast.AST) -> str:
        start, end = self.span(node)
        return self.raw[start:end].decode()

    def add(self, node: ast.AST, new: str, kind: str) -> None:
        start, end = self.span(node)
        if self.depth:
            self.found.append(Slip(self.path, node.lineno, start, end, new, kind, self.text(node)))  # type: ignore[attr-defined]

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        self.depth += 1
        body = node.body[1:] if ast.get_docstring(node) else node.body
        for each in body:
            self.visit(each)
        self.depth -= 1

    def visit_Raise(self, node: ast.Raise) -> None:
        """Messages are tested by their words, not here."""

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        if node.value is not None:
            self.visit(node.value)

    def visit_JoinedStr(self, node: ast.JoinedStr) -> None:
        """Likewise."""

    def visit_BinOp(self, node: ast.BinOp) -> None:
        left, right = self.text(node.left), self.text(node.right)
        if type(node.op) in SWAPPED:
            self.add(node, f"({left}) {SWAPPED[type(node.op)]} ({right})", "operator")
        if isinstance(node.op, ast.Add | ast.Sub | ast.Mult | ast.Div):
            self.add(node, f"({left})", "forgotten")
        self.generic_visit(node)

    def visit_Compare(self, node: ast.Compare) -> None:
        if len(node.ops) == 1 and type(node.ops[0]) in SWAPPED:
            self.add(
                node,
                f"({self.text(node.left)}) {SWAPPED[type(node.ops[0])]} ({self.text(node.comparators[0])})",
                "comparison",
            )
        self.generic_visit(node)

    def visit_BoolOp(self, node: ast.BoolOp) -> None:
        word = f" {SWAPPED[type(node.op)]} "
        self.add(node, "(" + word.join(f"({self.text(value)})" for value in node.values) + ")", "condition")
        self.generic_visit(node)

    def visit_UnaryOp(self, node: ast.UnaryOp) -> None:
        if isinstance(node.op, ast.Not | ast.USub | ast.Invert):
            self.add(node, f"({self.text(node.operand)})", "sign")
        self.generic_visit(node)

    def visit_If(self, node: ast.If) -> None:
        self.add(node.test, f"not ({self.text(node.test)})", "condition")
        self.generic_visit(node)

    def visit_IfExp(self, node: ast.IfExp) -> None:
        self.add(node, f"({self.text(node.orelse)})", "branch")
        self.generic_visit(node)

    def visit_Constant(self, node: ast.Constant) -> None:
        if isinstance(node.value, bool):
            self.add(node, str(not node.value), "constant")
        elif isinstance(node.value, int | float):
            self.add(node, repr(node.value + 1 if isinstance(node.value, int) else 2 * node.value), "constant")
        elif isinstance(node.value, str) and node.value and "\n" not in node.value:
            self.add(node, repr(node.value + "x"), "label")

    def visit_Subscript(self, node: ast.Subscript) -> None:
        if isinstance(node.ctx, ast.Load):
            self.add(node, self.text(node.value), "rows not taken")
        self.generic_visit(node)

    def visit_Call(self, node: ast.Call) -> None:
        for keyword in node.keywords:
            if keyword.arg not in (None, "strict"):  # of zip: a guard
                kept = [self.text(each) for each in [*node.args, *node.keywords] if each is not keyword]
                self.add(node, f"{self.text(node.func)}({', '.join(kept)})", "argument not passed on")
        alike = self.text(node.func).split(".")[-1] in SYMMETRIC
        if (
            len(node.args) == 2
            and not node.keywords
            and not alike
            and not any(isinstance(a, ast.Starred) for a in node.args)
        ):
            self.add(node, f"{self.text(node.func)}({self.text(node.args[1])}, {self.text(node.args[0])})", "order")
        self.generic_visit(node)


def slips_of(path: pathlib.Path) -> list[Slip]:
    places = StackedPoints(path.relative_to(ROOT).as_posix(), path.read_text())
    places.visit(ast.parse(places.source))
    return places.found


def sound(slip: Slip) -> bool:
    """Whether the file still is Python, and another program."""
    raw = (ROOT / slip.path).read_bytes()
    new = raw[: slip.start] + slip.text.encode() + raw[slip.end :]
    try:
        return ast.dump(ast.parse(new)) != ast.dump(ast.parse(raw))
    except SyntaxError:
        return False


def drawn(count: int, seed: int) -> Iterator[Slip]:
    """Random slips, rooms in turn, kinds in turn within a room's draw."""
    rng = random.Random(seed)
    rooms: dict[str, list[pathlib.Path]] = defaultdict(list)
    for path in sorted((ROOT / "pylmer").rglob("*.py")):
        parts = path.relative_to(ROOT / "pylmer").parts
        rooms["/".join(parts[:-1]) or parts[0]].append(path)
    order = sorted(rooms)
    rng.shuffle(order)
    made = 0
    while made < count:
        for room in order:
            found = slips_of(rng.choice(rooms[room]))
            rng.shuffle(found)
            kind = rng.choice(sorted({slip.kind for slip in found})) if found else ""
            fit = (slip for slip in found if slip.kind == kind and sound(slip) and tests_of(slip))
            if made < count and (slip := next(fit, None)):
                yield slip
                made += 1


def tests_of(slip: Slip) -> list[str]:
    """Tests that run the line, the most particular first; [] where none does or it runs when the module is loaded."""
    with sqlite3.connect(MAP) as base:
        rows = base.execute(
            "select c.context, b.numbits from line_bits b join context c on c.id = b.context_id "
            "join file f on f.id = b.file_id where f.path = ? and c.context != ''",
            (str(ROOT / slip.path),),
        ).fetchall()
    byte, bit = divmod(slip.line, 8)
    hit = (context.rsplit("|", 1)[0] for context, bits in rows if len(bits) > byte and bits[byte] >> bit & 1)
    failed = set(FAILED.read_text().splitlines()) if FAILED.exists() else set()
    return sorted(dict.fromkeys(name for name in hit if name not in failed), key=lambda name: BREADTH[name])[:MOST]


BREADTH: Counter[str] = Counter()


def read_breadth() -> None:
    """How many files each test runs."""
    with sqlite3.connect(MAP) as base:
        for context, files in base.execute(
            "select c.context, count(*) from line_bits b join context c on c.id = b.context_id group by c.context"
        ):
            BREADTH[context.rsplit("|", 1)[0]] += files


def tried(slip: Slip, folder: pathlib.Path) -> tuple[str, int, float]:
    """(the test that noticed or "", tests offered, seconds)."""
    tests = tests_of(slip)
    path = folder / slip.path
    raw = path.read_bytes()
    path.write_bytes(raw[: slip.start] + slip.text.encode() + raw[slip.end :])
    chosen = folder / "chosen.txt"
    chosen.write_text("\n".join(tests))
    started = time.perf_counter()
    try:
        run = subprocess.run(
            [sys.executable, "-m", "pytest", "-x", "-q", "--no-header", "-p", "no:cacheprovider", f"@{chosen}"],
            cwd=folder, env={**os.environ, "PYTHONPATH": str(folder)}, capture_output=True, text=True, timeout=SECONDS,
        )  # fmt: skip
        failed = [line for line in run.stdout.splitlines() if line.startswith(("FAILED", "ERROR"))]
        noticed = (failed or ["loading"])[0].split(" - ")[0] if run.returncode else ""
    except subprocess.TimeoutExpired:
        noticed = "hangs"
    finally:
        path.write_bytes(raw)
    return noticed, len(tests), time.perf_counter() - started


def make_map() -> None:
    """The whole suite once, each line with the tests that run it."""
    options = ["--cov=pylmer", "--cov-context=test", "--cov-report=", "-q", "-p", "no:randomly"]
    subprocess.run(
        [sys.executable, "-m", "pytest", *options], cwd=ROOT, env={**os.environ, "COVERAGE_FILE": str(MAP)}, check=True
    )


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("what", choices=["map", "try"])
    parser.add_argument("--count", type=int, default=120)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=pathlib.Path, default=HERE / "results" / "slips.csv")
    given = parser.parse_args()
    if given.what == "map":
        make_map()
        return
    read_breadth()
    folder = pathlib.Path(tempfile.mkdtemp())
    for name in ("pylmer", "tests", "grammar", "pyproject.toml", "README.md"):
        source = ROOT / name
        (shutil.copytree if source.is_dir() else shutil.copy)(source, folder / name)
    with open(given.out, "w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["path", "line", "kind", "was", "becomes", "noticed by", "tests", "seconds"])
        for slip in drawn(given.count, given.seed):
            noticed, tests, seconds = tried(slip, folder)
            writer.writerow([slip.path, slip.line, slip.kind, slip.was, slip.text, noticed, tests, f"{seconds:.0f}"])
            file.flush()
    with open(given.out) as file:
        rows = list(csv.DictReader(file))
    by_room: dict[str, list[bool]] = defaultdict(list)
    for row in rows:
        by_room[row["path"].split("/")[1]].append(bool(row["noticed by"]))
    for room, noticed in sorted(by_room.items()):
        print(f"{room:24s} {sum(noticed)} of {len(noticed)}")
    print(f"noticed: {sum(map(sum, by_room.values()))} of {len(rows)}")


if __name__ == "__main__":
    main()
