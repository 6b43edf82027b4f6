"""Scripts that nobody here wrote: the examples of the help pages of lme4, lmerTest and emmeans, ported and compared.

    python porting.py [--out results] [--keep FOLDER]
    python porting.py --scripts            # the three scripts of tests/porting beside each other: porting_scripts.md

porting.R has R write the examples and the packages' data sets to a folder (nothing of them is kept here) and run each
page in a process of its own, with `interactive()` true, so that what stands under it runs too. Of every call of a fixed
list (`LISTED`) that R runs and that gives numbers, R's are written; `pylmer port --data FOLDER` ports the page, each
statement of the Python text is run, and the same call must give the same numbers in the same order:

- a fit: coefficients, standard deviations and correlations of random effects, log-likelihood;
- a table, matrix or vector: every number, row by row; missing ones apart;
- a grid of means: all columns of its summary but those of the grid;
- a profile: its limits; bootMer: the statistic of the fit, and how many draws of it; step: both tables.

Equal is: within 5e-4 of the number's size (four digits), of ranef and predict of the largest, or within 1e-6; where R
itself draws p-values (adjust "mvt"), within 1e-3. Where a statement draws random numbers, or uses what was drawn
before, R's and Python's are others, and a call is equal if it gives as many numbers, all finite ("drawn"). Pages of
nlmer are left out. A call counts as failed if its statement was left, if Python stops, and if the numbers differ.
"""

from __future__ import annotations

import argparse
import ast
import collections
import contextlib
import io
import pathlib
import subprocess
import sys
import tempfile
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

import pylmer
from pylmer.language.nodes import Call, Name
from pylmer.porting import port
from pylmer.porting.nodes import RNode, walk
from pylmer.porting.reading import read_script
from pylmer.porting.statements import defined, parts_of

HERE = pathlib.Path(__file__).resolve().parent
SCRIPTS = HERE.parent / "tests" / "porting" / "scripts"
PACKAGES = ("lme4", "lmerTest", "emmeans")
LISTED = frozenset(
    """lmer glmer glmer.nb lm glm anova drop1 summary fixef ranef coef VarCorr confint profile bootMer predict simulate
    update refit emmeans contrast pairs emtrends ls_means ranova step""".split()  # noqa: SIM905
)
NOT_LISTED = frozenset(["nlmer"])  # pages
DRAWS = frozenset(["rnorm", "runif", "rbinom", "rnbinom", "rpois", "sample", "simulate", "bootMer", "rgamma", "rexp"])
ONE_SCALE = frozenset(["ranef", "predict"])
RELATIVE, ABSOLUTE, R_DRAWS = 5e-4, 1e-6, 1e-3


@dataclass(frozen=True)
class Outcome:
    """How a call of a page ended: equal, drawn (as many finite numbers), or why not."""

    package: str
    page: str
    line: int
    call: str
    outcome: str


def r_numbers(page: pathlib.Path) -> tuple[list[str], dict[int, list[float]]]:
    """The listed calls of a page, and R's numbers of those that gave some."""
    calls, *lines = page.with_suffix(".numbers").read_text().splitlines()
    rows = (line.split() for line in lines)
    return calls.split(), {int(place): [float(x) for x in numbers] for place, *numbers in rows}


def listed_calls(statements: tuple[RNode, ...]) -> list[Any]:
    """The listed calls in R's order: a call before those inside it."""
    return [each for node in statements for each in walk(node) if getattr(each, "function", None) in LISTED]


def drawn_lines(statements: tuple[RNode, ...]) -> set[int]:
    """Identities of the listed calls in statements that draw, or use what was drawn."""
    tainted: set[str] = set()
    found: set[int] = set()
    for node in opened(statements):
        inside = list(walk(node))
        calls = {each.function for each in inside if isinstance(each, Call)}
        names = {each.name for each in inside if isinstance(each, Name)}
        if calls & DRAWS or names & tainted:
            tainted |= set(defined(node))
            found |= {id(each) for each in listed_calls((node,))}
    return found


def opened(statements: tuple[RNode, ...]) -> Iterator[RNode]:
    """The statements, those of blocks one by one."""
    for node in statements:
        inner = parts_of(node)
        if inner is None:
            yield node
        else:
            yield from opened(inner)


def numbers(value: Any) -> list[float] | None:
    """The numbers of an answer, in the order that porting.R writes R's."""
    match type(value).__name__:
        case "LmerFit" | "GlmerFit":
            return kept([*pylmer.fixef(value), *pylmer.VarCorr(value).as_frame()["sdcor"], float(pylmer.logLik(value))])
        case "LmFit" | "GlmFit":
            return kept([*pylmer.coef(value), float(pylmer.logLik(value))])
        case "Summary" | "LinearSummary" | "GeneralizedSummary":
            return table_numbers(pylmer.coef(value))
        case "EmmGrid":
            return table_numbers(value.as_frame().drop(columns=[axis.name for axis in value.axes]))
        case "VarCorrs":
            return kept(value.as_frame()["sdcor"])
        case "LikelihoodProfile":
            return table_numbers(pylmer.confint(value))
        case "BootMer":
            return kept([*np.ravel(value.t0), *np.shape(value.t)])
        case "Step":
            return [*table_numbers(value.random), *table_numbers(value.fixed)]
        case "MeansTable":
            return table_numbers(value.drop(columns=[axis.name for axis in value.variables], errors="ignore"))
    if isinstance(value, pd.DataFrame):
        return table_numbers(value)
    if isinstance(value, collections.abc.Mapping):
        return [x for part in value.values() for x in numbers(part) or []]
    return kept(np.ravel(np.asarray(value, float)))


def table_numbers(table: pd.DataFrame) -> list[float]:
    """The numeric columns, row by row."""
    return kept(np.ravel(pd.DataFrame(table).select_dtypes("number").to_numpy(float)))


def kept(values: Any) -> list[float]:
    return [float(x) for x in values if not np.isnan(float(x))]


def python_runs(text: str, mark_names: dict[str, Any]) -> dict[int, str]:
    """Runs the statements one by one; per listed call in a statement that stopped, why."""
    stopped: dict[int, str] = {}
    for statement in ast.parse(text).body:
        code = compile(ast.Module([statement], []), "ported", "exec")
        try:
            with contextlib.redirect_stdout(io.StringIO()), warnings.catch_warnings():
                warnings.simplefilter("ignore")
                exec(code, mark_names)  # noqa: S102  # the text that port() wrote
        except Exception as error:  # whatever stops a statement is its outcome
            places = [node.args[0].value for node in ast.walk(statement) if _is_record(node)]  # type: ignore[attr-defined]
            stopped |= dict.fromkeys(
                places, f"{type(error).__name__}: {str(error).splitlines()[0][:110] if str(error) else ''}"
            )
    return stopped


def _is_record(node: ast.AST) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "_recorded"


def page_outcomes(folder: pathlib.Path, package: str, page: pathlib.Path) -> Iterator[Outcome]:
    """The outcome of every listed call of a page that gives numbers in R."""
    calls, theirs = r_numbers(page)
    text = f"library({package}); {page.read_text()}"  # the pages take for granted that it is attached
    script = read_script(text)
    mine = listed_calls(script.statements)
    assert [each.function for each in mine] == calls, (page, [each.function for each in mine], calls)
    place = {each.name_span: k for k, each in enumerate(mine, 1)}
    drawn = drawn_lines(script.statements)
    ours: dict[int, list[float] | None] = {}

    def recorded(k: int, value: Any) -> Any:
        with contextlib.suppress(TypeError, ValueError):
            ours[k] = numbers(value)
        return value

    def mark(call: Any, code: str) -> str:
        return f"_recorded({place[call.name_span]}, {code})" if call.name_span in place else code

    ported = port(text, folder / "data", mark)
    stopped = python_runs(ported.text, {"_recorded": recorded})
    reasons = {left.line: left.reason for left in ported.left}
    for k, call in enumerate(mine, 1):
        if k in theirs:
            line = script.line(call.span[0])
            left = next((reasons[n] for n in range(line, 0, -1) if n in reasons), "")
            missing = f"Python stops: {stopped[k]}" if k in stopped else f"left: {left}"
            outcome = judged(call, theirs[k], ours.get(k), id(call) in drawn, missing)
            yield Outcome(package, page.stem, line, call.function, outcome)


def judged(call: Any, theirs: list[float], ours: list[float] | None, drawn: bool, missing: str) -> str:
    """The outcome of one call; `missing` says why there are no numbers of Python's."""
    if ours is None:
        return missing
    if len(ours) != len(theirs):
        return f"{len(ours)} numbers, R {len(theirs)}"
    if drawn:
        return "drawn" if np.all(np.isfinite(ours)) else "drawn, and not finite"
    a, b = np.array(ours), np.array(theirs)
    size = np.max(np.abs(b), initial=0.0) if call.function in ONE_SCALE else np.abs(b)
    least = R_DRAWS if any(getattr(each, "value", None) in ("mvt", "consec") for each in walk(call)) else ABSOLUTE
    with np.errstate(invalid="ignore"):
        bad = ~((a == b) | (np.abs(a - b) <= np.maximum(RELATIVE * size, least)))
    if not bad.any():
        return "equal"
    worst = int(np.argmax(bad))
    return f"{int(bad.sum())} of {len(a)} numbers differ, first {a[worst]:.6g}, R {b[worst]:.6g}"


def pages(folder: pathlib.Path, package: str) -> list[pathlib.Path]:
    found = sorted((folder / package).glob("*.R"))
    return [
        page for page in found if page.stem not in NOT_LISTED and listed_calls(read_script(page.read_text()).statements)
    ]


def report(outcomes: list[Outcome]) -> str:
    """Counts by package, and each failure with its reason."""
    lines = ["# Examples of the help pages, ported", "", (__doc__ or "").split("\n\n", 2)[2].strip(), ""]
    lines += ["| package | calls | R's numbers | of these drawn | per cent |", "|--|--|--|--|--|"]
    for package in (*PACKAGES, "all"):
        own = [each for each in outcomes if package in ("all", each.package)]
        good = [each for each in own if each.outcome in ("equal", "drawn")]
        drawn = sum(each.outcome == "drawn" for each in good)
        lines.append(f"| {package} | {len(own)} | {len(good)} | {drawn} | {100 * len(good) / max(len(own), 1):.1f} |")
    lines += ["", "## Failures", "", "| package | page, line | call | what |", "|--|--|--|--|"]
    for each in outcomes:
        if each.outcome not in ("equal", "drawn"):
            what = each.outcome.replace("|", "\\|")
            lines.append(f"| {each.package} | {each.page}, {each.line} | {each.call} | {what} |")
    return "\n".join(lines) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", default=str(HERE / "results"))
    parser.add_argument("--keep", help="a folder for the examples, the data and R's numbers, used again if it is there")
    parser.add_argument("--only", help="PACKAGE/PAGE: one page, printed")
    parser.add_argument("--scripts", action="store_true", help="the scripts of tests/porting, R and Python")
    given = parser.parse_args()
    if given.scripts:
        pathlib.Path(given.out, "porting_scripts.md").write_text(
            "\n".join(map(side_by_side, sorted(SCRIPTS.glob("*.R"))))
        )
        return
    folder = pathlib.Path(given.keep or tempfile.mkdtemp()).resolve()
    if not (folder / "data").exists():
        r_script("write", str(folder))
    outcomes: list[Outcome] = []
    for package in PACKAGES:
        if not given.only:
            r_script("run", package, str(folder))
        for page in pages(folder, package):
            if given.only in (None, f"{package}/{page.stem}") and page.with_suffix(".numbers").exists():
                outcomes += page_or_reason(folder, package, page)
                print(package, page.stem, len(outcomes), file=sys.stderr)
    if given.only:
        print(*outcomes, sep="\n")
    else:
        pathlib.Path(given.out, "porting.md").write_text(report(outcomes))


def side_by_side(script: pathlib.Path) -> str:
    """A script, what R prints, its Python, and what that prints."""
    theirs = output(["Rscript", script.name], "")
    ported = port(script.read_text())
    ours = output([sys.executable, "-W", "ignore", "-"], ported.text)
    blocks = [("R", "r", script.read_text()), ("R prints", "", theirs), ("Python", "python", ported.text)]
    blocks += [("Python prints", "", ours), ("left", "", ported.summary)]
    texts = (f"{title}\n\n```{kind}\n{text.strip()}\n```\n" for title, kind, text in blocks)
    return "\n".join([f"# {script.name}\n", *texts])


def output(command: list[str], text: str) -> str:
    return subprocess.run(command, input=text, capture_output=True, text=True, check=False, cwd=SCRIPTS).stdout


def r_script(*arguments: str) -> None:
    subprocess.run(["Rscript", str(HERE / "porting.R"), *arguments], capture_output=True, check=True)


def page_or_reason(folder: pathlib.Path, package: str, page: pathlib.Path) -> list[Outcome]:
    """The page's outcomes; afterwards options are what they were."""
    try:
        return list(page_outcomes(folder, package, page))
    except Exception as error:  # the page as a whole stops
        return [Outcome(package, page.stem, 0, "page", f"{type(error).__name__}: {str(error)[:200]}")]
    finally:
        pylmer.set_contrasts()


if __name__ == "__main__":
    import matplotlib

    matplotlib.use("Agg")
    main()
