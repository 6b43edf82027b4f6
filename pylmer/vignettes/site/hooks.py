"""What mkdocs is told: pages made of vignettes, docstrings and three texts, and counted.

Vignettes with pictures are run, their pictures kept in a temporary folder until the site is written; in the folder
PYLMER_SITE_PICTURES they are kept for the next build, which runs what is new: for `mkdocs serve`, and for who writes.
"""

from __future__ import annotations

import hashlib
import logging
import os
import tempfile
from pathlib import Path
from typing import Any

os.environ.setdefault("MPLBACKEND", "Agg")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

from mkdocs.structure.files import File, Files
from words import PublicWord, cell, linked, page_of, rows_of_R, without_a_sentence, words

from pylmer.vignettes import CONTENTS, Vignette, names, vignette

HERE = Path(__file__).parent
LOG = logging.getLogger("mkdocs.hooks.pylmer")
WORDS = words()
TOPICS = tuple(dict.fromkeys(word.topic for word in WORDS.values()))
WHOLE = "---\nhide:\n  - navigation\n---\n\n"  # pages without a list beside them
KEPT = os.environ.get("PYLMER_SITE_PICTURES")
PICTURES = tempfile.TemporaryDirectory()


def on_config(config: Any) -> Any:
    """The navigation."""
    by_topic = [{topic.capitalize(): [_entry(word) for word in _about(topic)]} for topic in TOPICS]
    texts = [
        {group: [{vignette(name).title: f"vignettes/{name}.md"} for name in CONTENTS[group]]} for group in CONTENTS
    ]
    config.nav = [
        {"Home": "index.md"},
        {"Vignettes": ["vignettes/index.md", *texts]},
        {"Words": ["words/index.md", *by_topic]},
        {"Gallery": "gallery.md"},
    ]
    return config


def _entry(word: PublicWord) -> dict[str, str]:
    return {word.name: f"words/{word.page}"}


def on_files(files: Files, config: Any) -> Files:
    """All pages, each generated."""
    rows = rows_of_R()
    pages = {f"words/{word.page}": page_of(word, WORDS, rows) for word in WORDS.values()}
    pages |= {"words/index.md": _words(), "vignettes/index.md": _vignettes()}
    for name in names():
        pages[f"vignettes/{name}.md"] = linked(_run(vignette(name), "vignettes", files, config), WORDS, "../words/")
    for name in ("index", "gallery"):
        text = Vignette(name, (HERE / "texts" / f"{name}.md").read_text(encoding="utf-8"))
        pages[f"{name}.md"] = WHOLE + linked(_run(text, "", files, config), WORDS, "words/")
    for path, text in pages.items():
        files.append(File.generated(config, path, content=text))
    _count()
    return files


def _run(text: Vignette, folder: str, files: Files, config: Any) -> str:
    """The Markdown; if it has pictures it is run, and they are files of the site."""
    if text.pictures:
        digest = hashlib.sha256(text.source.encode()).hexdigest()[:16]
        out = Path(KEPT or PICTURES.name, f"{text.name}-{digest}")
        if not all((out / name).exists() for name in text.pictures):
            _draw(text, out)
        for name in text.pictures:
            files.append(File.generated(config, f"{folder}/{name}".lstrip("/"), abs_src_path=str(out / name)))
    return text.text


def _draw(text: Vignette, out: Path) -> None:
    ran = text.run(out)
    if ran.failed:
        LOG.warning("%s: %d of %d examples gave something else\n%s", text.name, ran.failed, ran.tried, ran.report)


def _vignettes() -> str:
    lines = [
        "# Vignettes",
        "",
        'Texts with code that runs: `pylmer vignette NAME` in a terminal, `pylmer.vignette("NAME")` in a notebook.',
        "",
    ]
    for group, own in CONTENTS.items():
        lines += [f"## {group}", "", *(f"- [{vignette(name).title}]({name}.md)" for name in own), ""]
    return "\n".join(lines)


def _words() -> str:
    lines = ["# Words", "", f"The {len(WORDS)} public names of pylmer, by topic."]
    for topic in TOPICS:
        lines += ["", f"## {topic.capitalize()}", "", "| | |", "|--|--|"]
        lines += [f"| [`{word.name}`]({word.page}) | {cell(word.parts.summary)} |" for word in _about(topic)]
    return "\n".join(lines)


def _about(topic: str) -> list[PublicWord]:
    return [word for word in WORDS.values() if word.topic == topic]


def _count() -> None:
    """Words without a docstring and arguments without a sentence are warnings, which --strict makes errors."""
    bare = [name for name, word in WORDS.items() if not word.parts.summary]
    silent = [each for word in WORDS.values() for each in without_a_sentence(word)]
    LOG.info("words: %d, without a page: %d; arguments without a sentence: %d", len(WORDS), len(bare), len(silent))
    for each in [*bare, *silent]:
        LOG.warning("nothing is said of %s", each)


def on_post_build(config: Any) -> None:
    """The pictures have been copied."""
    PICTURES.cleanup()
