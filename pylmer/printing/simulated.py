"""exactRLRT and exactLRT on the page, as R prints its tests, with RLRsim's words."""

from __future__ import annotations

from ..inference.exact.exact_ratio import SimulatedTest
from ..text import format_number, format_pvalues, show, wrap_words

WIDTH = 72  # of the title


@show.register
def show_simulated(record: SimulatedTest, digits: int = 7) -> str:
    """R's print of class "htest"."""
    head = f"simulated finite sample distribution of {record.name}."
    draws = f"(p-value based on {format_number(len(record.sample))} simulated values)"
    title = [head, "", draws] if record.name == "RLRT" else wrap_words(f"{head} {draws}", WIDTH)
    p = format_pvalues([record.p_value], max(1, digits - 3))[0]
    statistic = format_number(record.statistic, max(1, digits - 2))
    value = f"{record.name} = {statistic}, p-value {p if p[0] == '<' else f'= {p}'}"
    return "\n".join(["", *(f"\t{line}" for line in title), "", "data:  ", value, ""])
