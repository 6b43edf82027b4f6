"""Files of other versions, and files that are no fits: each is answered in words."""

from __future__ import annotations

import contextlib
import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import pylmer
from pylmer import ArgumentError, DataError
from pylmer.saving import files
from tests.saving.fits import SLEEP, fit_of

Parts = dict[str, Any]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    pylmer.save(fit_of("lmer"), tmp_path / "fit.npz")
    return tmp_path / "fit.npz"


def changed(path: Path, change: Callable[[Parts], Any], signed: bool = False) -> None:
    """The file again, its arrays changed; `signed` as if pylmer had written it so."""
    with np.load(path, allow_pickle=False) as held:
        parts = {name: held[name] for name in held.files}
    change(parts)
    if signed:
        header = header_of(parts)
        arrays = {name: each for name, each in parts.items() if name not in (files.HEADER, files.RECORDS)}
        header["digest"] = files.digest(parts[files.RECORDS].tobytes().decode(), arrays)
        parts[files.HEADER] = np.array(json.dumps(header))
    with open(path, "wb") as file:
        np.savez(file, **parts)


def header_of(parts: Parts) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(str(parts[files.HEADER]))
    return found


def headed(**changes: Any) -> Callable[[Parts], None]:
    def change(parts: Parts) -> None:
        parts[files.HEADER] = np.array(json.dumps(header_of(parts) | changes))

    return change


def recorded(change: Callable[[list[Any]], Any]) -> Callable[[Parts], None]:
    def changes(parts: Parts) -> None:
        records = json.loads(parts[files.RECORDS].tobytes())
        change(records)
        parts[files.RECORDS] = np.frombuffer(json.dumps(records).encode(), dtype=np.uint8)

    return changes


# --- versions -------------------------------------------------------------------------------------------------------


def test_the_header_says_what_it_is(path: Path) -> None:
    with np.load(path, allow_pickle=False) as held:
        header = json.loads(str(held["header"]))
    known = {"format": "pylmer fit", "version": 1, "pylmer": pylmer.__version__, "kind": "LmerFit", "rows": False}
    assert {name: header[name] for name in known} == known
    assert header["formula"] == "Reaction ~ Days + (Days | Subject)"


def test_another_version_of_pylmer_reads_the_format(path: Path) -> None:
    changed(path, headed(pylmer="9.9.0"))
    assert repr(pylmer.load(path)) == repr(fit_of("lmer"))


def test_a_newer_format_names_both_versions_and_the_way_out(path: Path) -> None:
    changed(path, headed(version=2, pylmer="9.9.0"))
    said = rf"in version 2 of the format, written by pylmer 9.9.0; this is pylmer {pylmer.__version__}, which reads "
    with pytest.raises(DataError, match=said + "version 1: update pylmer"):
        pylmer.load(path)


@pytest.mark.parametrize("version", [0, "1", None, [1]])
def test_an_older_format_too(path: Path, version: Any) -> None:
    changed(path, headed(version=version, pylmer="0.0.1"))
    with pytest.raises(DataError, match=r"written by pylmer 0.0.1; .* load it with that version and fit again"):
        pylmer.load(path)


# --- files that are no fits -------------------------------------------------------------------------------------------


def first_array(parts: Parts) -> str:
    return next(name for name in parts if name.startswith("a"))


CHANGES: dict[str, Callable[[Parts], Any]] = {
    "an array is missing": lambda parts: parts.pop(first_array(parts)),
    "an array has another shape": lambda parts: parts.update({first_array(parts): np.zeros((7, 7))}),
    "a number is another": lambda parts: parts.update({first_array(parts): parts[first_array(parts)] + 1}),
    "a text is another": recorded(lambda records: records[0][1].update({"name": "Nights"})),
    "no digest": headed(digest=None),
}
SIGNED: dict[str, Callable[[Parts], Any]] = {
    "an array is missing": CHANGES["an array is missing"],
    "a class that is not in the table": recorded(lambda records: records[0].__setitem__(0, "Popen")),
    "a module": recorded(lambda records: records[0].__setitem__(0, "os.system")),
    "a field too many": recorded(lambda records: records[0][1].update({"command": "ls"})),
    "a field too few": recorded(lambda records: records[0].__setitem__(1, {})),
    "a record that is not there": recorded(lambda records: records[0][1].update({"name": {"record": 10**6}})),
    "a record not yet made": recorded(lambda records: records[0][1].update({"name": {"record": 0}})),
    "a record of before the first": recorded(lambda records: records[1][1].update({"name": {"record": -1}})),
    "an unknown kind of value": recorded(lambda records: records[0][1].update({"name": {"python": "1 + 1"}})),
    "no kind of value": recorded(lambda records: records[0][1].update({"name": {}})),
    "no records": recorded(lambda records: records.clear()),
    "records of another form": recorded(lambda records: records.insert(0, {"a": 1})),
    "numbers for records": recorded(lambda records: records.insert(0, 3)),
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_changed_file_says_so(path: Path, change: str) -> None:
    changed(path, CHANGES[change])
    with pytest.raises(DataError, match="has been changed or damaged since"):
        pylmer.load(path)


@pytest.mark.parametrize("change", SIGNED)
def test_whatever_is_in_a_file_no_other_thing_is_made_of_it(path: Path, change: str) -> None:
    """Not even of a file that somebody has signed as pylmer does."""
    changed(path, SIGNED[change], signed=True)
    with pytest.raises(DataError, match="is not what this version"):
        pylmer.load(path)


def foreign(path: Path) -> dict[str, Callable[[], Any]]:
    whole = path.read_bytes()
    sums = pylmer.plan("Reaction ~ Days + (Days | Subject)", SLEEP).sums(SLEEP)
    return {
        "empty": lambda: path.write_bytes(b""),
        "text": lambda: path.write_text("a fit, honestly"),
        "half": lambda: path.write_bytes(whole[: len(whole) // 2]),
        "without its end": lambda: path.write_bytes(whole[:-30]),
        "noise inside": lambda: path.write_bytes(whole[:900] + bytes(200) + whole[1100:]),
        "arrays of somebody": lambda: np.savez(path, x=np.zeros(3)),
        "one array": lambda: path.write_bytes(_npy()),
        "a pickle": lambda: np.savez(path, header=np.array({"a": 1}, dtype=object)),
        "a header of somebody": lambda: np.savez(path, header=np.array(json.dumps({"format": "photo"}))),
        "a header that is none": lambda: np.savez(path, header=np.array("[1, 2]")),
        "broken JSON": lambda: np.savez(path, header=np.array("{")),
        "a part without content": lambda: emptied(path, "a0.npy"),
        "a header alone": lambda: changed(path, lambda parts: parts.pop("records")),
        "sums": lambda: sums.save(path),
    }


def emptied(path: Path, member: str) -> None:
    """The archive with nothing in one of its members, of which numpy gives bytes."""
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in parts.items():
            archive.writestr(name, b"" if name == member else content)


def _npy() -> bytes:
    import io

    held = io.BytesIO()
    np.save(held, np.zeros(3))
    return held.getvalue()


@pytest.mark.parametrize("what", [
    "empty", "text", "half", "without its end", "noise inside", "arrays of somebody", "one array", "a pickle",
    "a header of somebody", "a header that is none", "broken JSON", "a header alone", "a part without content", "sums",
])  # fmt: skip
def test_a_file_that_is_no_fit(path: Path, what: str) -> None:
    foreign(path)[what]()
    with pytest.raises(DataError, match=r"holds no fit|damaged"):
        pylmer.load(path)


def test_every_cut_is_noticed(path: Path) -> None:
    whole = path.read_bytes()
    for at in range(0, len(whole), len(whole) // 40):
        path.write_bytes(whole[:at])
        with pytest.raises(DataError):
            pylmer.load(path)


def test_every_changed_byte_is_noticed_or_changes_nothing(path: Path) -> None:
    whole, page = path.read_bytes(), repr(fit_of("lmer"))
    for at in range(0, len(whole), len(whole) // 60):
        path.write_bytes(whole[:at] + bytes([whole[at] ^ 0x55]) + whole[at + 1 :])
        with contextlib.suppress(DataError):
            assert repr(pylmer.load(path)) == page


# --- places -----------------------------------------------------------------------------------------------------------


def test_home_and_texts_are_paths(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    pylmer.save(fit_of("lm"), "~/fit.npz")
    assert (tmp_path / "fit.npz").is_file()
    assert repr(pylmer.load("~/fit.npz")) == repr(fit_of("lm"))


def test_a_missing_folder(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"there is no folder '.*nowhere': make it first"):
        pylmer.save(fit_of("lm"), tmp_path / "nowhere" / "fit.npz")
    with pytest.raises(DataError, match="there is no file"):
        pylmer.load(tmp_path / "nowhere.npz")
    with pytest.raises(DataError, match="is a folder"):
        pylmer.load(tmp_path)


@pytest.mark.parametrize("path", [None, 3, "", b"fit.npz", ["fit.npz"], "fit", "fit.pkl"])
def test_what_is_no_path(path: Any) -> None:
    with pytest.raises(ArgumentError, match="path="):
        pylmer.save(fit_of("lm"), path)


def test_names_that_no_file_can_have(tmp_path: Path) -> None:
    with pytest.raises(ArgumentError, match="null character"):
        pylmer.save(fit_of("lm"), tmp_path / "a\0.npz")
    with pytest.raises(ArgumentError, match="null character"):
        pylmer.load("a\0.npz")
    with pytest.raises(DataError, match="cannot be written"):
        pylmer.save(fit_of("lm"), tmp_path / f"{'a' * 300}.npz")
    with pytest.raises(DataError, match="there is no file"):
        pylmer.load(tmp_path / f"{'a' * 300}.npz")


@pytest.mark.parametrize("fit", [None, 1, "fit", SLEEP, {"a": 1}, pylmer.lmer, [1, 2]])
def test_what_is_no_fit(fit: Any, tmp_path: Path) -> None:
    with pytest.raises(
        ArgumentError, match=r"save\(\) wants a fit of lmer\(\), glmer\(\), lm\(\), glm\(\) or lmList\(\)"
    ):
        pylmer.save(fit, tmp_path / "fit.npz")


@pytest.mark.parametrize("rows", ["no", None, 2])
def test_rows_is_a_flag(rows: Any, tmp_path: Path) -> None:
    with pytest.raises(ArgumentError, match="rows="):
        pylmer.save(fit_of("lm"), tmp_path / "fit.npz", rows=rows)


def test_a_file_is_there_as_a_whole_or_not_at_all(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A disk that is full leaves the fit that was there, and nothing beside it."""
    before = path.read_bytes()

    def full(file: Any, **arrays: Any) -> None:
        file.write(b"PK")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(files.np, "savez_compressed", full)
    with pytest.raises(DataError, match="cannot be written: No space left on device"):
        pylmer.save(fit_of("lm"), path)
    assert path.read_bytes() == before
    assert [each.name for each in path.parent.iterdir()] == ["fit.npz"]


def test_every_array_of_a_file_is_one_of_the_fit(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """numpy before 2.1 writes all that is given by name, options too: a file of it could not be read again."""

    def old(file: Any, **arrays: Any) -> None:
        np.savez(file, **{name: np.asarray(array) for name, array in arrays.items()})

    monkeypatch.setattr(files.np, "savez_compressed", old)
    pylmer.save(fit_of("lm"), path)
    assert repr(pylmer.load(path)) == repr(fit_of("lm"))


# --- what cannot be saved ---------------------------------------------------------------------------------------------


def doubled(values: Any) -> Any:
    return 2 * values


def test_code_is_not_saved(tmp_path: Path) -> None:
    fit = pylmer.lmer("Reaction ~ doubled(Days) + (1 | Subject)", SLEEP, env={"doubled": doubled})
    with pytest.raises(ArgumentError, match="env= of the fit holds the function 'doubled', and files hold no code"):
        pylmer.save(fit, tmp_path / "fit.npz")
    assert not list(tmp_path.iterdir())


def test_an_optimizer_of_ones_own_is_not_saved(tmp_path: Path) -> None:
    from scipy.optimize import minimize

    def own(function: Any, start: Any, lower: Any, upper: Any, options: Any) -> Any:
        return minimize(function, start, method="Nelder-Mead").x

    fit = pylmer.lmer("Reaction ~ Days + (1 | Subject)", SLEEP, control=pylmer.lmerControl(optimizer=own))
    with pytest.raises(ArgumentError, match="optimizer= of the fit holds the function 'own'"):
        pylmer.save(fit, tmp_path / "fit.npz")


def test_a_column_that_no_file_can_hold_is_named(tmp_path: Path) -> None:
    data = SLEEP.assign(thing=[object()] * len(SLEEP))
    fit = pylmer.lmer("Reaction ~ Days + (1 | Subject)", data)
    with pytest.raises(ArgumentError, match="holds object, which a file"):
        pylmer.save(fit, tmp_path / "fit.npz", rows=True)
    pylmer.save(fit, tmp_path / "fit.npz")
    assert repr(pylmer.load(tmp_path / "fit.npz")) == repr(fit)
