"""Files of words and named arrays (.npz), which nothing but numpy is needed to read."""

from __future__ import annotations

import json
from collections.abc import Callable
from os import PathLike
from typing import Any, TypeVar
from zipfile import BadZipFile

import numpy as np

from ...errors import DataError
from ...numerics.linalg import Array

FORMAT = 1
Made = TypeVar("Made")


def save(path: str | PathLike[str], words: dict[str, Any], arrays: dict[str, Array]) -> None:
    """Write words that JSON can say, and arrays of numbers or text."""
    text = np.array(json.dumps({"format": FORMAT, **words}))
    held: dict[str, Any] = {"words": text, **arrays}
    with open(path, "wb") as file:
        np.savez(file, **held)  # allow_pickle=: numpy before 2.1 takes it for an array


def load(path: str | PathLike[str], make: Callable[[dict[str, Any], dict[str, Array]], Made]) -> Made:
    """What `make` makes of the words and arrays; DataError for a file in which it does not find what it wants."""
    try:
        with open(path, "rb") as opened, np.load(opened, allow_pickle=False) as file:
            arrays = {name: file[name] for name in file.files}
        words = json.loads(str(arrays.pop("words")))
        if words["format"] != FORMAT:
            raise ValueError(f"format {words['format']}, wanted {FORMAT}")
        return make(words, arrays)
    except (ValueError, KeyError, TypeError, EOFError, BadZipFile) as error:
        raise DataError(f"{str(path)!r} holds no sums that this version of pylmer has saved: {error}") from error
