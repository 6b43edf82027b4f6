"""R scripts as Python: `port(text)` reads an R script and writes Python that runs and gives R's numbers.

In: the text of an R script (grammar/script.lark), and a folder of data sets that pylmer does not have.
Out: a `Ported`: Python text in the script's order with its comments; what could not be ported stands there as a comment
with its line and the reason, and is counted.
Must not know: data, fits and numbers; nothing of the script is evaluated.

The way: `reading` (text -> statements), `rows` and the tables `*_rows` (one row per R function), `expressions`
(nodes -> Python), `statements` (a statement -> lines), `port` (all of it, imports and counts).
"""

from __future__ import annotations

from .port import Left, Ported, port
from .reading import ScriptSyntaxError

__all__ = ["Left", "Ported", "ScriptSyntaxError", "port"]
