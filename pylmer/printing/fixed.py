"""Fixed effects on the page: the short list, and named vectors like them."""

from __future__ import annotations

import pandas as pd

from ..extract import NamedVector
from ..text import format_numbers, print_named, show


def fixed_list(estimates: pd.Series[float], digits: int = 4) -> str:
    """As print() shows them."""
    if estimates.empty:
        return "No fixed effect coefficients"
    return f"Fixed Effects:\n{print_named(list(estimates.index), format_numbers(estimates, digits), gap=2)}"


@show.register
def show_named(vector: NamedVector, digits: int = 7) -> str:
    """R's print of a named vector."""
    if vector.empty:
        return "numeric(0)"
    whole = vector.dtype.kind in "iub"
    texts = [str(value) for value in vector] if whole else format_numbers(vector, digits)
    return print_named(list(map(str, vector.index)), texts)
