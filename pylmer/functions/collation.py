"""The order in which R sorts strings: ICU's root collation, whatever the locale (only LC_ALL=C differs).

Primary differences (punctuation < digits < letters) count before accents, accents before case (lower before upper).
Unicode Technical Standard 10; the table holds what ASCII needs, other scripts follow by code point.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence

_ORDER = " _-,;:!?.'\"()[]{}@*/\\&#%`^+<=>|~$0123456789"
_LETTERS = "abcdefghijklmnopqrstuvwxyz"
_PRIMARY = {ord(character): 0x80 + rank for rank, character in enumerate(_ORDER + _LETTERS)}
_PRIMARY |= {ord(letter.upper()): _PRIMARY[ord(letter)] for letter in _LETTERS}
_PRIMARY |= {code: 1 + code for code in range(32)}
_LIGATURE = "\ue000"  # stands after the first letter of an expansion, and weighs more than any accent
_EXPANDED = str.maketrans(
    {
        "æ": f"a{_LIGATURE}e", "Æ": f"A{_LIGATURE}E", "œ": f"o{_LIGATURE}e", "Œ": f"O{_LIGATURE}E",
        "ß": f"s{_LIGATURE}s", "ø": "o\u0338", "Ø": "O\u0338",
    }
)  # fmt: skip
_ACCENTS = (
    "\u0301\u0300\u0306\u0302\u030c\u030a\u0308\u030b\u0303\u0307\u0338\u0327\u0328\u0304\u0323"  # lightest first
)
_WEIGHT = {accent: chr(0x100 + place) for place, accent in enumerate(_ACCENTS)} | {_LIGATURE: "\uf000"}

Key = tuple[str, str, str]


def collation_key(text: str) -> Key:
    """A key that sorts strings as R does.

    >>> sorted(["b", "B", "a", "_x", "A1", "10", "2", "á"], key=collation_key)
    ['_x', '10', '2', 'a', 'á', 'A1', 'b', 'B']
    """
    if text.isascii():
        return text.translate(_PRIMARY), "", text.swapcase()
    letters = unicodedata.normalize("NFD", text.translate(_EXPANDED))
    base = "".join(c for c in letters if not _is_accent(c))
    accents = "".join(_WEIGHT.get(c, c) if _is_accent(c) else " " for c in letters)
    return base.casefold().translate(_PRIMARY), accents.rstrip(), base.swapcase()


def collation_order(texts: Sequence[str]) -> list[int]:
    """Positions of `texts` in R's order."""
    if _plain(texts):
        return sorted(range(len(texts)), key=texts.__getitem__)
    keys = [collation_key(text) for text in texts]
    return sorted(range(len(texts)), key=keys.__getitem__)


def _is_accent(character: str) -> bool:
    return character == _LIGATURE or bool(unicodedata.combining(character))


def _plain(texts: Iterable[str]) -> bool:
    """Whether code points sort these strings as R does: ASCII letters of one case and digits only."""
    joined = "".join(texts)
    return joined.isascii() and (not joined or joined.isalnum()) and joined in (joined.lower(), joined.upper())
