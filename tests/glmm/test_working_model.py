"""The working linear model of one grouping factor in arrays of levels: what the general one says."""

from __future__ import annotations

import numpy as np
import pytest

from pylmer import families
from pylmer.engine.covariance.family import covariance_family
from pylmer.engine.covariance.points import Points
from pylmer.engine.generalized.grouped_working import GroupedWorking
from pylmer.engine.generalized.level_factor import LevelFactor
from pylmer.engine.generalized.modes import RowResponses, row_state
from pylmer.engine.generalized.working_model import KnownScale, working_criterion
from pylmer.errors import NumericalError
from pylmer.numerics.unlocked import cached_property

from .test_level_arrays import GROUPED, N, both, close, templates, weights_of

WIDTHS = {"intercept": [1], "one slope": [1], "two": [2], "three": [3], "apart": [1, 1]}


def models(kind):
    """Both working models of counts at a place between the data and their mean."""
    rng = np.random.default_rng(6)
    responses = RowResponses(rng.poisson(2.0, N).astype(float), np.ones(N), rng.normal(0, 0.1, N), families.poisson())
    state = row_state(responses, 0.5 * responses.first.eta + 0.3)
    return [working_criterion(structure, state) for structure in both(kind)]


def places(kind):
    rng = np.random.default_rng(8)
    points = [covariance_family("us", width).multiple(0.6) for width in WIDTHS[kind]]
    return [Points([point.moved(c * rng.normal(size=point.size)) for point in points]) for c in (0.0, 0.2, 0.4)]


@pytest.mark.parametrize("kind", GROUPED)
def test_one_place(kind):
    lean, plain = models(kind)
    assert isinstance(lean, GroupedWorking)
    assert isinstance(plain, KnownScale)
    for place in places(kind):
        one, two = lean.at(place), plain.at(place)
        assert one.value == pytest.approx(two.value, rel=1e-11)
        close([one.gradient, one.information], [two.gradient, two.information])
        (beta, b), (wanted, effects) = one.effects(), two.effects()
        close([beta, *b], [wanted, *effects])


@pytest.mark.parametrize("kind", GROUPED)
def test_several_places(kind):
    lean, plain = models(kind)
    wanted = [plain.at(place).value for place in places(kind)]
    assert lean.values(places(kind)) == pytest.approx(wanted, rel=1e-11)


@pytest.mark.parametrize("zero", [False, True])
@pytest.mark.parametrize("kind", GROUPED)
def test_factor_of_the_levels(kind, zero):
    lean, plain = both(kind)
    by_term = templates(plain, zero)
    wanted = plain.filled(weights_of()).factorize(by_term)
    T = wanted.engine.gram.factor_templates(by_term)[0]
    found = LevelFactor.of(T, *lean.level_sums(weights_of()))
    S = np.zeros((4, 4))
    blocks, covariances = (each[0] for each in wanted.selected_inverse(S))
    close([found.N, found.K], [blocks.transpose(1, 2, 0), covariances.transpose(1, 2, 0)])
    close([found.XVX], [wanted.reduced_Xy[:-1, :-1]])
    assert found.logdet_V == pytest.approx(wanted.logdet_V, rel=1e-11)
    solved = wanted.solved(np.eye(4)[:, :3])[0]
    close([found.NC], [solved.transpose(1, 2, 0)])
    close([found.left], [np.eye(len(T))[:, :, None] - np.einsum("abj,bcj->acj", found.A, found.K)])


def test_levels_that_are_not_positive_definite():
    lean, _ = both("two")
    with pytest.raises(NumericalError, match="positive definite"):
        LevelFactor.of(np.eye(2), *lean.level_sums(np.full(N, -5.0)))


def test_values_are_computed_once():
    class Counted:
        asked = 0

        @cached_property
        def value(self):
            """One more."""
            self.asked += 1
            return self.asked

    counted = Counted()
    assert (counted.value, counted.value, counted.asked) == (1, 1, 1)
    assert Counted.value.__doc__ == "One more."
