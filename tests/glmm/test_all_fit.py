"""allFit of glmer: other optimizers end where Newton does."""

from __future__ import annotations

import pickle

import numpy as np
import pytest

import pylmer

from .fits import cbpp
from .golden import fit_of

# -2 log L of lme4 1.1-31, tolPwrss 1e-11; of nAGQ = 5 its 100.01136817 and the constant, -2 log of the saturated model
MINIMUM = {"cbpp": 184.05256, "cbpp-agq0": 184.10859, "cbpp-agq5": 183.96807571}


@pytest.mark.parametrize("name", MINIMUM)
def test_other_optimizers_end_at_the_same_minimum(name):
    table = pylmer.allFit(fit_of(name), ["newton", "nlminbwrap", "Nelder_Mead"]).table
    assert table["criterion"].to_numpy() == pytest.approx(MINIMUM[name], abs=2e-4)
    assert np.ptp(table["criterion"]) < 1e-7
    assert table["converged"].all()
    assert (table["beta_off"] < 1e-4).all()
    assert table["evaluations"].is_monotonic_increasing


def test_a_shape_is_a_parameter_of_all_of_them():
    fit = pylmer.glmer_nb("incidence ~ period + offset(log(size)) + (1 | herd)", pylmer.datasets.load("cbpp"))
    fits = pylmer.allFit(fit, ["nlminbwrap", "newton"]).fits
    assert [each.family.theta for each in fits.values()] == pytest.approx([fit.family.theta] * 2, rel=1e-5)


def test_a_vanished_variance_is_exactly_zero_by_each():
    alike = {"y": [0, 1, 1] * 8, "g": np.repeat(np.arange(8), 3)}
    with pytest.warns(pylmer.FitNote, match="singular"):
        fit = pylmer.glmer("y ~ 1 + (1 | g)", alike, "binomial")
    fits = pylmer.allFit(fit, ["nlminbwrap", "newton"]).fits
    assert [float(each.theta[0]) for each in fits.values()] == [0.0, 0.0]


def test_each_fit_says_what_found_it_and_the_table_can_be_kept():
    found = pylmer.allFit(cbpp(), "nlminbwrap")
    assert found.fits["nlminbwrap"].optimum.optimizer == "nlminbwrap"
    assert str(pickle.loads(pickle.dumps(found))) == str(found)
    with pytest.raises(pylmer.ArgumentError, match="wanted some of 'newton'"):
        pylmer.allFit(cbpp(), ["foo"])
