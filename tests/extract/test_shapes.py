"""What the words return: kinds, labels, and that nothing can be changed by accident."""

from __future__ import annotations

import pickle

import numpy as np
import pandas as pd
import pytest
from scipy import sparse

import pylmer

from .answers import fit


def test_fixef_is_a_series() -> None:
    estimates = pylmer.fixef(fit("two"))
    assert isinstance(estimates, pd.Series)
    assert list(estimates.index) == ["(Intercept)", "Days"]
    assert type(estimates * 2) is pd.Series


def test_dropped_coefficients() -> None:
    frame = pylmer.datasets.load("sleepstudy").assign(D2=lambda d: 2 * d["Days"])
    with pytest.warns(pylmer.FitNote, match="rank deficient"):
        model = pylmer.lmer("Reaction ~ D2 + Days + (1 | Subject)", frame)
    assert list(pylmer.fixef(model).index) == ["(Intercept)", "D2"]
    shown = pylmer.fixef(model, add_dropped=True)
    assert list(shown.index) == ["(Intercept)", "D2", "Days"]
    assert shown.isna().tolist() == [False, False, True]
    assert str(shown).split()[-1] == "NA"


@pytest.mark.parametrize("word", [pylmer.coef, pylmer.ranef, pylmer.se_ranef, pylmer.se_coef])
def test_mappings_by_factor(word: object) -> None:
    frames = word(fit("two"))  # type: ignore[operator]
    assert list(frames) == ["Subject"]
    assert frames["Subject"] is frames.Subject
    assert frames.Subject.index[:2].tolist() == ["308", "309"]
    assert frames.Subject.shape == (18, 2)
    with pytest.raises(TypeError):
        frames["Subject"] = 1
    with pytest.raises(pylmer.ArgumentError, match="cannot be changed"):
        frames.Subject = 1
    with pytest.raises(KeyError, match="'subject'; there is 'Subject'"):
        frames["subject"]
    with pytest.raises(AttributeError, match="no attribute 'subject'"):
        frames.subject  # noqa: B018
    assert list(pickle.loads(pickle.dumps(frames))) == ["Subject"]


def test_conditional_variances() -> None:
    modes = pylmer.ranef(fit("two"))
    assert modes.cond_var is not None
    assert modes.cond_var["Subject"].shape == modes.cond_var.Subject.shape == (18, 2, 2)
    errors = np.sqrt(np.diagonal(modes.cond_var["Subject"], axis1=1, axis2=2))
    assert pylmer.se_ranef(fit("two")).Subject.to_numpy() == pytest.approx(errors)
    bare = pylmer.ranef(fit("two"), condVar=False)
    assert bare.cond_var is None
    assert "condsd" not in bare.as_frame()
    assert "conditional variances" not in str(bare)


def test_terms_on_one_factor_are_merged_in_ranef_and_apart_in_VarCorr() -> None:
    model = fit("three")
    assert list(pylmer.ranef(model)) == ["Worker:Machine", "Worker"]
    assert pylmer.ranef(model)["Worker"].shape == (6, 2)
    assert list(pylmer.VarCorr(model)) == ["Worker:Machine", "Worker", "Worker.1"]
    assert list(pylmer.ngrps(model).index) == ["Worker:Machine", "Worker"]


def test_VarCorr() -> None:
    model = fit("two")
    variances = pylmer.VarCorr(model)
    covariance = variances["Subject"]
    assert list(covariance.index) == list(covariance.columns) == ["(Intercept)", "Days"]
    assert covariance.stddev.to_numpy() == pytest.approx(np.sqrt(np.diag(covariance)))
    product = covariance.stddev.to_numpy().prod()
    assert covariance.correlation.loc["Days", "(Intercept)"] == pytest.approx(covariance.iloc[0, 1] / product)
    assert variances.sc == model.sigma
    again = pickle.loads(pickle.dumps(variances))
    assert str(again) == str(variances)
    assert again["Subject"].stddev.equals(covariance.stddev)


def test_unknown_component() -> None:
    with pytest.raises(pylmer.ArgumentError, match=r"wanted 'Variance', 'Std\.Dev\.' or both"):
        pylmer.VarCorr(fit("two")).to_string(comp="sd")


def test_logLik_is_a_float() -> None:
    likelihood = pylmer.logLik(fit("two"))
    assert isinstance(likelihood, float)
    assert type(2 * likelihood) is float
    again = pickle.loads(pickle.dumps(likelihood))
    assert (float(again), again.df, again.nobs, again.REML) == (float(likelihood), 6, 180, True)


def test_AIC_of_several() -> None:
    table = pylmer.AIC(fit("two"), M1=fit("slope"))
    assert list(table.columns) == ["df", "AIC"]
    assert list(table.index) == ["MODEL1", "M1"]
    assert table.loc["M1", "AIC"] == pylmer.AIC(fit("slope"))
    assert list(pylmer.BIC(fit("two"), fit("slope")).columns) == ["df", "BIC"]
    with pytest.raises(pylmer.ArgumentError, match="at least one"):
        pylmer.AIC()


def test_rows_carry_the_index_of_the_data() -> None:
    frame = pylmer.datasets.load("sleepstudy").set_axis([f"r{i}" for i in range(180)])
    model = pylmer.lmer("Reaction ~ Days + (1 | Subject)", frame, subset="Days > 1")
    for values in (pylmer.fitted(model), pylmer.resid(model), pylmer.weights(model)):
        assert list(values.index) == [f"r{i}" for i in range(180) if i % 10 > 1]


def test_exclude_pads() -> None:
    frame = pylmer.datasets.load("sleepstudy")
    frame.loc[[3, 50], "Reaction"] = np.nan
    model = pylmer.lmer("Reaction ~ Days + (1 | Subject)", frame, na_action="exclude", subset="Days < 9")
    assert len(pylmer.fitted(model)) == 162
    for word in (pylmer.fitted, pylmer.resid, pylmer.weights):
        assert word(model).index[word(model).isna()].tolist() == [3, 50]
    omitted = pylmer.lmer("Reaction ~ Days + (1 | Subject)", frame, subset="Days < 9")
    assert len(pylmer.fitted(omitted)) == pylmer.nobs(omitted) == 160
    assert str(pylmer.summary(model)) != ""


def test_model_matrix() -> None:
    model = fit("two")
    X = pylmer.model_matrix(model)
    assert list(X.columns) == ["(Intercept)", "Days"]
    assert X.shape == (180, 2)
    Z = pylmer.model_matrix(model, type="random")
    assert sparse.issparse(Z)
    assert Z @ model.b + X.to_numpy() @ model.beta == pytest.approx(model.mu)
    raw = pylmer.model_matrix(model, type="randomListRaw")
    assert list(raw) == ["Days | Subject"]
    assert raw["Days | Subject"].columns.tolist() == ["(Intercept)", "Days"]
    with pytest.raises(pylmer.ArgumentError, match="'fixed', 'random', 'randomListRaw'"):
        pylmer.model_matrix(model, type="mixed")


def test_model_frame_and_terms() -> None:
    model = fit("two")
    frame = pylmer.model_frame(model)
    assert list(frame.columns) == ["Reaction", "Days", "Subject", "(weights)"]
    assert pylmer.terms(model).labels == ("Days",)


def test_formula() -> None:
    model = fit("pens")
    assert str(pylmer.formula(model)) == "diameter ~ 1 + (1 | plate) + (1 | sample)"
    assert str(pylmer.formula(model, fixed_only=True)) == "diameter ~ 1"
    assert str(pylmer.formula(model, random_only=True)) == "diameter ~ (1 | plate) + (1 | sample)"


def test_full_covariance() -> None:
    """The covariance of b - b_hat and beta_hat: its last block is vcov, and the inverse solves the mixed equations."""
    model = fit("two")
    joint = pylmer.vcov(model, full=True)
    assert joint.shape == (38, 38)
    assert joint.index[0] == "Subject.308.(Intercept)"
    assert joint.iloc[36:, 36:].to_numpy() == pytest.approx(pylmer.vcov(model).to_numpy())
    Z, X = pylmer.model_matrix(model, "random").toarray(), pylmer.model_matrix(model).to_numpy()
    W = np.diag(pylmer.weights(model)) / model.sigma**2
    ZX = np.hstack([Z, X])
    precision = ZX.T @ W @ ZX
    precision[:36, :36] += np.kron(np.eye(18), np.linalg.inv(pylmer.VarCorr(model)["Subject"].to_numpy()))
    assert joint.to_numpy() @ precision == pytest.approx(np.eye(38), abs=1e-6)


def test_flags() -> None:
    assert pylmer.isREML(fit("two"))
    assert not pylmer.isREML(fit("pens"))
    assert pylmer.isLMM(fit("two"))
    assert not pylmer.isLMM(3)
    assert not pylmer.isSingular(fit("two"))
    assert pylmer.isSingular(fit("two"), tol=1e3)


def test_words_refuse_what_is_no_fit() -> None:
    with pytest.raises(pylmer.ArgumentError, match=r"ranef\(\) wants a fit of lmer\(\) or glmer\(\), found DataFrame"):
        pylmer.ranef(pd.DataFrame())
    with pytest.raises(pylmer.ArgumentError, match="residuals are one of 'response', 'pearson'"):
        pylmer.resid(fit("two"), type="studentized")


def test_the_method_is_the_function() -> None:
    for name in ("fixef", "ranef", "coef", "VarCorr", "vcov", "logLik", "fitted", "resid", "getME", "summary"):
        assert getattr(pylmer.LmerFit, name) is getattr(pylmer, name)
    assert fit("two").fixef().equals(pylmer.fixef(fit("two")))


def test_summary_record() -> None:
    model = fit("two")
    record = pylmer.summary(model)
    assert list(record.coefficients.columns) == ["Estimate", "Std. Error", "df", "t value", "Pr(>|t|)"]
    assert list(pylmer.summary(model, ddf="lme4").coefficients.columns) == ["Estimate", "Std. Error", "t value"]
    assert pylmer.coef(record) is record.coefficients
    assert record.sigma == model.sigma
    assert record.ngrps == {"Subject": 18}
    assert list(record.AICtab.index) == ["REML"]
    assert list(pylmer.summary(fit("pens")).AICtab.index) == ["AIC", "BIC", "logLik", "-2*log(L)", "df.resid"]
    assert record.residuals.equals(pylmer.resid(model, "pearson", scaled=True))
    assert record.varcor["Subject"].equals(pylmer.VarCorr(model)["Subject"])
    with pytest.raises(pylmer.ArgumentError, match="ddf='satterthwaite': wanted one of 'Satterthwaite'"):
        pylmer.summary(model, ddf="satterthwaite")


def test_records_pickle() -> None:
    model = fit("two")
    for record in (pylmer.summary(model), pylmer.display(model), pylmer.rePCA(model), pylmer.fixef(model)):
        assert str(pickle.loads(pickle.dumps(record))) == str(record)
