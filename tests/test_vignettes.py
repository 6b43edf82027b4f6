"""The vignettes: each is run, its output compared, its pictures made; what shows them; their links."""

from __future__ import annotations

import ast
import json
import re
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path
from typing import Any

import pytest

from pylmer import vignette
from pylmer.cli import main
from pylmer.errors import ArgumentError, DataError, PylmerError
from pylmer.vignettes import CONTENTS, Vignette, names
from pylmer.vignettes.notebooks import notebook
from pylmer.vignettes.running import run

FOLDER = Path(__file__).resolve().parents[1] / "pylmer" / "vignettes"
LINK = re.compile(r"(?<!!)\[[^\]]+\]\(([^)#]+)?(#[\w-]+)?\)")


@pytest.mark.parametrize("name", names())
def test_vignette_runs(name: str, tmp_path: Path) -> None:
    ran = vignette(name).run(tmp_path)
    assert ran.failed == 0, ran.report
    assert ran.tried >= 3
    assert tuple(path.name for path in ran.pictures) == vignette(name).pictures
    assert all(path.stat().st_size > 5000 for path in ran.pictures)


def test_there_are_as_many_as_the_contents_say() -> None:
    assert sorted(names()) == sorted(path.stem for path in FOLDER.glob("*.md"))
    assert len(names()) == 16
    assert all(str(vignette(name)).startswith("# ") for name in names())


@pytest.mark.parametrize("name", names())
def test_links_lead_somewhere(name: str) -> None:
    text = vignette(name).source
    headings = {
        "#" + re.sub(r"[^\w-]", "", line.lower().strip("# ").replace(" ", "-"))
        for line in text.splitlines()
        if line.startswith("#")
    }
    found = LINK.findall(text)
    pages = {page for page, _ in found if page and not page.startswith("http")}
    assert pages <= {f"{each}.md" for each in names()}
    assert {anchor for page, anchor in found if not page} <= headings


BROKEN = """# Title

```pycon
>>> 1 + 1
3
>>> 1 + 2
3
```
"""


def test_other_output_than_the_text_has_is_a_failure(tmp_path: Path) -> None:
    ran = run("broken", BROKEN, tmp_path)
    assert (ran.tried, ran.failed) == (2, 1)
    assert 'File "broken.md", line 4' in ran.report
    assert "Got:\n    2" in ran.report


DRAWN = """```pycon
>>> import matplotlib.pyplot as plt
>>> lines = plt.plot([1, 2])
```
![A line](line.png)

```pycon
>>> plt.get_fignums()
[]
```
"""


def test_a_picture_is_the_figure_drawn_last_and_is_put_away(tmp_path: Path) -> None:
    ran = run("drawn", DRAWN, tmp_path / "new")
    assert (ran.failed, ran.report) == (0, "")
    assert ran.pictures == (tmp_path / "new" / "line.png",)
    assert ran.pictures[0].read_bytes().startswith(b"\x89PNG")


def test_a_notebook_shows_the_pictures_that_were_made(tmp_path: Path) -> None:
    run("drawn", DRAWN, tmp_path)
    assert "*A line*" in Vignette("drawn", DRAWN)._repr_markdown_()
    assert "![A line](data:image/png;base64,iVBOR" in Vignette("drawn", DRAWN, tmp_path)._repr_markdown_()


def test_readers_see_no_marks_of_the_doctest() -> None:
    text = Vignette("x", "a <BLANKLINE> b\n>>> 1 / 3  # doctest: +ELLIPSIS\n").text
    assert text == "a  b\n>>> 1 / 3\n"


def test_without_a_name_all_are_listed() -> None:
    assert all(name in vignette().text for name in names())
    assert all(group in vignette().text for group in CONTENTS)


def test_mistakes() -> None:
    with pytest.raises(ArgumentError, match="did you mean 'formulas'"):
        vignette("formula")
    with pytest.raises(ArgumentError, match="no vignette 3"):
        vignette(3)  # type: ignore[arg-type]


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(DataError, match="wanted a folder"):
        vignette("formulas", tmp_path / "file")


def test_output_that_differs_is_an_error_where_the_text_is_asked_to_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Path, "read_text", lambda *_, **__: BROKEN)
    with pytest.raises(PylmerError, match="1 of 2 examples gave something else"):
        vignette("formulas", tmp_path)


def test_on_the_command_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["vignette"]) == 0
    assert "coming-from-R" in capsys.readouterr().out
    assert main(["vignette", "formulas"]) == 0
    assert capsys.readouterr().out.startswith("# Formulas\n")
    assert main(["vignette", "marginal-means", "--out", str(tmp_path)]) == 0
    written = capsys.readouterr().out.split()
    assert [Path(each).name for each in written] == [
        "marginal-means.md",
        "marginal-means.ipynb",
        "marginal-means-interaction.png",
    ]
    assert all(Path(each).exists() for each in written)
    assert main(["vignette", "nothing"]) == 2
    assert "there are getting-started" in capsys.readouterr().err
    assert main(["vignette", "--out", str(tmp_path)]) == 2
    assert "wanted with the name of a vignette" in capsys.readouterr().err


def shown(cell: dict[str, Any]) -> str:
    """What a cell of code shows as text."""
    texts = [
        each["text"] if each["output_type"] == "stream" else each["data"].get("text/plain", [])
        for each in cell["outputs"]
    ]
    return "".join(line for text in texts for line in text)


def test_the_notebook_of_the_walk_through_runs_cell_by_cell(monkeypatch: pytest.MonkeyPatch) -> None:
    """The notebook that lies in the package: cell by cell in one space of names, what expressions give is shown."""
    pytest.importorskip("matplotlib").use("Agg")
    monkeypatch.setenv("COLUMNS", "120")
    book = json.loads((FOLDER / "walk-through.ipynb").read_text(encoding="utf-8"))
    space: dict[str, Any] = {}
    compared = 0
    for cell in (cell for cell in book["cells"] if cell["cell_type"] == "code"):
        with redirect_stdout(StringIO()) as printed:
            for statement in ast.parse("".join(cell["source"])).body:
                exec(compile(ast.Interactive([statement]), "cell", "single"), space)  # noqa: S102  # our own text
        if shown(cell):
            assert printed.getvalue().split() == shown(cell).split()
            compared += 1
    assert compared == 9


def test_the_notebook_in_the_package_is_that_of_the_text() -> None:
    """All but its pictures; `pylmer vignette walk-through --out FOLDER` makes it anew."""
    kept = json.loads((FOLDER / "walk-through.ipynb").read_text(encoding="utf-8"))
    for cell in kept["cells"]:
        if cell["cell_type"] == "code":
            cell["outputs"] = [each for each in cell["outputs"] if each["output_type"] != "display_data"]
    assert kept == json.loads(vignette("walk-through").to_notebook())


def test_a_notebook_has_a_cell_for_each_output(tmp_path: Path) -> None:
    (tmp_path / "line.png").write_bytes(b"pixels")
    text = (
        "# Title\n\n```pycon\n>>> x = 1\n>>> x\n1\n>>> print(x)\n1\n>>> y = 2\n```\n\n![A line](line.png)\n\nThe end.\n"
    )
    cells = json.loads(notebook(text, tmp_path))["cells"]
    assert [cell["cell_type"] for cell in cells] == ["markdown", "code", "code", "code", "markdown"]
    assert ["".join(cell["source"]) for cell in cells] == [
        "# Title",
        "x = 1\nx",
        "print(x)",
        "y = 2",
        "*A line*\n\nThe end.",
    ]
    assert [[each["output_type"] for each in cell["outputs"]] for cell in cells[1:4]] == [
        ["execute_result"],
        ["stream"],
        ["display_data"],
    ]
