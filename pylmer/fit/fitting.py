"""formula, data, options -> fitted model: the whole path below `model`.

`lmer()` and every word that refits call `fit`.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

import numpy as np

from ..design import ModelData, build_design
from ..design.source import SummedRows
from ..engine.optimize.newton import RUNAWAY
from ..errors import FitNote
from ..sources.tables import RowTable
from .devfun import Devfun, make_devfun, with_response
from .fitted_model import FittedModel, Model
from .notes import announce
from .optimum import Optimum, optimize_devfun
from .request import Request


def fit(
    kind: type[Model],
    request: Request,
    data: ModelData | None = None,
    said: Collection[str] = (),
    sibling: FittedModel | None = None,
) -> Model:
    """The whole path, a room to a line: formula and data -> fitted model of class `kind`.

    data     rows that are coded already (another response, another criterion), None to build them as the request says
    said     notes that are not issued as warnings again
    sibling  a fit of another response on the same rows, of which sums and optimum are used
    """
    data = design_of(request) if data is None else data  # language, design: what the columns mean, and the rows
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):  # what is not finite ends in a NumericalError
        devfun = None if sibling is None else with_response(sibling.devfun, data)
        if devfun is None:
            devfun = make_devfun(data, request.REML, request.control)  # engine: sums, factorization, criterion
        near = None if sibling is None else sibling.optimum.points
        optimum = optimize_devfun(devfun, request.start, near)  # engine.optimize: search, descent, certificate
    if request.verbose:
        if isinstance(data.source, SummedRows) and data.source.how:
            print(data.source.how)  # noqa: T201  # asked for
        print(course(devfun, optimum))  # noqa: T201  # asked for
    model = fitted(kind, request, devfun, optimum)  # the record, and what must be said of it
    announce(each for each in model.notes if str(each) not in said)
    return model


def course(devfun: Devfun, optimum: Optimum) -> str:
    """Sizes, engine and the values met on the way, for `verbose=1`."""
    design, engine = devfun.design, devfun.criterion.engine
    terms = "; ".join(f"({t.label}): {len(t.levels)} levels x {len(t.columns)} ({t.structure})" for t in design.random)
    runs = [
        f"{optimum.optimizer} {number}: {' '.join(f'{value:.6f}' for value in values)}"
        for number, values in enumerate(optimum.trace, start=1)
    ]
    head = f"{design.n} rows, {len(design.X_names)} fixed effects; {terms}\nengine {engine.name}: {engine.route}"
    return "\n".join([head, *runs, f"{optimum.evaluations} full evaluations, {optimum.values} values alone"])


def fitted(kind: type[Model], request: Request, devfun: Devfun, optimum: Optimum) -> Model:
    """The record, with all notes; raises NumericalError if nothing is left to estimate sigma from."""
    notes = tuple(FitNote(text) for text in (*devfun.design.notes, *optimum.notes))
    model = kind(request, devfun, optimum, notes)
    if optimum.points.extent < RUNAWAY:
        return model
    from .reproduced import reproduced_note  # of responses that the groups may reproduce

    said = reproduced_note(model)
    return replace(model, notes=(*notes, FitNote(said))) if said else model


def design_of(request: Request) -> ModelData:
    """formula and data -> what the columns mean, and the rows; or of a table read in parts their sums."""
    if isinstance(request.data, RowTable) and request.family is None and request.known.response is None:
        from ..sources.planned import model_of_table  # late: rows in memory need none of it

        return model_of_table(request.formula, request.data, request, request.control)
    return build_design(
        request.formula,
        request.data,
        request,
        control=request.control,
        known=request.known,
        family=request.family,
        columns=request.columns,
    )
