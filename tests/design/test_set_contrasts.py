"""set_contrasts: R's options(contrasts=). Numbers: R 4.2, lme4 1.1-31, under options(contrasts = "contr.sum" ...)."""

from __future__ import annotations

import contextvars
import pickle
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest

import pylmer
from pylmer.language import deparse

ADDITIVE = "angle ~ recipe + temp + (1 | recipe:replicate)"
SUM = [0.5158730, 1.0000000, -0.4777778, 0.1580317]  # fixef(lmer(ADDITIVE, cake)) under contr.sum
TREATMENT = [1.5158730, -1.4777778, -1.5222222, 0.1580317]  # under contr.treatment


@pytest.fixture(autouse=True)
def _defaults_again() -> Iterator[None]:
    with pylmer.set_contrasts():
        yield


def cake() -> Any:
    return pylmer.datasets.load("cake")


def fixed(fit: Any) -> list[float]:
    return [float(value) for value in fit.beta]


def test_rules_until_the_end_of_the_block() -> None:
    with pylmer.set_contrasts("contr.sum", "contr.poly"):
        fit = pylmer.lmer(ADDITIVE, cake())
    assert fixed(fit) == pytest.approx(SUM, abs=1e-6)
    assert fixed(pylmer.lmer(ADDITIVE, cake())) == pytest.approx(TREATMENT, abs=1e-6)


def test_rules_at_once_and_nested() -> None:
    pylmer.set_contrasts("contr.sum")
    with pylmer.set_contrasts("contr.helmert") as inner:
        assert repr(inner) == "set_contrasts('contr.helmert', 'contr.poly')"
        assert pylmer.coef(pylmer.lm("angle ~ recipe", cake())).to_list() == pytest.approx(
            [32.1222220, -0.7388889, -0.2611111], abs=1e-6
        )
    assert fixed(pylmer.lmer(ADDITIVE, cake())) == pytest.approx(SUM, abs=1e-6)
    pylmer.set_contrasts()
    assert fixed(pylmer.lmer(ADDITIVE, cake())) == pytest.approx(TREATMENT, abs=1e-6)


def test_an_error_ends_the_block_too() -> None:
    with pytest.raises(pylmer.DataError), pylmer.set_contrasts("contr.sum"):
        pylmer.lm("angle ~ recipe", {"angle": [1.0], "recipe": ["a"]})
    assert pylmer.lm("angle ~ recipe", cake()).names[1] == "recipeB"


def test_contrasts_of_a_fit_win() -> None:
    """Of one factor for that factor, the others as ruled; a pair for all."""
    formula = "angle ~ recipe + temperature + (1 | recipe:replicate)"
    with pylmer.set_contrasts("contr.sum", "contr.helmert"):
        one = pylmer.lmer(formula, cake(), contrasts={"recipe": "contr.helmert"})
        both = pylmer.lmer(formula, cake(), contrasts=("contr.treatment", "contr.poly"))
    wanted = [32.1222220, -0.7388889, -0.2611111, 0.9888889, 0.8185185, 0.5981481, 1.0922222, 0.6466667]
    assert fixed(one) == pytest.approx(wanted, abs=1e-6)
    assert both.design.X_names[1:4] == ("recipeB", "recipeC", "temperature.L")


def test_random_effects_and_c_are_coded_too() -> None:
    with pylmer.set_contrasts("contr.sum"):
        design = pylmer.lFormula("angle ~ temp + (recipe | replicate)", cake())
        alone = pylmer.lm("angle ~ C(recipe)", cake())
        first = pylmer.lm("angle ~ C(recipe, , 1)", cake())
    assert design.random[0].columns == ("(Intercept)", "recipe1", "recipe2")  # R's VarCorr(): recipe1, recipe2
    assert pylmer.coef(alone).to_list() == pytest.approx([32.1222220, 1.0, -0.4777778], abs=1e-6)
    assert pylmer.coef(first).to_list() == pytest.approx([32.1222220, 0.7611111], abs=1e-6)


def test_the_call_tells() -> None:
    with pylmer.set_contrasts("contr.sum"):
        fits = [pylmer.lmer(ADDITIVE, cake()), pylmer.lm("angle ~ recipe", cake(), contrasts={"recipe": "contr.SAS"})]
    assert deparse(fits[0].call).endswith('data = cake, contrasts = c("contr.sum", "contr.poly"))')
    assert 'contrasts = c("contr.sum", "contr.poly"))' in str(pylmer.display(fits[0]))
    assert deparse(fits[1].call).endswith(
        'contrasts = list(recipe = "contr.SAS"), options(contrasts = c("contr.sum", "contr.poly")))'
    )
    assert str(fits[0].call) == deparse(fits[0].call)
    assert "contrasts" not in deparse(pylmer.lmer(ADDITIVE, cake()).call)


def test_fits_keep_what_ruled() -> None:
    """R: options are back at contr.treatment, refit(f) keeps contr.sum; R's update takes those of its own time."""
    with pylmer.set_contrasts("contr.sum"):
        f = pylmer.lmer(ADDITIVE, cake())
    assert fixed(pylmer.refit(f, f.rows.y)) == pytest.approx(SUM, abs=1e-6)
    assert fixed(pylmer.update(f, ". ~ . - temp")) == pytest.approx([32.1222220, 1.0, -0.4777778], abs=1e-6)
    assert fixed(pylmer.refitML(pickle.loads(pickle.dumps(f)))) == pytest.approx(SUM, abs=1e-6)
    assert pylmer.step(f).model.design.X_names == ("(Intercept)", "temp")
    with pylmer.set_contrasts("contr.helmert"):
        plain = pylmer.update(pylmer.update(f, contrasts={"recipe": "contr.treatment"}), contrasts=None)
        mean = float(pylmer.predict(f, {"recipe": ["A"], "temp": [200]}, re_form="NA").iloc[0])
        pylmer.drop1(f, ddf="lme4")
    assert plain.design.X_names[1:3] == ("recipe1", "recipe2")
    assert fixed(plain)[1] == pytest.approx(-0.7388889, abs=1e-6)
    assert mean == pytest.approx(SUM[0] + SUM[1] + 200 * SUM[3], abs=1e-4)


def test_a_fit_of_r_defaults_keeps_those() -> None:
    f = pylmer.lmer("angle ~ C(recipe) + temp + (1 | recipe:replicate)", cake())
    with pylmer.set_contrasts("contr.sum"):
        assert fixed(pylmer.update(f, ". ~ .")) == pytest.approx(TREATMENT, abs=1e-6)


def test_update_of_one_factor_keeps_what_ruled_for_others() -> None:
    with pylmer.set_contrasts("contr.treatment", "contr.helmert"):
        f = pylmer.lm("angle ~ recipe + temperature", cake())
        g = pylmer.lmer("angle ~ recipe + temperature + (1 | recipe:replicate)", cake())
    changed = pylmer.update(g, contrasts={"recipe": "contr.sum"})
    assert changed.design.X_names[1:4] == ("recipe1", "recipe2", "temperature1")
    assert f.names[3] == "temperature1"


def test_threads_do_not_disturb_each_other() -> None:
    def names(contrasts: str) -> tuple[str, ...]:
        with pylmer.set_contrasts(contrasts):
            return tuple(pylmer.lm("angle ~ recipe", cake()).names[1:])

    pylmer.set_contrasts("contr.helmert")
    with ThreadPoolExecutor(2) as pool:
        found = list(pool.map(names, ["contr.treatment", "contr.sum"] * 6))
        handed = pool.submit(contextvars.copy_context().run, lambda: pylmer.lm("angle ~ recipe", cake()).call).result()
    assert found == [("recipeB", "recipeC"), ("recipe1", "recipe2")] * 6
    assert "contr.helmert" in deparse(handed)
    assert pylmer.lm("angle ~ recipe", cake()).names[1:] == ("recipe1", "recipe2")


def test_matrices_and_functions_rule() -> None:
    own = np.array([[1.0, 0], [0, 1], [-1, -1]])
    for given in (own, lambda n: own):
        with pylmer.set_contrasts(given):
            fits = [pylmer.lm(formula, cake()) for formula in ("angle ~ recipe", "angle ~ C(recipe)")]
        for fit in fits:
            assert fit.beta.tolist() == pytest.approx([32.1222220, 1.0, -0.4777778], abs=1e-6)  # as contr.sum


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (("contr.foo",), r"set_contrasts\(unordered='contr.foo'\): no contrasts 'contr.foo'; known: contr.treatment"),
        (("contr.sum", "poli"), r"set_contrasts\(ordered='poli'\)"),
        (({"recipe": "contr.sum"},), "contrasts of one factor are given to the fit"),
        ((None,), "wanted a name such as 'contr.sum'"),
    ],
)
def test_unknown_contrasts(given: Any, message: str) -> None:
    with pytest.raises(pylmer.ArgumentError, match=message):
        pylmer.set_contrasts(*given)
    assert pylmer.lm("angle ~ recipe", cake()).names[1] == "recipeB"


def test_the_call_of_contrasts_of_one_factor() -> None:
    """R: update(fit)'s call has contrasts = list(recipe = "contr.sum") where they were given, nothing where not."""
    cake = pylmer.datasets.load("cake")
    formula = "angle ~ recipe + temp + (1 | recipe:replicate)"
    given = deparse(pylmer.lmer(formula, cake, contrasts={"recipe": "contr.sum"}).call)
    assert 'contrasts = list(recipe = "contr.sum")' in given
    assert "contrasts" not in deparse(pylmer.lmer(formula, cake).call)
