"""lmer_many: one right side, thousands of responses, one tidy table."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from ..errors import ArgumentError, FitNote, NumericalError
from ..fit import fitting
from ..fit.call import LMER_DEFAULTS
from ..fit.devfun import make_devfun
from ..fit.many_fits import BatchFits
from ..fit.notes import announce
from ..fit.optimum import optimum_at
from ..fit.request import Request, check_env, make_request, refuse
from ..fit.several_responses import (
    PLACEHOLDER,
    GivenResponses,
    SameRows,
    fit_together,
    named,
    read_responses,
    right_side,
)
from ..functions import read_columns
from ..inference import tidy
from ..inference.contrasts.contrasts import DDF
from ..inference.degrees_of_freedom.choice import METHODS, check_ddf
from ..inference.degrees_of_freedom.many import coefficient_tests
from ..inference.tidying.fits import stacked, wanted_effects
from ..language.nodes import Name
from ..language.syntax import MixedFormula
from ..language.walk import variables
from ..numerics.distributions import student_two_sided
from ..numerics.linalg import Array, deviations_and_correlations
from ..options import lmerControl
from ..text import InNotebooks, show_html
from ..text.arguments import plain
from .models import LmerFit

FAILED = "could not be fitted"


@dataclass(frozen=True, eq=False, repr=False)
class LmerMany(InNotebooks):
    """Fits of one right side to many responses, as `lmer_many` makes them.

    formula   the right side
    names     of the responses (R,)
    ddf       how degrees of freedom were found
    request   what was asked, with a placeholder for the responses
    responses  read (n_total, R), NaN where missing
    parts     the fits, those of responses with the same rows together
    """

    formula: MixedFormula
    names: tuple[str, ...]
    ddf: str
    request: Request = field(repr=False)
    responses: GivenResponses = field(repr=False)
    parts: tuple[SameRows[LmerFit], ...] = field(repr=False)

    def __len__(self) -> int:
        return len(self.names)

    @cached_property
    def failures(self) -> Mapping[str, str]:
        """Response -> why it could not be fitted, when its numbers are NaN, or has not converged."""
        found = {int(part.who[r]): why for part in self.parts for r, why in part.batch.failures.items()}
        return {self.names[r]: found[r] for r in sorted(found)}

    @cached_property
    def _fixed(self) -> pd.DataFrame:
        return self.below(_coefficients(part, self._tests(part)) for part in self.parts)

    @property
    def table(self) -> pd.DataFrame:
        """DataFrame, a row for each coefficient of each response.

        response, effect, term, estimate, std.error, statistic, df, p.value, and of its fit converged and singular.
        """
        return self._fixed.copy()

    def fit(self, response: int | str) -> LmerFit:
        """The fit of one response, by its name or its number from 0, as `lmer` gives it.

        Raises ArgumentError for an unknown response, NumericalError for one that could not be fitted.
        """
        place = self._place(response)
        part = next(part for part in self.parts if place in part.who)
        r = int(np.flatnonzero(part.who == place)[0])
        points = part.batch.optima.points[r]
        name = self.names[place]
        if points is None:
            raise NumericalError(f"the response {name!r} {FAILED}: {part.batch.failures[r]}")
        request = _asked(self.request, self.formula, name, self.responses.Y[:, place])
        devfun = make_devfun(fitting.design_of(request), request.REML, request.control)
        par = part.batch.fit.covariances.par(points)
        return fitting.fitted(LmerFit, request, devfun, optimum_at(devfun, devfun.points(par)))

    def _place(self, response: int | str) -> int:
        if isinstance(response, str) and response in self.names:
            return self.names.index(response)
        if isinstance(response, int | np.integer) and not isinstance(response, bool) and 0 <= response < len(self):
            return int(response)
        listed = ", ".join(map(repr, self.names[:5])) + (", ..." if len(self) > 5 else "")
        raise ArgumentError(f"response {response!r}: wanted a name ({listed}) or a number from 0 to {len(self) - 1}")

    def _tests(self, part: SameRows[LmerFit]) -> tuple[Array, Array]:
        """Standard errors and degrees of freedom (m, p)."""
        if self.ddf == "Kenward-Roger":
            return self._one_by_one(part)
        error, df = coefficient_tests(part.batch)
        return (error, df) if self.ddf == "Satterthwaite" else (error, np.full(df.shape, np.inf))

    def _one_by_one(self, part: SameRows[LmerFit]) -> tuple[Array, Array]:
        error, df = (np.full(part.batch.beta.shape, np.nan) for _ in range(2))
        for r, points in enumerate(part.batch.optima.points):
            if points is not None:
                frame = tidy(part.batch.model(r), ddf=self.ddf)
                error[r], df[r] = frame["std.error"], frame["df"]
        return error, df

    def below(self, frames: Iterable[pd.DataFrame]) -> pd.DataFrame:
        """One frame, in the order of the responses."""
        whole = pd.concat(frames, ignore_index=True).sort_values("response", kind="stable", ignore_index=True)
        return whole.assign(response=np.array(self.names, dtype=object)[whole["response"].to_numpy()])

    @property
    def heading(self) -> str:
        """How many fits, of what, and how they went."""
        how = "REML" if self.request.REML else "maximum likelihood"
        converged = sum(int(part.batch.converged.sum()) for part in self.parts)
        singular = sum(int(part.batch.singular.sum()) for part in self.parts)
        counts = f"{converged} converged, {singular} singular, {len(self.failures)} failed"
        return f"{len(self)} linear mixed models fit by {how}: {self.formula}\n{counts}"

    def __repr__(self) -> str:
        return f"{self.heading}\n{self._fixed}"


@tidy.register(LmerMany)
def tidy_many(fits: LmerMany, effects: str | Sequence[str] = "fixed") -> pd.DataFrame:
    """Fixed effects ("fixed"), standard deviations and correlations ("ran_pars"), of all responses of `lmer_many`."""
    makers = {"fixed": lambda: fits.table, "ran_pars": lambda: fits.below(map(_parameters, fits.parts))}
    wanted = wanted_effects(effects)
    for each in wanted:
        if each not in makers:
            raise ArgumentError(f"effects={each!r}: of many responses there is 'fixed' and 'ran_pars'; one fit has all")
    return stacked([makers[each]() for each in wanted])


def _about(part: SameRows[LmerFit], rows: int) -> dict[str, Any]:
    batch = part.batch
    return {"converged": np.repeat(batch.converged, rows), "singular": np.repeat(batch.singular, rows)}


def _coefficients(part: SameRows[LmerFit], tests: tuple[Array, Array]) -> pd.DataFrame:
    (error, df), estimate = tests, part.batch.beta
    names, m = list(part.batch.fit.design.X_names), len(part.who)
    with np.errstate(divide="ignore", invalid="ignore"):
        t = estimate / error
    numbers = {"estimate": estimate, "std.error": error, "statistic": t, "df": df, "p.value": student_two_sided(t, df)}
    return pd.DataFrame(
        {
            "response": np.repeat(part.who, len(names)),
            "effect": "fixed",
            "term": names * m,
            **{name: each.ravel() for name, each in numbers.items()},
            **_about(part, len(names)),
        }
    )


def _parameters(part: SameRows[LmerFit]) -> pd.DataFrame:
    named_rows = tidy(part.batch.fit, "ran_pars")
    m, rows = len(part.who), len(named_rows)
    return pd.DataFrame(
        {
            "response": np.repeat(part.who, rows),
            "effect": "ran_pars",
            "group": named_rows["group"].tolist() * m,
            "term": named_rows["term"].tolist() * m,
            "estimate": _deviations(part.batch).ravel(),
            **_about(part, rows),
        }
    )


def _deviations(batch: BatchFits[LmerFit]) -> Array:
    """Standard deviations and correlations by lower triangles, then sigma: (m, rows of `tidy`)."""
    columns = []
    for family, T in zip(batch.fit.covariances.families, batch.T, strict=True):
        sd, C = deviations_and_correlations(T)
        for j in range(family.width):
            columns.append(batch.sigma * sd[:, j])
            if family.pairs:
                columns += list(C[:, j + 1 :, j].T)
    return np.column_stack([*columns, batch.sigma])


@plain
def lmer_many(
    formula: str | MixedFormula,
    data: Any,
    responses: Any = None,
    *,
    REML: bool = True,
    ddf: str = DDF,
    control: lmerControl | None = None,
    weights: Any = None,
    offset: Any = None,
    subset: Any = None,
    na_action: str = "omit",
    contrasts: Mapping[str, Any] | tuple[Any, Any] | None = None,
    env: Mapping[str, Any] | None = None,
    **unknown: Any,
) -> LmerMany:
    """Fit one linear mixed model to many responses: genes, voxels, items; a tidy table of all.

    formula    the right side: "~ Days + (Days | Subject)"
    data       a data frame, as for `lmer`, with the predictors and groups
    responses  names of columns of `data`, a data frame or dict with a column for each response, or an array (n, R),
               whose responses are called y1, y2, ...; a row for each row of the data. Rows in which a response is
               missing are left out for it alone
    REML       restricted (True, the default) or full maximum likelihood
    ddf        degrees of freedom: "Satterthwaite" (the default), of all responses at once; "Kenward-Roger", one
               response after the other; "lme4": none, the statistics are taken as normal
    control    checks, see `lmerControl`; None: its defaults. The optimizer is Newton's method
    weights    prior weights (n,), as for `lmer`; None: 1 for each row
    offset     a part of the mean that is known (n,), as for `lmer`; None: zero
    subset     which rows to use, as for `lmer`; None: all
    na_action  what is done with rows with missing values, as for `lmer`; "omit" is the default
    contrasts  of factors, as for `lmer`; None: those that rule
    env        names that are not columns of `data`; None: there are none

    All responses with the same rows share X'X, Z'Z and every step of the search, where the design allows it (one
    grouping factor, nested ones, crossed ones with few levels). The record has `table`, `fit(response)`, `failures`;
    `tidy(fits, "ran_pars")` gives variances. P-values are of each response alone: adjust them for their number.

    Raises what `lmer` raises, FormulaError for a formula with a left side, DataError for responses that are no
    numbers. A response that cannot be fitted, such as a constant one, is no error: its numbers are NaN.

    Source: Bates, Maechler, Bolker & Walker (2015), J. Stat. Softw. 67(1); Kuznetsova, Brockhoff & Christensen (2017),
    J. Stat. Softw. 82(13), for the degrees of freedom.

    >>> import pylmer
    >>> sleep = pylmer.datasets.load("sleepstudy")
    >>> times = {"ms": sleep["Reaction"], "s": sleep["Reaction"] / 1000}
    >>> fits = pylmer.lmer_many("~ Days + (Days | Subject)", sleep, times)
    >>> fits.table[["response", "term", "estimate", "std.error", "df"]].round(4)
      response         term  estimate  std.error    df
    0       ms  (Intercept)  251.4051     6.8246  17.0
    1       ms         Days   10.4673     1.5458  17.0
    2        s  (Intercept)    0.2514     0.0068  17.0
    3        s         Days    0.0105     0.0015  17.0
    >>> round(fits.fit("s").sigma, 5)
    0.02559
    """
    refuse(unknown, "lmer_many", ("responses", "REML", "ddf", *(set(LMER_DEFAULTS) - {"start", "verbose"})))
    check_ddf(ddf, (*METHODS, "lme4"))
    check_env(env)
    if ddf == "Kenward-Roger" and not REML:
        raise ArgumentError("ddf='Kenward-Roger' needs REML=True: leave REML out, or take Satterthwaite's")
    rest, columns = right_side(formula), read_columns(data)
    read = read_responses(responses, columns)
    name = _free_name({*columns, *(env or {})})
    request = make_request(
        "lmer",
        named(rest, name),
        data=data,
        REML=REML,
        control=control,
        start=None,
        weights=weights,
        offset=offset,
        subset=subset,
        na_action=na_action,
        contrasts=contrasts,
        env={**(env or {}), name: np.zeros(columns.n)},
        verbose=0,
    )
    parts = tuple(fit_together(LmerFit, request, read))
    announce(map(FitNote, dict.fromkeys(text for part in parts for text in part.batch.fit.design.notes)))
    return LmerMany(rest, read.names, ddf, request, read, parts)


def _free_name(taken: set[str]) -> str:
    """A name for the response that nothing else has."""
    name = PLACEHOLDER
    while name in taken:
        name += "_"
    return name


def _asked(request: Request, rest: MixedFormula, name: str, y: Array) -> Request:
    """The request for one response (n_total,), under its own name unless that stands for something else."""
    placeholder = request.formula.response
    if isinstance(placeholder, Name) and _means_another(name, y, request, rest):
        name = placeholder.name
    given = {word: getattr(request, word) for word in ("data", "REML", *LMER_DEFAULTS)}
    given["env"] = {**(request.env or {}), name: y}
    return make_request("lmer", named(rest, name), **given).with_response(y)


def _means_another(name: str, y: Array, request: Request, rest: MixedFormula) -> bool:
    """Whether the name of a response is that of a predictor, or of a column of the data with other values."""
    if name in {each.name for each in variables(rest.node)}:
        return True
    columns = read_columns(request.data)
    if name not in columns:
        return False
    value = columns[name]
    numbers = isinstance(value, np.ndarray) and value.dtype.kind in "iuf"
    return not (numbers and np.array_equal(value, y, equal_nan=True))


@show_html.register
def html_many(fits: LmerMany) -> str:
    """The heading, and the ends of the table where it is long."""
    from ..printing.notebooks import html_frame  # late: all pages
    from ..printing.pages import pre

    return f"<div>{pre(fits.heading)}{html_frame(fits.table, 6)}</div>"
