"""The house's form of docstrings, taken apart: what it is, arguments, what it returns and raises, sources, example."""

from __future__ import annotations

import itertools
import re
from dataclasses import dataclass, field

ROW = re.compile(r"(\w+(?:, \w+)*) {2,}(\S.*)")
MARK = re.compile(r"(?:^|(?<=\. )|(?<=\.\n))(Raises|Errors as|Returns|Sources?(?:: | as of|s: ))")
RETURNED = re.compile(
    r"(An?|The|Returns|One row|One) (DataFrame|Series|record|fit|float|frame|mapping|dict|list|row|`\w+`)"
)
COLUMNS = re.compile(r"\S {2,}\S")
KINDS = {"Rai": "errors", "Err": "errors", "Ret": "returns", "Sou": "sources"}


@dataclass
class DocstringParts:
    """summary, arguments {name: text}, and Markdown of the rest."""

    summary: str = ""
    arguments: dict[str, str] = field(default_factory=dict)
    details: list[str] = field(default_factory=list)
    returns: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    sources: list[str] = field(default_factory=list)
    example: str = ""


def parts_of(doc: str) -> DocstringParts:
    """Take a docstring apart."""
    prose, mark, example = doc.partition(">>> ")
    found = DocstringParts(example=(mark + example).replace("<BLANKLINE>", "").rstrip())
    summary, *paragraphs = [each for each in re.split(r"\n\s*\n", prose.strip("\n")) if each.strip()]
    found.summary = " ".join(summary.split())
    for paragraph in paragraphs:
        _sort(paragraph, found)
    return found


def _sort(paragraph: str, found: DocstringParts) -> None:
    lines = paragraph.strip("\n").split("\n")
    if ROW.fullmatch(lines[0]) and not found.arguments:
        found.arguments = _arguments(lines)
    elif any(COLUMNS.search(line) for line in lines) or lines[0].startswith("    "):
        found.details.append("\n".join(["```text", *lines, "```"]))
    else:
        _sentences(paragraph, found)


def _arguments(lines: list[str]) -> dict[str, str]:
    told: list[tuple[str, list[str]]] = []
    for line in lines:
        row = ROW.fullmatch(line)
        if row:
            told.append((row[1], [row[2]]))
        else:
            told[-1][1].append(line.strip())
    return {name: " ".join(text) for names, text in told for name in names.split(", ")}


def _sentences(paragraph: str, found: DocstringParts) -> None:
    """Each piece of a paragraph to where it belongs; a piece starts with one of the words of `MARK`."""
    starts = [0, *(match.start(1) for match in MARK.finditer(paragraph) if match.start(1)), len(paragraph)]
    for start, end in itertools.pairwise(starts):
        piece = " ".join(paragraph[start:end].split())
        kind = KINDS[piece[:3]] if MARK.match(piece) else "returns" if RETURNED.match(piece) else "details"
        if piece:
            getattr(found, kind).append(piece)
