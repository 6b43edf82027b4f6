"""Every record in a notebook: HTML that can be read, with what the printed page says, nothing unescaped."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections.abc import Callable, Iterator
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pandas as pd
import pytest

import pylmer
import pylmer.printing.registrations
from pylmer.language.nodes import Call
from pylmer.printing.notebooks import ENDS, MOST, html_page
from pylmer.text import InNotebooks, show, show_html
from pylmer.text.layout import MARK, print_columns, recorded
from tests.sweeping.models import RECORDS, big, generalized, linear, other, quietly, small

MORE: dict[str, Callable[[], Any]] = {  # kinds of which the sweep has none
    "conditional variances": quietly(lambda: pylmer.ranef(big()).cond_var),
    "components": quietly(lambda: pylmer.rePCA(big())["recipe:replicate"]),
    "pooling of glmer": quietly(lambda: pylmer.pooling(generalized())),
    "one way": quietly(lambda: pylmer.five_ways(other()).ways[0]),
    "many": quietly(lambda: pylmer.lmer_many("~ 1 + (1 | Batch)", pylmer.datasets.load("Dyestuff"), ["Yield"])),
    "a summary of lists": quietly(lambda: pylmer.summary(RECORDS["lists"]())),
    "a comparison": quietly(lambda: pylmer.compare_performance(big(), small(), linear())),
}
EVERY = RECORDS | MORE
SHOWN = [name for name, make in EVERY.items() if isinstance(make(), InNotebooks)]
LINES = {"ModelPlan", "PlanSums", "set_contrasts"}  # public classes that print one line
TABLES = (  # what is a table on the page is one in a notebook
    *(
        "fit",
        "fit by ML",
        "linear",
        "glmer",
        "glm",
        "lists",
        "summary",
        "summary of lm",
        "summary of glm",
        "a summary of lists",
    ),
    *(
        "VarCorr",
        "ranef",
        "coef",
        "fixef",
        "se_coef",
        "se_ranef",
        "rePCA",
        "sigma_hat",
        "display",
        "anova",
        "anova of two",
    ),
    *(
        "drop1",
        "ranova",
        "step",
        "contest",
        "KRmodcomp",
        "PBmodcomp",
        "emm",
        "emms",
        "test of means",
        "profile",
        "bootMer",
    ),
    *("influence", "allFit", "pooling", "five_ways", "criterion_curve", "coef_test", "sim", "many", "a comparison"),
    *("compare_performance", "model_weights", "modelsummary", "icc by group"),
)


def parsed(page: str) -> ElementTree.Element:
    """The page as a tree; raises where it is not well-formed."""
    return ElementTree.fromstring(f"<body>{page}</body>")


def tokens(text: str) -> set[str]:
    """Its words and numbers, without rules."""
    return {token for token in text.split() if token.strip("-")}


@pytest.mark.parametrize("name", SHOWN)
def test_every_record_has_its_page(name: str) -> None:
    record = EVERY[name]()
    page = record._repr_html_()
    tree = parsed(page)
    assert {"table", "pre"} & {element.tag for element in tree.iter()}
    assert MARK not in page
    assert "object at 0x" not in page
    for row in tree.iter("tr"):  # as many cells as there are headers
        table = next(table for table in tree.iter("table") if row in list(table.iter("tr")))
        widths = [sum(int(cell.get("colspan", 1)) for cell in each) for each in table.iter("tr")]
        assert len(set(widths)) == 1


@pytest.mark.parametrize("name", [name for name in SHOWN if show_html.dispatch(type(EVERY[name]())) is html_page])
def test_the_page_says_what_the_printed_one_says(name: str) -> None:
    record = EVERY[name]()
    said = " ".join(parsed(record._repr_html_()).itertext())  # a blank between cells
    assert tokens(str(record)) <= tokens(said)


@pytest.mark.parametrize("name", TABLES)
def test_tables_are_tables(name: str) -> None:
    assert "<table" in EVERY[name]()._repr_html_()


def test_every_kind_that_prints_is_tried() -> None:
    tried = [EVERY[name]() for name in SHOWN]
    kinds = {kind for kind in show.registry if kind not in (object, Call)}
    assert {kind.__name__ for kind in kinds if not any(isinstance(record, kind) for record in tried)} == set()


def classes() -> Iterator[type]:
    """All classes of the package that say themselves how they print."""
    for module in pkgutil.walk_packages(pylmer.__path__, "pylmer."):
        if ".site" not in module.name and not module.name.endswith("__main__"):
            for _, kind in inspect.getmembers(importlib.import_module(module.name), inspect.isclass):
                if kind.__module__ == module.name and {"__repr__", "__str__"} & vars(kind).keys():
                    yield kind


def test_every_public_record_is_shown_in_notebooks() -> None:
    public = {each for name in pylmer.__all__ if inspect.isclass(each := getattr(pylmer, name))}
    records = {kind for kind in public if not issubclass(kind, BaseException) and not kind.__name__.endswith("Control")}
    assert {kind.__name__ for kind in records if not issubclass(kind, InNotebooks)} <= LINES
    assert len(records) > 15


def test_one_mechanism_makes_them() -> None:
    own = {kind.__name__ for kind in classes() if "_repr_html_" in vars(kind)}
    assert own == set()


def test_names_are_escaped_everywhere() -> None:
    data = pylmer.datasets.load("sleepstudy").rename(columns={"Subject": "a<b>&", "Days": "<i>day"})
    model = pylmer.lmer("Reaction ~ `<i>day` + (1 | `a<b>&`)", data)
    plain = pylmer.lm("Reaction ~ `<i>day`", data)
    records = [
        model,
        plain,
        pylmer.ranef(model),
        pylmer.fixef(model),
        pylmer.anova(model),
        pylmer.summary(plain),
        pylmer.bootMer(model, nsim=2, seed=1),
        pylmer.compare_performance(**{"<u>": model}),
        pylmer.modelsummary({"<u>": model}),
        pylmer.display(model),
        pylmer.step(model),
    ]
    for record in records:
        page = record._repr_html_()
        parsed(page)
        assert not [tag for tag in ("<b>", "<i>", "<u>") if tag in page]
        assert "&amp;lt;" not in page  # not twice


def test_long_tables_show_their_ends() -> None:
    n = MOST + 1
    data = pd.DataFrame({"y": np.arange(3.0 * n) % 7 + np.repeat(np.arange(n) % 5, 3), "g": np.repeat(np.arange(n), 3)})
    modes = pylmer.ranef(pylmer.lmer("y ~ 1 + (1 | g)", data))
    page = modes._repr_html_()
    rows = ["".join(row.itertext()) for row in parsed(page).iter("tr")]
    assert len(rows) == 1 + 2 * ENDS + 1
    assert rows[1 + ENDS] == "......"
    assert f"{n} rows" in page
    assert rows[-1].startswith(str(n - 1))


def test_recording_is_over_behind_its_block() -> None:
    with recorded() as tables:
        assert print_columns(["a"], []) == f"{MARK}0{MARK}"
        with recorded() as inner:
            print_columns(["b"], [])
        assert [table.rows for table in tables] == [("a",)]
        assert [table.rows for table in inner] == [("b",)]
    assert MARK not in print_columns(["a"], [])
    with pytest.raises(ZeroDivisionError), recorded():
        raise ZeroDivisionError
    assert MARK not in str(pylmer.summary(linear()))
