"""The file: a header that every version can read, JSON of the records, and arrays; checked by a digest."""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import zlib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np

from .. import __version__
from ..errors import ArgumentError, DataError, PylmerError
from ..numerics.linalg import Array
from ..text.arguments import given_path
from .reading import Reader

FORMAT = "pylmer fit"
VERSION = 1  # of the format: another where records have other fields, see tests/saving/fields.json
HEADER, RECORDS = "header", "records"
UNREADABLE: tuple[type[Exception], ...] = (  # what numpy, zipfile and json raise at files of other things
    ValueError,
    KeyError,
    TypeError,
    IndexError,
    AttributeError,
    EOFError,
    BadZipFile,
    zlib.error,
    NotImplementedError,
    RuntimeError,
    OverflowError,
    MemoryError,
)
UNMADE: tuple[type[Exception], ...] = (*UNREADABLE, PylmerError)  # and records at fields that are not theirs


def target(path: Any) -> Path:
    """Where to write; ArgumentError for a name without .npz, DataError where there is no such folder."""
    found = given_path(path).expanduser()
    if found.suffix.lower() != ".npz":
        raise ArgumentError(f"path={str(path)!r}: wanted a name that ends with .npz")
    if not _is(found.parent.is_dir):
        raise DataError(f"there is no folder {str(found.parent)!r}: make it first")
    if _is(found.is_dir):
        raise DataError(f"{str(found)!r} is a folder: wanted the name of a file in it")
    return found


def _is(asked: Callable[[], bool]) -> bool:
    """What is asked of a path; False for one that no file can have, such as a name that is too long."""
    try:
        return asked()
    except OSError:
        return False


def source(path: Any) -> Path:
    """What to read; DataError where there is no such file."""
    found = given_path(path).expanduser()
    if not _is(found.is_file):
        raise DataError(f"{str(found)!r} is a folder" if _is(found.is_dir) else f"there is no file {str(found)!r}")
    return found


def write(fit: Any, path: Path, rows: bool) -> None:
    """Write a fit; the file is there as a whole or not at all."""
    from .writing import Writer  # late: who loads fits writes none

    writer = Writer()
    writer.add(fit)
    records = json.dumps(writer.records, allow_nan=False, separators=(",", ":"))
    arrays = {name: np.asarray(array, order="C") for name, array in writer.arrays.items()}
    header = {
        "format": FORMAT,
        "version": VERSION,
        "pylmer": __version__,
        "kind": type(fit).__name__,
        "formula": str(fit.formula),
        "call": fit.call.function,
        "rows": rows,
        "digest": digest(records, arrays),
    }
    texts = {HEADER: np.array(json.dumps(header)), RECORDS: np.frombuffer(records.encode(), dtype=np.uint8)}
    try:
        _replace(path, {**texts, **arrays})
    except OSError as error:
        raise DataError(f"{str(path)!r} cannot be written: {error.strerror or error}") from error


def _replace(path: Path, arrays: Mapping[str, Array]) -> None:
    part = path.with_name(f".{path.name}.{secrets.token_hex(6)}.part")
    try:
        with open(part, "xb") as file:
            held: dict[str, Any] = dict(arrays)  # none of objects: `writing.KINDS`
            np.savez_compressed(file, **held)  # allow_pickle=: numpy before 2.1 takes it for an array
            file.flush()
            os.fsync(file.fileno())
        os.replace(part, path)
    finally:
        part.unlink(missing_ok=True)


def digest(records: str, arrays: Mapping[str, Array]) -> str:
    """Of all that a fit is made of."""
    found = hashlib.sha256(records.encode())
    for name, array in sorted(arrays.items()):
        found.update(f"|{name} {array.dtype.str} {array.shape}|".encode())
        found.update(np.ascontiguousarray(array).tobytes())
    return found.hexdigest()


def read(path: Path) -> Any:
    """The fit in a file; DataError for a file in which there is none."""
    header, records, arrays = _opened(path)
    if digest(records, arrays) != header.get("digest"):
        raise DataError(f"{str(path)!r} has been changed or damaged since the fit was saved: save it again")
    try:
        reader = Reader(arrays)
        for name, written in json.loads(records):
            reader.add(name, written)
        return reader.records[-1]
    except UNMADE as error:
        raise DataError(
            f"{str(path)!r} was written by pylmer {header.get('pylmer')}, and is not what this version, {__version__}, "
            f"can make a fit of ({type(error).__name__}: {error}): load it there, or fit again"
        ) from error


def _opened(path: Path) -> tuple[dict[str, Any], str, dict[str, Array]]:
    try:
        with open(path, "rb") as file, np.load(file, allow_pickle=False) as held:
            header = _header(path, held)
            arrays = {name: _array(name, held[name]) for name in held.files if name != HEADER}
            records = arrays.pop(RECORDS).tobytes().decode()
            return header, records, arrays
    except OSError as error:
        raise DataError(f"{str(path)!r} cannot be read: {error.strerror or error}") from error
    except UNREADABLE as error:
        raise DataError(f"{str(path)!r} holds no fit that pylmer has saved, or not all of it: {error}") from error


def _array(name: str, member: Any) -> Array:
    """A member of the archive; numpy gives the bytes of one that is no array."""
    if not isinstance(member, np.ndarray):
        raise TypeError(f"its part {name!r} is no array")
    return member


def _header(path: Path, held: Any) -> dict[str, Any]:
    """The header, of this version of the format; ValueError for a file without."""
    if HEADER not in held.files:
        sums = "; PlanSums.load reads sums" if "words" in held.files else ""
        raise ValueError(f"it has no header{sums}")
    header = json.loads(str(held[HEADER]))
    if not isinstance(header, dict) or header.get("format") != FORMAT:
        raise ValueError("its header is that of something else")
    version = header.get("version")
    if version != VERSION:
        newer = isinstance(version, int) and version > VERSION
        way_out = "update pylmer" if newer else "load it with that version and fit again"
        raise DataError(
            f"{str(path)!r} is a fit in version {version} of the format, written by pylmer {header.get('pylmer')}; "
            f"this is pylmer {__version__}, which reads version {VERSION}: {way_out}"
        )
    return header
