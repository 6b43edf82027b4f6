"""The page of `cross_validate`: losses of each fold, and of all rows."""

from __future__ import annotations

from ..diagnostics import CrossValidation
from ..text import print_matrix, show

SHOWN = 20  # folds
DIGITS = 4


@show.register
def cross_validation_page(found: CrossValidation) -> str:
    """Heading, a line for each fold unless these are many, and one for all rows."""
    folds, rows = len(found.folds), int(found.pooled["rows"])
    made = f"of {found.units}" if found.units != "given folds" else "as given"
    head = f"Cross-validation with {folds} folds {made}: {rows} rows foretold"
    table = found.table if folds <= SHOWN else found.table.iloc[-1:]
    columns = [table[name].tolist() for name in table.columns]
    missing = [f"No fit without {label}: it {why}" for label, why in list(found.failed.items())[:SHOWN]]
    page = print_matrix(list(map(str, table.index)), list(map(str, table.columns)), columns, DIGITS)
    return "\n".join([head, page, *missing])
