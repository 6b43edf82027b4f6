"""A fit keeps what its columns mean, and a source of its rows: what words need, and what they say without any."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from dataclasses import fields, replace
from typing import Any

import numpy as np
import pytest

import pylmer
from pylmer.design import Design, DesignRows, InMemory, ModelData, NoRows, RandomDesign
from pylmer.errors import ArgumentError, DataError
from pylmer.fit.devfun import devfun_of_sums

REASON = "it was made of sums; fit the rows"
CASES = {
    "slopes": ("Reaction ~ Days + (Days | Subject)", "sleepstudy"),
    "crossed": ("diameter ~ 1 + (1 | plate) + (1 | sample)", "Penicillin"),
    "factors": ("angle ~ recipe * temp + (1 | recipe:replicate)", "cake"),
}
MEANING: dict[str, Callable[[Any], Any]] = {
    "fixef": lambda fit: fit.fixef().tolist(),
    "ranef": lambda fit: [frame.to_numpy().tolist() for frame in fit.ranef().values()],
    "coef": lambda fit: [(list(frame.index), frame.to_numpy().tolist()) for frame in fit.coef().values()],
    "VarCorr": lambda fit: str(fit.VarCorr()),
    "vcov": lambda fit: fit.vcov().to_numpy().tolist(),
    "formula": lambda fit: str(pylmer.formula(fit)),
    "terms": lambda fit: pylmer.terms(fit).labels,
    "sizes": lambda fit: (fit.nobs(), fit.ngrps().to_dict(), pylmer.df_residual(fit)),
    "likelihood": lambda fit: (str(fit.logLik()), fit.AIC(), fit.BIC(), pylmer.deviance(fit), pylmer.REMLcrit(fit)),
    "print": str,
    "display": lambda fit: str(fit.display()),
    "tests": lambda fit: str(pylmer.Anova(fit, type=3)),
    "Kenward-Roger": lambda fit: pylmer.summary(fit, ddf="Kenward-Roger").coefficients.to_numpy().tolist(),
    "confint": lambda fit: str(fit.confint(method="Wald")),
    "tidy": lambda fit: str(fit.tidy()),
    "glance": lambda fit: str(pylmer.glance(fit)),
    "getME": lambda fit: [np.asarray(pylmer.getME(fit, name)).tolist() for name in ("theta", "Gp", "Lind", "n", "q")],
    "refitML": lambda fit: pylmer.refitML(fit).beta.tolist(),
}
ROWS: dict[str, Callable[[Any], Any]] = {
    "fitted": lambda fit: fit.fitted(),
    "resid": lambda fit: fit.resid(),
    "predict": lambda fit: fit.predict(re_form="NA"),
    "simulate": lambda fit: fit.simulate(),
    "model_matrix": lambda fit: fit.model_matrix(),
    "model_frame": pylmer.model_frame,
    "getME": lambda fit: fit.getME("y"),
    "influence": pylmer.influence,
    "bootMer": lambda fit: pylmer.bootMer(fit, pylmer.fixef, nsim=2, seed=1),
    "augment": pylmer.augment,
    "refit": lambda fit: pylmer.refit(fit, np.zeros(10)),
    "emmeans": lambda fit: pylmer.emmeans(fit, "Days"),
    "fit.rows": lambda fit: fit.rows,
}


def fitted(case: str) -> pylmer.LmerFit:
    formula, data = CASES[case]
    return pylmer.lmer(formula, pylmer.datasets.load(data))


def without_rows(fit: pylmer.LmerFit) -> pylmer.LmerFit:
    return replace(fit, devfun=replace(fit.devfun, data=ModelData(fit.design, NoRows(REASON))))


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("word", MEANING)
def test_words_that_need_no_rows(case: str, word: str) -> None:
    fit = fitted(case)
    assert MEANING[word](without_rows(fit)) == MEANING[word](fit)


@pytest.mark.parametrize("word", ROWS)
def test_words_that_need_rows_say_so(word: str) -> None:
    call = word if word == "fit.rows" else f"{word}()"
    with pytest.raises(DataError) as error:
        ROWS[word](without_rows(fitted("slopes")))
    assert str(error.value) == f"{call} needs the rows of the data, which this fit has not: {REASON}"


def test_summary_without_rows_leaves_out_the_residuals() -> None:
    fit = fitted("slopes")
    whole, bare = pylmer.summary(fit), pylmer.summary(without_rows(fit))
    assert bare.residuals is None
    assert str(bare) == str(whole.to_string(show_resids=False))
    assert "Scaled residuals" in whole._repr_html_()
    assert "Scaled residuals" not in bare._repr_html_()


def test_a_fit_without_rows_pickles() -> None:
    bare = pickle.loads(pickle.dumps(without_rows(fitted("crossed"))))
    assert str(bare) == str(fitted("crossed"))


def test_new_rows_can_be_predicted_without_rows() -> None:
    fit, new = fitted("slopes"), {"Days": [3.0, 4.0], "Subject": ["308", "309"]}
    np.testing.assert_array_equal(pylmer.predict(without_rows(fit), new), pylmer.predict(fit, new))


@pytest.mark.parametrize("case", CASES)
def test_the_design_has_nothing_by_row(case: str) -> None:
    """No array of the meaning is as long as the data, but the design knows how many rows there are."""
    fit = fitted(case)
    design: Design = fit.design
    assert (design.n, design.n_total, design.n_missing) == (fit.rows.n, len(fit.request.data), 0)
    held = [getattr(each, field.name) for each in (design, *design.random) for field in fields(each)]
    assert not any(isinstance(value, np.ndarray) for value in held)
    assert all(type(term) is RandomDesign for term in design.random)
    for meant, term in zip(design.random, fit.rows.random, strict=True):
        assert term.design == meant or vars(term.design) == vars(meant)
        assert (term.codes.shape, int(term.codes.max()) + 1) == ((design.n,), len(meant.levels))


def test_counts_of_rows_left_out() -> None:
    data = pylmer.datasets.load("sleepstudy")
    data.loc[[3, 7, 20], "Reaction"] = np.nan
    design = pylmer.lmer("Reaction ~ Days + (1 | Subject)", data, subset="Days > 2").design
    assert (design.n, design.n_total, design.n_missing) == (180 - 54 - 2, 180, 2)  # row 20 has Days = 0


def test_a_source_may_give_rows_again() -> None:
    """What a source of files will do: rows are asked for when a word needs them, and never before."""
    fit = fitted("slopes")

    class Counted:
        at_hand = False
        asked = 0

        def rows(self) -> DesignRows:
            self.asked += 1
            return InMemory(fit.rows).rows()

    source = Counted()
    again = replace(fit, devfun=replace(fit.devfun, data=ModelData(fit.design, source)))
    str(pylmer.summary(again))
    assert source.asked == 0
    np.testing.assert_array_equal(pylmer.resid(again), pylmer.resid(fit))
    assert source.asked > 0


@pytest.mark.parametrize("case", CASES)
def test_a_fit_of_sums_alone(case: str) -> None:
    """Sums and meaning make the criterion, the optimum and the record; the dense oracle wants rows."""
    fit = fitted(case)
    data, gram = ModelData(fit.design, NoRows(REASON)), fit.devfun.criterion.engine.gram
    devfun = devfun_of_sums(data, gram, True, pylmer.lmerControl())
    made = pylmer.mkMerMod(devfun, pylmer.optimizeLmer(devfun))
    np.testing.assert_array_equal(made.theta, fit.theta)
    np.testing.assert_array_equal(made.beta, fit.beta)
    with pytest.raises(ArgumentError, match="sums alone"):
        devfun_of_sums(data, gram, True, pylmer.lmerControl(engine="dense"))
