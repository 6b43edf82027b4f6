"""A page for every public word: by topic, from its docstring and from the table for users of R."""

from __future__ import annotations

import html
import inspect
import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from docstrings import DocstringParts, parts_of

import pylmer
from pylmer.vignettes import names, vignette

INIT = Path(pylmer.__file__).with_suffix(".pyi")
BESIDE = {
    "test": "marginal means",
    "display": "reading a fit",
    "plan": "fitting",
    "save": "fitting",
    "load": "fitting",
}  # words outside __all__, and their topics
NAMED = re.compile(r"(?<!\[)`([\w.]+(?:\(\))?)`")
CODE = re.compile(r"(```.*?```|^(?: {4}|\|).*?$)", re.DOTALL | re.MULTILINE)
NONE = "R has nothing like it: [coming from R](../vignettes/coming-from-R.md) has no row for it."


@dataclass(frozen=True)
class PublicWord:
    """name, topic, the object itself, and the file of its page."""

    name: str
    topic: str
    page: str

    @property
    def what(self) -> Any:
        return getattr(pylmer, self.name)

    @property
    def parts(self) -> DocstringParts:
        return parts_of(inspect.getdoc(self.what) or "")


def words() -> dict[str, PublicWord]:
    """All public words, in the order of `__init__.pyi`, whose comments are the topics."""
    found: dict[str, PublicWord] = {}
    topic = ""
    listed = INIT.read_text(encoding="utf-8").partition("__all__ = [")[2]
    for line in listed.splitlines():
        if line.strip().startswith("#"):
            topic = line.strip("# ")
        elif match := re.fullmatch(r'\s*"(\w+)",', line):
            found[match[1]] = PublicWord(match[1], topic, _page(match[1], found))
    for name, beside in BESIDE.items():
        found[name] = PublicWord(name, beside, _page(name, found))
    return found


def _page(name: str, before: dict[str, PublicWord]) -> str:
    """A file's name that also file systems without capitals can tell from those before."""
    taken = {word.page.lower() for word in before.values()}
    page = f"{name}.md"
    return page if page.lower() not in taken else f"{name}-.md"


def linked(text: str, every: dict[str, PublicWord], to: str) -> str:
    """Backticked names of words become links, outside code and tables; `to` is the folder of the words' pages."""

    def link(match: re.Match[str]) -> str:
        word = every.get(match[1].removesuffix("()").removeprefix("pylmer."))
        return match[0] if word is None else f"[{match[0]}]({to}{word.page})"

    return "".join(_in_table(each) if k % 2 else NAMED.sub(link, each) for k, each in enumerate(CODE.split(text)))


def _in_table(piece: str) -> str:
    """Code with a bar, which Markdown's tables would show with its backslash, as HTML; other pieces as they are."""

    def code(match: re.Match[str]) -> str:
        return f"<code>{html.escape(match[1], quote=False)}</code>".replace("\\|", "&#124;")

    return re.sub(r"`([^`]*\\\|[^`]*)`", code, piece) if piece.startswith("|") else piece


def page_of(word: PublicWord, every: dict[str, PublicWord], rows: list[tuple[str, str]]) -> str:
    """The Markdown of a word's page."""
    parts = word.parts
    title = f"# {word.name}\n\n{parts.summary}\n{{ .summary }}"
    sections = [title, _call(word), _arguments(word, parts)]
    sections += [_section("Returns", [*_annotated(word), *parts.returns]), _section("Details", parts.details)]
    sections += [_members(word), _section("Errors", parts.errors or _no_errors(word))]
    sections += [_example(parts), _section("Source", parts.sources), _in_R(word, rows)]
    sections += [_see_also(word, every), _code(word)]
    return linked("\n\n".join(each for each in sections if each), every, "") + "\n"


def _section(title: str, paragraphs: list[str]) -> str:
    return "\n\n".join([f"## {title}", *paragraphs]) if paragraphs else ""


def _call(word: PublicWord) -> str:
    """The signature without annotations, wrapped."""
    if isinstance(word.what, type) or not callable(word.what):
        how = f"from pylmer import {word.name}"
        return f"```python\n{how}\n```"
    given = [_written(each) for each in _parameters(word.what)]
    line = f"pylmer.{word.name}({', '.join(given)})"
    if len(line) > 88:
        line = f"pylmer.{word.name}(\n" + "".join(f"    {each},\n" for each in given) + ")"
    beside = f"from pylmer import {word.name}  # not among the names of import *\n" if word.name in BESIDE else ""
    return f"```python\n{beside}{line}\n```"


def _parameters(function: Any) -> list[inspect.Parameter | str]:
    found: list[inspect.Parameter | str] = []
    star = False
    for each in inspect.signature(function).parameters.values():
        if each.name == "unknown":
            continue
        if each.kind is each.KEYWORD_ONLY and not star:
            found.append("*")
        star = star or each.kind in (each.KEYWORD_ONLY, each.VAR_POSITIONAL)
        found.append(each)
    return found


def _written(parameter: inspect.Parameter | str) -> str:
    if isinstance(parameter, str):
        return parameter
    default = parameter.default
    stars = {parameter.VAR_POSITIONAL: "*", parameter.VAR_KEYWORD: "**"}.get(parameter.kind, "")
    if default is parameter.empty:
        return stars + parameter.name
    shown = default.__name__ if inspect.isfunction(default) else repr(default)
    return f"{parameter.name}={shown if not shown.startswith('<') else '...'}"


def _arguments(word: PublicWord, parts: DocstringParts) -> str:
    if not parts.arguments:
        return ""
    title = "Fields" if isinstance(word.what, type) and "Control" not in word.name else "Arguments"
    rows = [f"| `{name}` | {cell(text)} |" for name, text in parts.arguments.items()]
    return "\n".join([f"## {title}", "", "| | |", "|--|--|", *rows])


def cell(text: str) -> str:
    """A text in a table."""
    return text.replace("|", "\\|")


def _annotated(word: PublicWord) -> list[str]:
    if isinstance(word.what, type) or not callable(word.what):
        return []
    kind = inspect.signature(word.what).return_annotation
    named = {"NamedVector": "pd.Series", "Fit": "a fit", "Any": "by the kind of what is given, see below"}.get(
        kind, kind
    )
    return [f"`{named}`" if named == kind or "pd." in named else named]


def _no_errors(word: PublicWord) -> list[str]:
    if isinstance(word.what, type) or not callable(word.what):
        return []
    return ["`ArgumentError` for what it cannot take, as every word."]


def _members(word: PublicWord) -> str:
    """The methods and properties of a record, the functions of a module."""
    own = word.what
    if inspect.ismodule(own):
        rows = [_member(f"{word.name}.{name}()", each) for name, each in vars(own).items() if _is_function(name, each)]
    elif isinstance(own, type) and not issubclass(own, BaseException):
        rows = [_member(_called(name, each), each) for name, each in _own(own).items() if _is_offered(name, each)]
        bound = [f"`{name}`" for name in dir(own) if name in pylmer.__all__]
        rows += [f"| words as methods | {', '.join(bound)} |"] if bound else []
    else:
        rows = []
    return "\n".join(["## What it offers", "", "| | |", "|--|--|", *rows]) if rows else ""


def _own(kind: type) -> dict[str, Any]:
    """What a class and its bases in pylmer define."""
    bases = [base for base in reversed(kind.__mro__) if base.__module__.startswith("pylmer")]
    return {name: each for base in bases for name, each in vars(base).items() if name not in pylmer.__all__}


def _is_function(name: str, what: Any) -> bool:
    return not name.startswith("_") and inspect.isfunction(what) and what.__module__.startswith("pylmer")


def _is_offered(name: str, what: Any) -> bool:
    """Whether it is a public method or property with a docstring."""
    kind = inspect.isfunction(what) or isinstance(what, property | cached_property)
    return not name.startswith("_") and kind and bool(inspect.getdoc(what))


def _called(name: str, what: Any) -> str:
    return f".{name}()" if inspect.isfunction(what) else f".{name}"


def _member(name: str, what: Any) -> str:
    return f"| `{cell(name)}` | {cell(parts_of(inspect.getdoc(what) or ' ').summary)} |"


def _example(parts: DocstringParts) -> str:
    return f"## Example\n\n```pycon\n{parts.example}\n```" if parts.example else ""


def rows_of_R() -> list[tuple[str, str]]:
    """(R's cell, pylmer's cell) of the tables of the vignette."""
    text = vignette("coming-from-R").source
    lines = [line for line in text[: text.index("## Arguments")].splitlines() if line.startswith("| ")]
    cells = [re.split(r"(?<!\\)\|", line)[1:3] for line in lines]
    return [(R.strip(), ours.strip()) for R, ours in cells if R.strip() != "R"]


def classes_of_R() -> dict[str, str]:
    text = vignette("coming-from-R").source
    lines = [line for line in text[text.index("## Classes") :].splitlines() if line.startswith("| ")]
    cells = [re.split(r"(?<!\\)\|", line)[1:3] for line in lines]
    return {name: R.strip() for R, ours in cells for name in re.findall(r"`(\w+)`", ours)}


def _in_R(word: PublicWord, rows: list[tuple[str, str]]) -> str:
    called = re.compile(rf"(?<![\w.]){word.name}[(.]")
    found = [row for row in rows if called.search(row[1])][:6]
    classes = classes_of_R()
    if word.name in classes:
        return f"## In R\n\n{classes[word.name]}"
    if not found:
        return f"## In R\n\n{NONE}"
    return "\n".join(["## In R", "", "| R | pylmer |", "|--|--|", *(f"| {R} | {ours} |" for R, ours in found)])


def _see_also(word: PublicWord, every: dict[str, PublicWord]) -> str:
    beside = [f"`{each.name}`" for each in every.values() if each.topic == word.topic and each.name != word.name]
    called = re.compile(rf"\b(?:pylmer|fit)\.{word.name}\b|`{word.name}`")
    told = [each for each in names() if called.search(vignette(each).source)]
    texts = [f"[{vignette(each).title}](../vignettes/{each}.md)" for each in told]
    lines = [f"Vignettes: {', '.join(texts)}."] if texts else []
    return _section("See also", [*lines, f"{word.topic.capitalize()}: {', '.join(beside)}."])


def _code(word: PublicWord) -> str:
    """The source code, by mkdocstrings."""
    own = inspect.unwrap(word.what) if callable(word.what) else word.what
    path = own.__name__ if inspect.ismodule(own) else f"{own.__module__}.{own.__qualname__}"
    return "" if inspect.ismodule(own) else f"## Code\n\n`{path}`\n\n::: {path}"


def without_a_sentence(word: PublicWord) -> list[str]:
    """Arguments of a word that its docstring says nothing of."""
    if isinstance(word.what, type) or not callable(word.what):
        return []
    told = word.parts.arguments
    own = [each for each in inspect.signature(word.what).parameters if each not in ("self", "unknown")]
    return [f"{word.name}({name})" for name in own if len(told.get(name, "").split()) < 2]
