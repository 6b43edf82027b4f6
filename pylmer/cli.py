"""The command line: `pylmer fit FORMULA --data FILE` prints a fit, `pylmer data` lists the packaged data sets,
`pylmer vignette` the texts that are for reading, `pylmer tour` walks through chapter 12 of Gelman & Hill,
`pylmer tour glmer` through a logistic one, and `pylmer port script.R` prints an R script as Python.

Exit codes: 0; 1 if `port` left something of the script; 2 with one clear line on stderr (and the place in the formula
or script) where the user can mend it; 141, as a shell says it, where nobody reads on: `pylmer tour | head -1`.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import sys
import warnings
import zlib
from collections.abc import Iterator, Sequence
from importlib.metadata import version
from pathlib import Path

import pandas as pd

from . import datasets
from .api.mixed import lmer
from .api.models import LmerFit
from .datasets.csv_files import read_csv
from .errors import DataError, FitNote, PylmerError
from .printing.arm import display
from .printing.summaries import summary
from .tour import CHAPTERS, walk
from .vignettes import vignette

LARGE = 2**28  # bytes of a file that is read in parts
RADON = "log_radon ~ floor + (1 | county)"
SOURCES = "a .csv or .parquet file, or a packaged set; a folder or a quoted glob of files is read in parts"
SUFFIXES = (".csv", ".gz", ".parquet")


def main(argv: Sequence[str] | None = None) -> int:
    """Run `pylmer` with the given arguments (default: those of the process) and return the exit code.

    >>> main(["data", "Dyestuff2"])  # doctest: +ELLIPSIS
    Dyestuff2: Artificial yields ...
    0
    """
    try:
        try:
            return _run(argv)
        finally:
            sys.stdout.flush()
    except BrokenPipeError:
        _close_output()
        return 141
    except OSError as error:
        _close_output()
        with contextlib.suppress(OSError):
            print(f"pylmer: cannot write {error.filename or 'the output'}: {error.strerror}", file=sys.stderr)
        return 2


def _run(argv: Sequence[str] | None) -> int:
    arguments = _parser().parse_args(argv)
    try:
        for text in arguments.run(arguments):
            print(text, flush=True)
    except PylmerError as error:
        print(f"pylmer: {error}", file=sys.stderr)
        return 2
    return int(getattr(arguments, "code", 0))


def _close_output() -> None:
    """What is still to be written goes nowhere, or Python would try once more at its end and fail."""
    with contextlib.suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="pylmer", description="Linear mixed models as R's lme4 fits and prints them.")
    parser.add_argument("--version", action="version", version=f"pylmer {version('pylmer')}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    fit = commands.add_parser("fit", help="fit a linear mixed model and print it")
    fit.add_argument("formula", nargs="?", metavar="FORMULA", help=f"default for the radon data: '{RADON}'")
    fit.add_argument("--data", default="radon", metavar="FILES|NAME", help=SOURCES)
    fit.add_argument("--ml", action="store_true", help="maximum likelihood instead of REML")
    shape = fit.add_mutually_exclusive_group()
    shape.add_argument("--display", action="store_true", help="the short form of arm's display()")
    shape.add_argument("--summary", action="store_true", help="the long form of summary()")
    fit.set_defaults(run=_fit)
    data = commands.add_parser("data", help="list the packaged data sets, or describe one")
    data.add_argument("name", nargs="?", metavar="NAME")
    data.set_defaults(run=_data)
    tour = commands.add_parser("tour", help="chapter 12 of Gelman & Hill on the radon data, step by step")
    tour.add_argument("chapter", nargs="?", choices=[*CHAPTERS], default="lmer", help="glmer: proportions")
    tour.add_argument("--out", metavar="FOLDER", help="write the figures there (needs matplotlib)")
    tour.set_defaults(run=lambda given: walk(given.out, given.chapter))
    text = commands.add_parser("vignette", help="list the vignettes, or print one")
    text.add_argument("name", nargs="?", metavar="NAME")
    text.add_argument(
        "--out", metavar="FOLDER", help="run its code, and write text, notebook and pictures there (needs matplotlib)"
    )
    text.set_defaults(run=_vignette)
    port = commands.add_parser("port", help="print an R script as Python, and on stderr what was left")
    port.add_argument("script", metavar="SCRIPT.R", help="an R script, or - for what comes in")
    port.add_argument("--data", metavar="FOLDER", help="data sets that pylmer does not have, as NAME.csv")
    port.add_argument("--out", metavar="FILE", help="write the Python there")
    port.set_defaults(run=_port)
    return parser


def _port(arguments: argparse.Namespace) -> Iterator[str]:
    from .porting import port  # lark and its grammar, for this command alone

    ported = port(_script(arguments.script), data=_folder(arguments.data))
    if arguments.out:
        Path(arguments.out).write_text(ported.text, encoding="utf-8")
    print(ported.summary, file=sys.stderr)
    arguments.code = 1 if ported.left else 0
    if not arguments.out:
        yield ported.text.rstrip("\n")


def _script(name: str) -> str:
    try:
        return sys.stdin.read() if name == "-" else Path(name).read_text(encoding="utf-8")
    except OSError as error:
        raise DataError(f"cannot read {name}: {error.strerror or error}") from error
    except UnicodeDecodeError as error:
        raise DataError(f"cannot read {name}: it is no text in UTF-8") from error


def _folder(name: str | None) -> str | None:
    if name is not None and not Path(name).is_dir():
        raise DataError(f"--data {name}: wanted a folder with data sets as NAME.csv")
    return name


def _fit(arguments: argparse.Namespace) -> Iterator[str]:
    formula = arguments.formula or _default_formula(arguments.data)
    data = _read(arguments.data)
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always", FitNote)
        fit = lmer(formula, data=data, REML=not arguments.ml)
        text = _shown(fit, arguments)
    for note in said:
        print(f"note: {note.message}", file=sys.stderr)
    yield text


def _default_formula(data: str) -> str:
    if data != "radon":
        raise DataError(f"--data {data} needs a formula, as in: pylmer fit 'y ~ x + (1 | group)' --data {data}")
    return RADON


def _shown(fit: LmerFit, arguments: argparse.Namespace) -> str:
    if arguments.display:
        return str(display(fit))
    return str(summary(fit) if arguments.summary else fit)


def _read(source: str) -> pd.DataFrame | str:
    """The packaged set of that name, or the file, named after its stem as R would name the variable.

    Several files, or one larger than `LARGE`, are not loaded: lmer reads them in parts.
    """
    path = Path(source)
    if set("*?[") & set(source) or path.is_dir() or (path.suffix in SUFFIXES and path.is_file() and _is_large(path)):
        return source
    if path.suffix not in SUFFIXES:
        if path.exists():
            raise DataError(f"--data {source}: wanted a .csv or .parquet file, or one of {', '.join(datasets.names())}")
        return datasets.load(source)
    frame = _read_file(path)
    frame.attrs["name"] = path.name.split(".")[0]
    return frame


def _is_large(path: Path) -> bool:
    return path.stat().st_size > LARGE


def _read_file(path: Path) -> pd.DataFrame:
    try:
        return pd.read_parquet(path) if path.suffix == ".parquet" else read_csv(path)
    except OSError as error:
        raise DataError(f"cannot read {path}: {error.strerror or error}") from error
    except (EOFError, zlib.error) as error:
        raise DataError(f"cannot read {path}: it ends too early, or is damaged ({error})") from error
    except ImportError as error:
        raise DataError(f"reading {path} needs pyarrow: pip install pyarrow") from error
    except ValueError as error:  # ParserError, EmptyDataError, UnicodeDecodeError, ArrowInvalid
        raise DataError(f"cannot read {path}: {str(error).splitlines()[0]}") from error


def _data(arguments: argparse.Namespace) -> Iterator[str]:
    if arguments.name:
        yield str(datasets.describe(arguments.name))
        return
    width = max(map(len, datasets.names()))
    yield "\n".join(f"{name:<{width}}  {datasets.describe(name).description}" for name in datasets.names())


def _vignette(arguments: argparse.Namespace) -> Iterator[str]:
    read = vignette(arguments.name, arguments.out)
    if read.folder is None:
        yield read.text.rstrip()
        return
    page = read.folder / f"{read.name}.md"
    page.write_text(read.text, encoding="utf-8")
    pictures = [read.folder / picture for picture in read.pictures]
    yield "\n".join(map(str, [page, read.folder / f"{read.name}.ipynb", *pictures]))
