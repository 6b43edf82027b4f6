"""The command line, in the process (`main(argv)`) and as users run it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from pylmer import datasets
from pylmer.cli import main

M1 = """Linear mixed model fit by REML ['lmerMod']
Formula: log_radon ~ floor + (1 | county)
   Data: radon
REML criterion at convergence: 2171.305
"""


def pylmer(*arguments: str, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    command = [str(Path(sys.executable).with_name("pylmer")), *arguments]
    return subprocess.run(command, capture_output=True, text=True, cwd=cwd, check=False)


def test_fit_prints_the_radon_model_by_default(tmp_path: Path) -> None:
    done = pylmer("fit", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith(M1)


def test_a_mistake_gives_one_clear_line_and_the_place() -> None:
    done = pylmer("fit", "log_radon ~ flor + (1 | county)")
    assert (done.returncode, done.stdout) == (2, "")
    first, formula, carets = done.stderr.splitlines()
    assert first.startswith("pylmer: ")
    assert "flor" in first
    assert formula == "  log_radon ~ flor + (1 | county)"
    assert carets == "              ^^^^"


def test_ml_and_display(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["fit", "Reaction ~ Days + (1 | Subject)", "--data", "sleepstudy", "--ml", "--display"]) == 0
    out = capsys.readouterr().out
    assert out.startswith("lmer(formula = Reaction ~ Days + (1 | Subject), data = sleepstudy, \n    REML = FALSE)\n")
    assert "AIC = 1802.1, DIC = 1794.1" in out


def test_summary(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["fit", "--summary"]) == 0
    assert "floor        -0.69299    0.07043 914.86987  -9.839   <2e-16 ***" in capsys.readouterr().out


@pytest.mark.parametrize("suffix", [".csv", ".parquet", ".csv.gz"])
def test_files_are_named_after_their_stem(tmp_path: Path, suffix: str, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / f"homes{suffix}"
    frame = datasets.load("radon")
    if suffix == ".parquet":
        frame.to_parquet(path)
    else:
        frame.to_csv(path, index=False)
    assert main(["fit", "log_radon ~ floor + (1 | county)", "--data", str(path)]) == 0
    assert capsys.readouterr().out.startswith(M1.replace("radon\nREML", "homes\nREML"))


def test_notes_go_to_stderr_in_one_line_each(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["fit", "Yield ~ 1 + (1 | Batch)", "--data", "Dyestuff2"]) == 0
    captured = capsys.readouterr()
    assert captured.err.startswith("note: ")
    assert "Warning" not in captured.err


@pytest.mark.parametrize(
    ("arguments", "wanted"),
    [
        (["fit", "y ~ x + (1 | g)", "--data", "nofile.csv"], "cannot read nofile.csv"),
        (["fit", "y ~ x + (1 | g)", "--data", "raddon"], "did you mean 'radon'"),
        (["fit", "y ~ x + (1 | g)", "--data", __file__], "wanted a .csv or .parquet file"),
        (["fit", "--data", "sleepstudy"], "needs a formula"),
        (["fit", "Reaction ~ Days", "--data", "sleepstudy"], "random"),
        (["data", "nope"], "known are"),
    ],
)
def test_user_errors_exit_with_2(arguments: list[str], wanted: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(arguments) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert wanted in captured.err
    assert "Traceback" not in captured.err


def test_an_empty_file_is_a_user_error(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "empty.csv").touch()
    assert main(["fit", "y ~ x + (1 | g)", "--data", str(tmp_path / "empty.csv")]) == 2
    assert "cannot read" in capsys.readouterr().err


def test_data_lists_every_set(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["data"]) == 0
    assert [line.split()[0] for line in capsys.readouterr().out.splitlines()] == datasets.names()


def test_unknown_commands_exit_with_2() -> None:
    with pytest.raises(SystemExit) as stopped:
        main(["frobnicate"])
    assert stopped.value.code == 2


def through_the_shell(command: str) -> subprocess.CompletedProcess[str]:
    program = str(Path(sys.executable).with_name("pylmer"))
    return subprocess.run(
        ["bash", "-c", command.replace("pylmer", program)], capture_output=True, text=True, check=False
    )


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
@pytest.mark.parametrize("command", ["pylmer fit", "pylmer data", "pylmer tour"])
def test_a_full_disk_is_said_in_words(command: str) -> None:
    done = through_the_shell(f"{command} > /dev/full")
    assert (done.returncode, done.stderr) == (2, "pylmer: cannot write the output: No space left on device\n")


@pytest.mark.skipif(sys.platform == "win32", reason="needs a shell's pipes")
def test_nobody_reads_on() -> None:
    done = through_the_shell("pylmer tour | head -1; echo ${PIPESTATUS[0]}")
    assert (done.stdout.splitlines()[-1], done.stderr) == ("141", "")
