"""String literals and backticked names as R reads and writes them."""

from __future__ import annotations

import re
from functools import lru_cache

# Words that cannot be names without backticks.
RESERVED = frozenset(
    ("if", "else", "repeat", "while", "function", "for", "next", "break", "in", "TRUE", "FALSE", "NULL", "Inf", "NaN",
     "NA", "NA_integer_", "NA_real_", "NA_character_", "NA_complex_")
)  # fmt: skip
_SYNTACTIC = re.compile(r"(?:[^\W\d_]|\.(?!\d))[\w.]*\Z")
_ESCAPE = re.compile(
    r"\\(?:x([0-9a-fA-F]{1,2})|u\{?([0-9a-fA-F]{1,4})\}?|U\{?([0-9a-fA-F]{1,8})\}?|([0-7]{1,3})|(.))", re.DOTALL
)
_SIMPLE = {"n": "\n", "t": "\t", "r": "\r", "a": "\a", "b": "\b", "f": "\f", "v": "\v"} | {c: c for c in "\\\"'` \n"}
_WRITTEN = {"\n": "\\n", "\t": "\\t", "\r": "\\r", "\a": "\\a", "\b": "\\b", "\f": "\\f", "\v": "\\v", "\\": "\\\\"}


class BadEscapeError(ValueError):
    """A backslash sequence that R does not know; `.offset` says where in the literal."""

    def __init__(self, offset: int, sequence: str) -> None:
        super().__init__(sequence)
        self.offset, self.sequence = offset, sequence


def unescape(body: str) -> str:
    r"""The text that a literal's inside stands for; raises BadEscapeError.

    >>> unescape(r"a\tb\u00e9")
    'a\tbé'
    """
    return _ESCAPE.sub(_character, body) if "\\" in body else body


def _character(match: re.Match[str]) -> str:
    hexadecimal = match[1] or match[2] or match[3]
    code = int(hexadecimal, 16) if hexadecimal else int(match[4], 8) if match[4] else None
    if code is None and match[5] in _SIMPLE:
        return _SIMPLE[match[5]]
    if code is None or not 0 < code <= 0x10FFFF or 0xD800 <= code <= 0xDFFF:
        raise BadEscapeError(match.start(), match[0])
    return chr(code)


def quote(text: str, mark: str = '"') -> str:
    r"""`text` as an R literal.

    >>> print(quote('say "a"'))
    "say \"a\""
    """
    return mark + "".join(_WRITTEN.get(c) or ("\\" + c if c == mark else _visible(c)) for c in text) + mark


def _visible(c: str) -> str:
    if c.isprintable():
        return c
    code = ord(c)
    return f"\\{code:03o}" if code < 128 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


@lru_cache(maxsize=4096)
def write_name(name: str) -> str:
    """A symbol as R writes it in code: in backticks unless it can stand bare.

    >>> write_name("log.radon"), write_name("my var")
    ('log.radon', '`my var`')
    """
    return name if _SYNTACTIC.match(name) and name not in RESERVED else quote(name, "`")
