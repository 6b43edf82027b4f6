"""Names as they fit into a picture."""

from __future__ import annotations

ELLIPSIS = "\N{HORIZONTAL ELLIPSIS}"


def shortened(name: str, longest: int) -> str:
    """A name, its middle left out where it is longer: both ends tell levels and terms apart.

    >>> shortened("a rather long name", 11), shortened("short", 11)
    ('a rath…name', 'short')
    """
    if len(name) <= longest:
        return name
    end = (longest - 1) // 2 - 1
    return f"{name[: longest - 1 - end].rstrip()}{ELLIPSIS}{name[-end:].lstrip()}"


def wrapped(name: str, longest: int) -> str:
    """A name on two lines at most, broken at a blank, colon or the like where there is one, its middle left out.

    >>> wrapped("first:second", 8), wrapped("one", 8), wrapped("a name of many words indeed", 11)
    ('first:\\nsecond', 'one', 'a name of\\nmany w…deed')
    """
    if len(name) <= longest:
        return name
    breaks = [k for k in range(2, longest + 1) if name[k - 1] in " :_,*/"]
    if len(name) <= 2 * longest:
        near = [k for k in breaks if len(name) - k <= longest]
        at = min(near, key=lambda k: abs(2 * k - len(name)), default=max(breaks, default=longest))
    else:
        at = max(breaks, default=longest)
    return f"{name[:at].rstrip()}\n{shortened(name[at:], longest)}"
