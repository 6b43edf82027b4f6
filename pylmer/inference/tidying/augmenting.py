"""What `augment` adds to: the model frame, the data of the fit, or new data with their predictions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from ...design import Design, Designed
from ...design.spec import NewColumns, NewFrame
from ...errors import ArgumentError, DataError
from ...fit.fitted_model import FittedModel
from ...fit.generalized import GeneralizedFittedModel
from ...fit.linear.regression import LinearFit
from ...functions import aligned, evaluate, read_columns, recycled
from ...functions.columns import check_single
from ...functions.python import as_array
from ...functions.values import numeric
from ...functions.variables import as_variable
from ...language.nodes import Name
from ...language.walk import nodes
from ...numerics.linalg import Array
from ...prediction import predict

SHOWN = {"fit": ".fitted", "lwr": ".lower", "upr": ".upper", "se_fit": ".se.fit"}


def beside(fit: Designed, data: Any, columns: Mapping[str, Array]) -> pd.DataFrame:
    """Columns (n,) of the rows used, beside the model frame or, where given, beside the rows of `data`.

    Rows that were left out for missing values are kept, with NaN, where `data` is given and na_action is "exclude".
    """
    if data is None:
        return pd.concat([fit.rows.model_frame(), pd.DataFrame(columns, index=fit.rows.index)], axis=1)
    kept, padded = _rows_of(fit, data)
    own = {name: fit.rows.padded(np.asarray(values, float)) if padded else values for name, values in columns.items()}
    return joined(kept, own)


def _rows_of(fit: Designed, data: Any) -> tuple[pd.DataFrame, bool]:
    """The rows of the data that the fit has, in its order, and whether rows with missing values are among them."""
    design, rows, frame = fit.design, fit.rows, as_frame(data)
    if len(frame) not in (design.n_total, design.n):
        raise DataError(
            f"data= has {len(frame)} rows; wanted the {design.n_total} rows that the fit was given, or the {design.n} "
            "that it used; rows of other data are newdata="
        )
    whole = len(frame) == design.n_total
    if isinstance(data, pd.DataFrame):
        frame = aligned(frame, rows.data_index if whole else rows.index, "data=", "the data of the fit")
    if not whole:
        return frame, False
    padded = design.na_action == "exclude"
    positions = rows.used.chosen if padded else rows.used.positions
    return (frame if positions is None else frame.iloc[positions]), padded


def as_frame(data: Any) -> pd.DataFrame:
    """Any data frame as one of pandas; a pandas frame is given back as it is."""
    if isinstance(data, pd.DataFrame):
        return data
    read = read_columns(recycled(data))
    check_single(read)
    return pd.DataFrame({name: as_array(read[name]) for name in read}, index=read.index)


def joined(frame: pd.DataFrame, columns: Mapping[str, Any]) -> pd.DataFrame:
    """A frame with columns beside its own, row by row; columns of the same names give way."""
    own = frame[[name for name in frame.columns if name not in columns]]
    return pd.concat([own, pd.DataFrame(dict(columns), index=frame.index)], axis=1)


def predicted(
    fit: FittedModel | GeneralizedFittedModel | LinearFit, newdata: Any, **given: Any
) -> dict[str, pd.Series[float]]:
    """`predict`, its columns named as broom names them."""
    found = predict(fit, newdata, **given)
    if isinstance(found, pd.Series):
        return {SHOWN["fit"]: found}
    wanted = [name for name in SHOWN if name in found and (name != "se_fit" or given["se_fit"])]
    return {SHOWN[name]: found[name] for name in wanted}


def with_predictions(fit: FittedModel | LinearFit, newdata: Any, **given: Any) -> dict[str, Array]:
    """.fitted, limits and standard errors where asked for, and .resid where the new data have the response."""
    frame = fit.design.spec.frame(newdata)
    columns = {name: values.to_numpy() for name, values in predicted(fit, frame, **given).items()}
    y = _new_response(fit.design, frame)
    return columns if y is None else columns | {".resid": y - columns[".fitted"]}


def _new_response(design: Design, frame: NewFrame) -> Array | None:
    """The response (m,) of new rows, None where the new data lack a column of it."""
    node, columns = design.formula.response, frame.scope.columns
    if node is None or not isinstance(columns, NewColumns):
        return None
    if any(isinstance(each, Name) and columns.lacks(each.name) for each in nodes(node)):
        return None
    return np.asarray(numeric(as_variable(evaluate(node, frame.scope))), float)


def refuse_both(data: Any, newdata: Any) -> None:
    """Raise ArgumentError where both the data of the fit and new data are given."""
    if data is not None and newdata is not None:
        raise ArgumentError("augment() wants data=, the rows of the fit, or newdata=, other rows: give one")
