"""getME: lme4's components, by value where they do not depend on its permutation of the random effects."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pytest
from scipy import sparse

import pylmer
from pylmer.extract.me import COMPONENTS

from .answers import ANSWERS, NAMES, close, fit, same_named

every_fit = pytest.mark.parametrize("name", NAMES)


def in_some_order(ours: Iterable[str], theirs: Iterable[str]) -> bool:
    """lme4 1.1-31 lists terms as written here; ours are in fitting order like everything else."""
    return sorted(ours) == sorted(theirs)


@every_fit
@pytest.mark.parametrize("component", ["REML", "n_rtrms", "n_rfacs", "n", "p", "q", "k", "m"])
def test_sizes(name: str, component: str) -> None:
    assert pylmer.getME(fit(name), component) == ANSWERS[name]["me"][component]


@every_fit
@pytest.mark.parametrize("component", ["p_i", "m_i", "lower", "theta"])
def test_named(name: str, component: str) -> None:
    theirs = dict(ANSWERS[name]["me"][component])
    theirs["values"] = [-np.inf if value in (None, "-Inf") else value for value in theirs["values"]]
    ours = pylmer.getME(fit(name), component)
    assert in_some_order(ours.index, theirs["names"])
    finite = np.isfinite(theirs["values"])
    assert (np.isfinite(ours) == finite).all()
    assert close(ours[finite], np.array(theirs["values"])[finite], 5e-6)


@every_fit
def test_pointers(name: str) -> None:
    theirs = ANSWERS[name]["me"]
    assert pylmer.getME(fit(name), "Gp").tolist() == theirs["Gp"]
    assert pylmer.getME(fit(name), "Tp").tolist() == theirs["Tp"]
    assert (pylmer.getME(fit(name), "Lind") + 1).tolist() == theirs["Lind"]


@every_fit
def test_Lind_rebuilds_Lambdat(name: str) -> None:
    Lambdat, Lind, theta = (pylmer.getME(fit(name), each) for each in ("Lambdat", "Lind", "theta"))
    assert Lambdat.data == pytest.approx(theta.to_numpy()[Lind])


@every_fit
@pytest.mark.parametrize("component", ["Tlist", "ST"])
def test_templates(name: str, component: str) -> None:
    ours = list(pylmer.getME(fit(name), component).values())
    assert all(close(a, b["x"], 5e-6) for a, b in zip(ours, ANSWERS[name]["me"][component], strict=True))


@every_fit
def test_modes(name: str) -> None:
    """R's levels stand in the order of the data's factors; sums of squares do not depend on it."""
    for each in ("b", "u"):
        ours, theirs = pylmer.getME(fit(name), each), np.array(ANSWERS[name]["me"][each])
        assert np.sort(np.abs(ours)) == pytest.approx(np.sort(np.abs(theirs)), rel=1e-4, abs=1e-5)


@every_fit
def test_matrices(name: str) -> None:
    theirs = ANSWERS[name]["me"]
    A, Zt, Lambda = (pylmer.getME(fit(name), each) for each in ("A", "Zt", "Lambda"))
    assert all(sparse.issparse(matrix) for matrix in (A, Zt, Lambda))
    assert [*A.shape, A.sum(), (A**2).sum()] == pytest.approx(theirs["A"], rel=5e-6)
    assert [*Zt.shape, Zt.sum()] == pytest.approx(theirs["Zt"][:3])
    assert [*Lambda.shape, Lambda.sum()] == pytest.approx(theirs["Lambda"], rel=5e-6)
    assert close(pylmer.getME(fit(name), "RX"), theirs["RX"]["x"], 5e-6)
    RZX = pylmer.getME(fit(name), "RZX").to_numpy()
    assert close(RZX.T @ RZX, theirs["RZX"], 5e-6)


@every_fit
def test_L_is_the_cholesky_factor(name: str) -> None:
    model = fit(name)
    A, L = pylmer.getME(model, "A"), pylmer.getME(model, "L")
    weighted = A.multiply(pylmer.weights(model).to_numpy()[None, :])
    assert pytest.approx((weighted @ A.T).toarray() + np.eye(len(L)), abs=1e-9) == L @ L.T
    assert 2 * np.log(np.diag(L)).sum() == pytest.approx(pylmer.getME(model, "devcomp").cmp["ldL2"], rel=1e-9)


@every_fit
def test_devcomp(name: str) -> None:
    ours, theirs = pylmer.getME(fit(name), "devcomp"), ANSWERS[name]["me"]
    assert list(ours.cmp.index) == theirs["cmp"]["names"]
    wanted = np.array(theirs["cmp"]["values"], dtype=float)
    assert ours.cmp.to_numpy() == pytest.approx(wanted, rel=1e-5, nan_ok=True)
    assert same_named(ours.dims, theirs["dims"])


@every_fit
def test_lists(name: str) -> None:
    model, theirs = fit(name), ANSWERS[name]["me"]
    assert list(pylmer.getME(model, "cnms").values()) == theirs["cnms"]
    sums = {key: float(matrix.sum()) for key, matrix in pylmer.getME(model, "Ztlist").items()}
    assert list(sums) == theirs["Ztlist"]["names"]
    assert list(sums.values()) == pytest.approx(theirs["Ztlist"]["values"])
    matrices = pylmer.getME(model, "mmList")
    assert in_some_order(matrices, theirs["mmList"])
    assert {name: list(each.columns) for name, each in matrices.items()} == {
        name: each["cols"] for name, each in theirs["mmList"].items()
    }
    flist = pylmer.getME(model, "flist")
    assert {factor: list(each[:3]) for factor, each in flist.items()} == theirs["flist"]
    assert float(pylmer.getME(model, "mu").sum()) == pytest.approx(theirs["mu"])
    assert float(pylmer.getME(model, "offset").sum()) == theirs["offset"]


def test_several_names_and_all() -> None:
    model = fit("two")
    assert list(pylmer.getME(model, ["X", "theta"])) == ["X", "theta"]
    everything = pylmer.getME(model, "ALL")
    assert set(COMPONENTS) - set(everything) == {"L", "RZX"}
    assert everything["devfun"](everything["par"]) == pytest.approx(pylmer.REMLcrit(model))


def test_unknown_name() -> None:
    with pytest.raises(pylmer.ArgumentError, match="getME\\(\\) knows no 'Xt'; it knows X, Z, Zt"):
        pylmer.getME(fit("two"), "Xt")
