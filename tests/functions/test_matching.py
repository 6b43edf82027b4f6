"""R's matching of arguments: exact, partial, by position."""

from __future__ import annotations

import pytest

from pylmer.functions.matching import Promise, match_arguments
from pylmer.functions.values import RefusedError


def promise(name: str | None) -> Promise:
    return Promise(name, None, lambda: name)


def matched(parameters: str, given: str) -> tuple[dict[str, int], list[int]]:
    """`given` as "name" or "_" for unnamed; positions of the arguments that parameters and dots got."""
    promises = [promise(None if name == "_" else name) for name in given.split()]
    found, dots = match_arguments(parameters.split(), promises)
    return {name: promises.index(p) for name, p in found.items()}, [promises.index(p) for p in dots]


@pytest.mark.parametrize(
    ("parameters", "given", "found", "dots"),
    [
        ("x base", "_ _", {"x": 0, "base": 1}, []),
        ("x base", "base _", {"x": 1, "base": 0}, []),
        ("x base", "b _", {"x": 1, "base": 0}, []),
        ("x levels labels ordered", "_ la lev", {"x": 0, "labels": 1, "levels": 2}, []),
        ("x breaks labels right", "right _ _", {"x": 1, "breaks": 2, "right": 0}, []),
        ("x ... degree raw", "_ _ degree", {"x": 0, "degree": 2}, [1]),
        ("x ... degree raw", "_ deg", {"x": 0}, [1]),  # after the dots only full names count
        ("... na.rm", "_ _ na.rm", {"na.rm": 2}, [0, 1]),
        ("x", "", {}, []),
    ],
)
def test_as_in_r(parameters: str, given: str, found: dict[str, int], dots: list[int]) -> None:
    assert matched(parameters, given) == (found, dots)


@pytest.mark.parametrize(
    ("parameters", "given", "message"),
    [
        ("x levels labels", "_ l", "argument 'l' could be any of levels, labels"),
        ("x base", "_ _ _", "too many arguments (known: x, base)"),
        ("x base", "_ bass", "there is no argument 'bass'"),
        ("x base", "x x", "argument 'x' is given twice"),
    ],
)
def test_refused(parameters: str, given: str, message: str) -> None:
    with pytest.raises(RefusedError) as error:
        matched(parameters, given)
    assert message in str(error.value)
