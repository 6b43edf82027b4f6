"""CSV files whose rows do not fit their header, as `pylmer fit` meets them."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from pylmer import datasets
from pylmer.cli import main

HEADER = "y,x,g"
ROWS = [f"{i % 7 + i / 10},{i % 3},{'abcd'[i % 4]}" for i in range(24)]


def fit(path: Path, content: bytes, capsys: pytest.CaptureFixture[str]) -> tuple[int, str]:
    """The exit code and what was printed: the page, or the error."""
    path.write_bytes(content)
    code = main(["fit", "y ~ x + (1 | g)", "--data", str(path)])
    captured = capsys.readouterr()
    return code, captured.out if code == 0 else captured.err


def text(*lines: str, end: str = "\n") -> bytes:
    return (end.join(lines) + end).encode()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (text(HEADER, *(row + ",9" for row in ROWS)), "line 2 has 4 fields, but the header has 3; if its first field"),
        (text(HEADER, *(row + "," for row in ROWS)), "line 2 has 4 fields, but the header has 3"),
        (text(HEADER, *ROWS, "1,2,a,4"), "line 26 has 4 fields, but the header has 3"),
        (text(HEADER, *ROWS[:3], "", *ROWS[3:], "1,2"), "line 27 has 2 fields, but the header has 3"),
        (text(HEADER, *ROWS, '1,"2,a'), "line 26 has 2 fields, but the header has 3"),
        (b"", "the file is empty: a row of names and rows of values are wanted"),
        (b"\n\n", "the file is empty"),
        (b"\xef\xbb\xbf", "the file is empty"),
        (text("y,x,g,x", *(row + ",1" for row in ROWS)), "the data have more than one column named 'x'; rename them"),
        (text(HEADER), "the data have 0 rows"),
    ],
)
def test_faults(tmp_path: Path, content: bytes, message: str, capsys: pytest.CaptureFixture[str]) -> None:
    code, shown = fit(tmp_path / "d.csv", content, capsys)
    assert code == 2
    assert message in shown
    assert shown.count("\n") == 1


@pytest.mark.parametrize(
    "content",
    [
        b"\xef\xbb\xbf" + text(HEADER, *ROWS),
        b"\xef\xbb\xbf" + text('"y","x","g"', *ROWS),
        text(HEADER, *ROWS, end="\r\n"),
        text(HEADER, "", *ROWS, "   ", ""),
        text('"",y,x,g', *(f"{i},{row}" for i, row in enumerate(ROWS))),
        text("y,x,g,z,z", *(row + ",1,2" for row in ROWS)),
    ],
    ids=["byte order mark", "mark and quotes", "Windows", "blank lines", "row names", "unused names twice"],
)
def test_as_the_plain_file(tmp_path: Path, content: bytes, capsys: pytest.CaptureFixture[str]) -> None:
    plain = fit(tmp_path / "d.csv", text(HEADER, *ROWS), capsys)
    assert plain[0] == 0
    assert fit(tmp_path / "d.csv", content, capsys) == plain


def test_a_quoted_line_break_is_part_of_a_field(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, shown = fit(tmp_path / "d.csv", text(HEADER, *ROWS, '1.5,2,"a\nb"'), capsys)
    assert (code, "groups:  g, 5" in shown) == (0, True)


def test_a_file_that_ends_too_early(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, shown = fit(tmp_path / "d.csv.gz", gzip.compress(text(HEADER, *ROWS))[:-12], capsys)
    assert (code, "it ends too early, or is damaged" in shown) == (2, True)


def test_a_shifted_column_is_no_fit(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """pandas makes the first field an index, and `Days` holds what was the reaction."""
    path = tmp_path / "sleep.csv"
    datasets.load("sleepstudy").to_csv(path)
    lines = path.read_text().splitlines()
    path.write_text("\n".join([lines[0].removeprefix(","), *lines[1:]]))
    assert main(["fit", "Reaction ~ Days + (1 | Subject)", "--data", str(path)]) == 2
    assert "give it a name in the header, too" in capsys.readouterr().err
