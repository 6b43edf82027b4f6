"""What a column is called is nothing: names with blanks, and names that are those of dummies.

Figures and names are R's (4.2.2, lme4 1.1-31, lmerTest, emmeans) where they are said to be; otherwise a fit is compared
with the same fit under other names.
"""

from __future__ import annotations

import functools
import warnings
from typing import Any

import numpy as np
import pandas as pd
import pytest

import pylmer

N = 120


def frame() -> pd.DataFrame:
    rng = np.random.default_rng(5)
    g, lg = np.arange(N) // 10, np.arange(N) % 2 == 0
    v, x = rng.normal(size=(2, N))
    y = 0.5 * lg + 0.3 * v + lg * v + rng.normal(size=12)[g] + rng.normal(size=N)
    f, w = np.array(list("abc"))[np.arange(N) % 3], rng.uniform(0.5, 2, N)
    return pd.DataFrame({"y": y, "lg": lg, "v": v, "x": x, "g": [f"g{k}" for k in g], "f": f, "w": w})


def lmer(formula: str, data: pd.DataFrame, **given: Any) -> pylmer.LmerFit:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", pylmer.FitNote)
        return pylmer.lmer(formula, data, **given)


# --- a number called as a dummy --------------------------------------------------------------------------------------

DUMMIES = """
lg * lgTRUE        (Intercept) lgTRUE lgTRUE lgTRUE:lgTRUE
lg * lgTRUE * x    (Intercept) lgTRUE lgTRUE x lgTRUE:lgTRUE lgTRUE:x lgTRUE:x lgTRUE:lgTRUE:x
k * k2             (Intercept) k2 k2 k2:k2
f * fb             (Intercept) fb fc fb fb:fb fc:fb
f:fb               (Intercept) fa:fb fb:fb fc:fb
0 + f * fb         fa fb fc fb fb:fb fc:fb
u:v2               (Intercept) up:v2q up:v2q:v2q up:v2q:v2q up:v2q:v2q:v2q
s                  (Intercept) s__b sc
s * x              (Intercept) s__b sc x s__b:x sc:x
x + `x:f` + x:f    (Intercept) x `x:f` x:fb x:fc
`(Intercept)` * x  (Intercept) `(Intercept)` x `(Intercept)`:x
"""


def dummies() -> pd.DataFrame:
    data, i = frame(), np.arange(N)
    number = data["v"]
    more = {"lgTRUE": number, "fb": number, "k2": number, "x:f": number, "(Intercept)": number}
    data["k"] = pd.Categorical(i % 2 + 1)
    data["u"], data["v2"] = np.where(i % 2, "p", "p:v2q"), np.where(i % 3, "q", "q:v2q")
    data["s"] = np.array(["__a", "__b", "c"])[i % 3]
    return data.assign(**more)


def split(table: str) -> list[tuple[str, list[str]]]:
    return [
        (left.strip(), right.split()) for left, _, right in (row.partition("  ") for row in table.strip().split("\n"))
    ]


@pytest.mark.parametrize(("right", "names"), split(DUMMIES))
def test_products_are_of_columns(right: str, names: list[str]) -> None:
    """Names are those of R's model.matrix; the last column is the product of those of its variables."""
    data = dummies()
    design = pylmer.lFormula(f"y ~ {right} + (1 | g)", data, control=pylmer.lmerControl(check_rankX="ignore"))
    assert list(design.X_names) == names
    again = design.spec.fixed(data)
    assert np.array_equal(again, design.X)


def test_a_product_is_the_product() -> None:
    data = dummies()
    X = pylmer.lFormula("y ~ lg * lgTRUE * x + (1 | g)", data).X
    lg, v, x = (data[name].to_numpy(float) for name in ("lg", "lgTRUE", "x"))
    assert np.array_equal(X, np.column_stack([np.ones(N), lg, v, x, lg * v, lg * x, v * x, lg * v * x]))
    X = pylmer.lFormula("y ~ 0 + u:v2 + (1 | g)", data).X
    u, v2 = (data[name].str.len().to_numpy() > 1 for name in ("u", "v2"))
    cells = [(~u) & (~v2), u & (~v2), (~u) & v2, u & v2]
    assert np.array_equal(X, np.column_stack(cells).astype(float))


@functools.cache
def twins(random: str) -> tuple[pylmer.LmerFit, pylmer.LmerFit]:
    """The same model with a number called lgTRUE, as the dummy of lg, and called w."""
    fits = []
    for name in ("lgTRUE", "v"):
        data = frame().rename(columns={"v": name})
        fits.append(lmer(f"y ~ lg * {name} + x + ({random.replace('v', name)} | g)", data))
    return fits[0], fits[1]


def numbers(found: Any) -> np.ndarray:
    if hasattr(found, "items") and not isinstance(found, pd.DataFrame | pd.Series):
        return np.concatenate([numbers(each) for _, each in found.items()])
    if isinstance(found, pd.DataFrame):
        kept = [found.iloc[:, j] for j in range(found.shape[1]) if found.dtypes.iloc[j].kind in "if"]
        return np.concatenate([column.to_numpy(float) for column in kept])
    return np.asarray(found, float).ravel()


WORDS: dict[str, Any] = {
    "fixef": pylmer.fixef,
    "vcov": pylmer.vcov,
    "ranef": lambda fit: pylmer.ranef(fit, condVar=False),
    "coef": pylmer.coef,
    "se_coef": pylmer.se_coef,
    "anova": pylmer.anova,
    "drop1": pylmer.drop1,
    "joint_tests": pylmer.joint_tests,
    "coefficients": lambda fit: pylmer.summary(fit).coefficients,
    "tidy": lambda fit: pylmer.tidy(fit, effects=["fixed", "ran_pars", "ran_vals", "ran_coefs"]),
    "emmeans": lambda fit: pylmer.emmeans(fit, "lg").as_frame(),
    "emtrends": lambda fit: pylmer.emtrends(fit, "lg", fit.design.X_names[2]).as_frame(),
    "predict": lambda fit: pylmer.predict(fit, fit.request.data.iloc[::-1]),
    "Wald": lambda fit: pylmer.confint(fit, ["beta_"], method="Wald"),
    "pooling": lambda fit: pylmer.pooling(fit).frame,
    "coef_test": pylmer.coef_test,
    "dfbeta": lambda fit: pylmer.dfbeta(fit, groups="g"),
    "power": lambda fit: pylmer.power(fit, fit.design.X_names[2] if fit.design.X_names[1] != fit.design.X_names[2]
                                      else "lgTRUE", nsim=3, seed=1).p_values,
}  # fmt: skip


@pytest.mark.filterwarnings("ignore::pylmer.FitNote")
@pytest.mark.parametrize("random", ["v", "lg + v"])
@pytest.mark.parametrize("word", WORDS)
def test_duplicate_names_change_no_number(word: str, random: str) -> None:
    duplicate, distinct = map(WORDS[word], twins(random))
    np.testing.assert_allclose(numbers(duplicate), numbers(distinct), rtol=1e-5, atol=1e-7)


def test_a_duplicate_name_is_ambiguous_or_stands_for_both() -> None:
    fit = twins("v")[0]
    assert pylmer.confint(fit, "lgTRUE", method="Wald").shape == (2, 2)
    for call in (
        lambda: pylmer.contest(fit, {"lgTRUE": 1}),
        lambda: pylmer.coef_test(fit, coefs="lgTRUE"),
        lambda: pylmer.simulate(fit, newparams={"beta": {"lgTRUE": 1}}),
        lambda: pylmer.plot_intercepts(fit),
    ):
        with pytest.raises(pylmer.ArgumentError, match=r"2 (coefficients )?are called 'lgTRUE'"):
            call()


def test_lmlist_keeps_both() -> None:
    tables = []
    for name in ("lgTRUE", "v"):
        found = pylmer.lmList(f"y ~ lg * {name} | g", frame().rename(columns={"v": name}))
        tables.append((pylmer.coef(found), pylmer.confint(found)))
    assert list(tables[0][0].columns) == ["(Intercept)", "lgTRUE", "lgTRUE", "lgTRUE:lgTRUE"]
    for duplicate, distinct in zip(*tables, strict=True):
        np.testing.assert_allclose(duplicate.to_numpy(), distinct.to_numpy())


# --- names with blanks -----------------------------------------------------------------------------------------------

BLANKS = {"v": "my x", "f": "f f", "g": "my g", "w": "my w"}


def blanks() -> pd.DataFrame:
    return frame().rename(columns=BLANKS)


@functools.cache
def blank() -> pylmer.LmerFit:
    return lmer("y ~ `my x` * `f f` + x + (`my x` | `my g`)", blanks())


@functools.cache
def plain() -> pylmer.LmerFit:
    return lmer("y ~ v * f + x + (v | g)", frame())


def test_names_of_tables() -> None:
    """R: coefficients and terms keep their backticks; columns of data frames, groups and emmeans' variables do not."""
    fit = blank()
    coefficients = ["(Intercept)", "`my x`", "`f f`b", "`f f`c", "x", "`my x`:`f f`b", "`my x`:`f f`c"]
    assert list(fit.design.X_names) == coefficients
    assert list(pylmer.anova(fit).index) == ["`my x`", "`f f`", "x", "`my x`:`f f`"]
    assert list(pylmer.model_frame(fit)) == ["y", "my x", "f f", "x", "my g"]
    assert list(pylmer.augment(fit))[:5] == ["y", "my x", "f f", "x", "my g"]
    assert list(pylmer.ranef(fit)) == ["my g"]
    assert list(pylmer.ranef(fit)["my g"]) == ["(Intercept)", "`my x`"]
    trends = pylmer.emtrends(fit, "f f", "my x").as_frame()
    assert list(trends)[:2] == ["f f", "my x.trend"]
    called = lmer("y ~ poly(`my x`, 2, raw = TRUE) + log(`my w`) + (1 | `my g`)", blanks())
    assert list(pylmer.model_frame(called))[3] == "log(`my w`)"
    linear = pylmer.lm("y ~ `my x` * `f f`", blanks())
    assert list(pylmer.model_frame(linear)) == ["y", "my x", "f f"]


def test_contrasts_and_call_arguments() -> None:
    for name in ("f f", "`f f`"):
        summed = pylmer.lFormula("y ~ `f f` + (1 | `my g`)", blanks(), contrasts={name: "contr.sum"})
        assert summed.X_names[1:] == ("`f f`1", "`f f`2")
        linear = pylmer.lm("y ~ `f f`", blanks(), contrasts={name: "contr.sum"})
        assert list(pylmer.coef(linear).index) == ["(Intercept)", "`f f`1", "`f f`2"]
    expected = lmer("y ~ x + (1 | g)", frame(), weights="w", offset="v", subset="w > 0.6")
    for wanted in ({"weights": "my w", "offset": "my x"}, {"weights": "`my w`", "offset": "`my x`"}):
        found = lmer("y ~ x + (1 | `my g`)", blanks(), subset="`my w` > 0.6", **wanted)
        assert np.array_equal(found.beta, expected.beta)
        assert "Weights: my w" in str(found).splitlines()


ASKED: list[Any] = [
    (lambda fit, v, f, g: pylmer.emmeans(fit, f, at={v: [0, 1]}).as_frame(), "emmean"),
    (lambda fit, v, f, g: pylmer.emmeans(fit, [f, v], at={v: [0, 1]}).as_frame(), "emmean"),
    (lambda fit, v, f, g: pylmer.emtrends(fit, f, v).as_frame(), "SE"),
    (lambda fit, v, f, g: pylmer.emtrends(fit, "~ 1", v).as_frame(), "SE"),
    (lambda fit, v, f, g: pylmer.pairs(pylmer.emmeans(fit, [f, v], at={v: [0, 1]}), by=v).as_frame(), "estimate"),
    (lambda fit, v, f, g: pylmer.joint_tests(fit, by=f), "F.ratio"),
    (lambda fit, v, f, g: pylmer.confint(fit, [v, f"{v}:{f}b"], method="Wald"), "2.5 %"),
    (lambda fit, v, f, g: pylmer.drop1(fit, scope=f"{v}:{f}"), "F value"),
    (lambda fit, v, f, g: pylmer.drop1(fit, scope=["x", f"{v}:{f}"], ddf="lme4"), "AIC"),
    (lambda fit, v, f, g: pylmer.contest(fit, {f"{v}:{f}b": 1, v: 2}), "F value"),
    (lambda fit, v, f, g: pylmer.contest(fit, pd.DataFrame({v: [1.0]})), "F value"),
    (lambda fit, v, f, g: pylmer.coef_test(fit, cluster=g, coefs=[v]), None),
    (lambda fit, v, f, g: pylmer.ls_means(fit, f), "Estimate"),
    (lambda fit, v, f, g: pylmer.difflsmeans(fit, f), "Estimate"),
    (lambda fit, v, f, g: pylmer.influence(fit, groups=g).fixef_deleted, None),
    (lambda fit, v, f, g: pylmer.influence(fit, groups=f).fixef_deleted, None),
    (lambda fit, v, f, g: pylmer.ranef(fit)[g], None),
    (lambda fit, v, f, g: pylmer.pooling(fit, g).frame, None),
    (lambda fit, v, f, g: pylmer.power(fit, v, nsim=3, seed=1).p_values, None),
    (lambda fit, v, f, g: pylmer.power(fit, f"{v}:{f}", nsim=3, seed=1, newparams={"beta": {v: 1}}).p_values, None),
    (lambda fit, v, f, g: pylmer.powerCurve(fit, v, along=g, breaks=[8], nsim=2, seed=1).as_frame().iloc[:, :3], None),
    (lambda fit, v, f, g: pylmer.extend(fit, along=g, n=15).rows.y.size, None),
    (lambda fit, v, f, g: pylmer.extend(fit, within=f"{g}+{f}", n=5).rows.y.size, None),
    (lambda fit, v, f, g: pylmer.simulate(fit, seed=1, newparams={"beta": {v: 1}}), None),
]  # fmt: skip


@pytest.mark.filterwarnings("ignore::pylmer.FitNote")
@pytest.mark.parametrize("place", range(len(ASKED)))
def test_arguments_take_the_name_with_and_without_backticks(place: int) -> None:
    ask, column = ASKED[place]
    expected = ask(plain(), "v", "f", "g")
    for v, f, g in (("my x", "f f", "my g"), ("`my x`", "`f f`", "`my g`")):
        found = ask(blank(), v, f, g)
        left, right = (each if column is None else each[column] for each in (found, expected))
        np.testing.assert_allclose(numbers(left), numbers(right), rtol=1e-6, atol=1e-9)


@pytest.mark.filterwarnings("ignore::pylmer.FitNote")
@pytest.mark.parametrize(("x", "g"), [("my x", "my g"), ("`my x`", "`my g`")])
def test_pictures_take_both(x: str, g: str) -> None:
    pytest.importorskip("matplotlib").use("Agg")
    fit = blank()
    assert pylmer.plot_effect(fit, x).get_xlabel() == "my x"
    assert pylmer.plot_lines(fit, x, levels=["g1"], group=g)
    assert pylmer.plot_shrinkage(fit, group=g).get_xlabel() == "(Intercept) | my g"
    assert len(pylmer.dotplot(pylmer.ranef(fit), group=g)) == 2
    data = blanks()
    between = data.assign(**{"my u": data["my g"].str[1:].astype(float)})
    simple = lmer("y ~ x + `my u` + (1 | `my g`)", between)
    ax = pylmer.plot_group_predictor(simple, x.replace("x", "u"), group=g)
    assert ax.get_xlabel() == "my u"


def test_the_exact_name_comes_first() -> None:
    """A column `x:f` beside the term x:f: each is meant by its own name."""
    fit = lmer("y ~ f * x + `x:f` + (1 | g)", frame().rename(columns={"v": "x:f"}))
    tests = pylmer.drop1(fit, scope=["f:x", "`x:f`"])
    assert tests["NumDF"].tolist() == [2, 1]
    assert pylmer.drop1(fit, scope="x:f").index.tolist() == ["`x:f`"]
