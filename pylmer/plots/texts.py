"""Names as they fit into a picture."""

from __future__ import annotations

ELLIPSIS = "\N{HORIZONTAL ELLIPSIS}"


def shortened(name: str, longest: int) -> str:
    """A name, its middle left out where it is longer: both ends tell levels and terms apart.

    >>> shortened("a rather long name", 11), shortened("short", 11)
    ('a rat…name', 'short')
    """
    if len(name) <= longest:
        return name
    end = (longest - 1) // 2 - 1
    return f"{name[: longest - 1 - end].rstrip()}{ELLIPSIS}{name[-end:].lstrip()}"


def wrapped(name: str, longest: int) -> str:
    """A name on two lines at most, broken near its middle at a blank, colon or underscore where there is one.

    >>> wrapped("first:second", 8), wrapped("one", 8)
    ('first:\\nsecond', 'one')
    """
    if len(name) <= longest:
        return name
    breaks = [k + 1 for k, letter in enumerate(name[:-1]) if letter in " :_,*/"]
    near = [k for k in breaks if k <= longest and len(name) - k <= longest]
    if not near:
        return "\n".join([shortened(name[:longest], longest), shortened(name[longest:], longest)])
    at = min(near, key=lambda k: abs(2 * k - len(name)))
    return f"{name[:at].rstrip()}\n{name[at:]}"
