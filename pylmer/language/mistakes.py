"""What is wrong with a text that is no formula, and where."""

from __future__ import annotations

from pylmer.errors import FormulaSyntaxError


def syntax_error(text: str, error: Exception | None = None) -> FormulaSyntaxError:
    """The error for a text that the parser refused (`error`), or that has no `~`."""
    start = getattr(error, "pos_in_stream", None)
    return FormulaSyntaxError("this is not a formula" if error else "no '~' in the formula", text, start or 0)
