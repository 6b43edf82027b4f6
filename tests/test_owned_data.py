"""A fit owns its data: nothing that a caller does later, in place, changes it, and nothing it returns is a window into
it. Every comparison is with the same words on a fit of untouched data."""

from __future__ import annotations

import types
import warnings
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import sparse

import pylmer
from pylmer.fit.many_fits import refit_all

pytestmark = pytest.mark.filterwarnings("ignore::pylmer.FitNote")  # bootstrap samples and spoilt data may be singular
FORMULA = "y ~ x + f + offset(o) + (x | g)"
N = 60


def columns() -> dict[str, np.ndarray]:
    """g numbers from 0, so that they serve as codes without a copy."""
    rng = np.random.default_rng(20)
    g, x = np.repeat(np.arange(10), N // 10), rng.normal(size=N)
    y = 3 + x + rng.normal(size=10)[g] + 0.7 * rng.normal(size=10)[g] * x + rng.normal(size=N)
    w, o = rng.uniform(0.5, 2, N), rng.normal(size=N)
    return {"y": y, "x": x, "f": np.tile(np.arange(3.0), N // 3) == 1, "o": o, "g": g, "w": w}


def spoil_arrays(found: Mapping[str, np.ndarray]) -> None:
    """Everything becomes its reverse, so that no word fails but all numbers change."""
    for array in found.values():
        array[...] = array[::-1].copy()
        array[: N // 2] = array[N // 2 :].copy()


def spoil_pandas(data: pd.DataFrame) -> None:
    """Every way to write into a frame that pandas lets pass."""
    for name in data.columns:
        values = data[name].to_numpy()
        if isinstance(values, np.ndarray) and values.flags.writeable:
            values[: N // 2] = values[N // 2 :].copy()
        extension = data[name].values
        if not isinstance(extension, np.ndarray):
            extension[: N // 2] = extension[N // 2 :].copy()
        data.loc[:, name] = data[name].to_numpy()[::-1].copy()
        data.iloc[: N // 4, data.columns.get_loc(name)] = data[name].iloc[-1]
    data.index.name = "spoilt"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # pandas 3.1 means to give inplace= up
        data.sort_values("x", inplace=True, ignore_index=True)
    data["w"] = 1.0
    del data["o"]


Made = tuple[Any, Callable[[], None]]


def as_dict() -> Made:
    data = columns()
    return data, lambda: (spoil_arrays(data), data.pop("x"))


def as_lists() -> Made:
    data = {name: values.tolist() for name, values in columns().items()}

    def spoil() -> None:
        for values in data.values():
            values.reverse()
            values.append(values[0])

    return data, spoil


def as_records() -> Made:
    found = columns()
    data = np.zeros(N, dtype=[(name, values.dtype) for name, values in found.items()])
    for name, values in found.items():
        data[name] = values
    return data, lambda: spoil_arrays({name: data[name] for name in found})


def as_dict_of_series() -> Made:
    data = {name: pd.Series(values) for name, values in columns().items()}

    def spoil() -> None:
        for values in data.values():
            values.iloc[: N // 2] = values.iloc[N // 2 :].to_numpy()

    return data, spoil


def as_pandas() -> Made:
    data = pd.DataFrame(columns())
    return data, lambda: spoil_pandas(data)


def as_pandas_with_extensions() -> Made:
    found = columns()
    data = pd.DataFrame(found).assign(
        g=pd.Categorical(found["g"]), x=pd.array(found["x"], dtype="Float64"), f=pd.array(found["f"], dtype="boolean")
    )
    return data, lambda: spoil_pandas(data)


def as_pandas_on_one_matrix() -> Made:
    """pandas 2 takes a matrix as it is: what is written to the matrix is written to the frame."""
    matrix = np.column_stack([values.astype(float) for values in columns().values()])
    data = pd.DataFrame(matrix, columns=list(columns()))
    return data, lambda: spoil_arrays({str(k): matrix[:, k] for k in range(matrix.shape[1])})


def as_polars() -> Made:
    polars, found = pytest.importorskip("polars"), columns()
    data = polars.DataFrame({name: polars.Series(name, values) for name, values in found.items()})

    def spoil() -> None:
        spoil_arrays(found)  # polars takes numpy's memory as it is
        data[0, "y"] = 99.0
        data.drop_in_place("x")

    return data, spoil


def as_pyarrow() -> Made:
    pyarrow, found = pytest.importorskip("pyarrow", exc_type=ImportError), columns()
    data = pyarrow.table(found)
    return data, lambda: spoil_arrays({name: values for name, values in found.items() if name != "f"})


KINDS = {
    made.__name__: made
    for made in (
        as_dict,
        as_lists,
        as_records,
        as_dict_of_series,
        as_pandas,
        as_pandas_with_extensions,
        as_pandas_on_one_matrix,
        as_polars,
        as_pyarrow,
    )
}


def plain(value: Any) -> np.ndarray:
    """What a word gives as numbers."""
    if isinstance(value, pd.DataFrame):
        coded = {k: value[k].astype(str).astype("category").cat.codes if value[k].dtype == object else value[k] for k in
                 value if not isinstance(value[k].dtype, pd.CategoricalDtype)}  # fmt: skip
        return np.column_stack([np.asarray(each, float) for each in coded.values()])
    return np.asarray(value, float)


MIXED: dict[str, Callable[[Any], Any]] = {
    "resid": pylmer.resid,
    "fitted": pylmer.fitted,
    "weights": pylmer.weights,
    "hatvalues": pylmer.hatvalues,
    "cooks_distance": pylmer.cooks_distance,
    "influence": lambda fit: pylmer.influence(fit, "g").fixef_deleted,
    "simulate": lambda fit: pylmer.simulate(fit, 2, seed=1),
    "model_frame": pylmer.model_frame,
    "augment": pylmer.augment,
    "anova": pylmer.anova,
    "drop1": lambda fit: pylmer.drop1(fit, ddf="lme4", test="Chisq"),
    "ranova": pylmer.ranova,
    "update": lambda fit: pylmer.update(fit, ". ~ . - f").beta,
    "update_same": lambda fit: pylmer.update(fit).beta,
    "refitML": lambda fit: pylmer.refitML(fit).beta,
    "ranef": lambda fit: pylmer.ranef(fit)["g"],
    "emmeans": lambda fit: pylmer.emmeans(fit, "f").as_frame()["emmean"],
    "vcovCR": pylmer.vcovCR,
    "extend": lambda fit: pylmer.vcov(pylmer.extend(fit, "g", n=12)),
    "boot": lambda fit: pylmer.case_bootstrap(fit, lambda f: pylmer.update(f, ". ~ . - f").beta, 2, seed=1).t,
    "y": lambda fit: fit.rows.y,
    "Z": lambda fit: pylmer.getME(fit, "Z").toarray(),
}


def same(ours: Any, theirs: Any, words: Mapping[str, Callable[[Any], Any]]) -> None:
    for name, word in words.items():
        np.testing.assert_allclose(plain(word(ours)), plain(word(theirs)), rtol=1e-9, atol=1e-9, err_msg=name)


@pytest.mark.parametrize("kind", KINDS)
def test_a_fit_owns_its_data(kind: str) -> None:
    theirs = pylmer.lmer(FORMULA, KINDS[kind]()[0], weights="w")
    data, spoil = KINDS[kind]()
    ours = pylmer.lmer(FORMULA, data, weights="w")
    spoil()
    alike = kind not in ("as_records", "as_polars")  # `extend` makes pandas of polars by pyarrow, which may be missing
    same(ours, theirs, {name: word for name, word in MIXED.items() if alike or name != "extend"})
    assert str(pylmer.summary(ours)) == str(pylmer.summary(theirs))
    assert pylmer.fitted(ours).index.name is None


@pytest.mark.parametrize("kind", KINDS)
def test_lm_lists_and_designs_own_their_data(kind: str) -> None:
    """A design and a criterion have no request that would keep the frame alive."""
    untouched = KINDS[kind]()[0]
    data, spoil = KINDS[kind]()
    makers: dict[str, Callable[[Any], Any]] = {
        "lm": lambda given: pylmer.lm("y ~ x * f", given, weights="w", offset="o"),
        "lmList": lambda given: pylmer.lmList("y ~ x | g", given),
        "design": lambda given: pylmer.lFormula(FORMULA, given, weights="w"),
        "devfun": lambda given: pylmer.lmer(FORMULA, given, weights="w", devFunOnly=True),
    }
    ours = {name: make(data) for name, make in makers.items()}
    spoil()
    theirs = {name: make(untouched) for name, make in makers.items()}
    same(ours["lm"], theirs["lm"], {w: MIXED[w] for w in ("resid", "weights", "hatvalues", "augment", "model_frame")})
    same(ours["lmList"], theirs["lmList"], {"resid": pylmer.resid, "coef": pylmer.coef})
    for design in ("design", "devfun"):
        mine, other = (each[design] if design == "design" else each[design].data for each in (ours, theirs))
        np.testing.assert_array_equal(mine.y, other.y)
        np.testing.assert_array_equal(mine.offset, other.offset)
        np.testing.assert_array_equal(mine.random[0].codes, other.random[0].codes)
        fits = [pylmer.mkMerMod(pylmer.mkLmerDevfun(each), ours["devfun"] and pylmer.optimizeLmer(
            pylmer.mkLmerDevfun(each))) for each in (mine, other)]  # fmt: skip
        np.testing.assert_array_equal(pylmer.resid(fits[0]), pylmer.resid(fits[1]))


def test_only_used_columns_are_copied() -> None:
    data = columns() | {"unused": np.zeros(N)}
    fit = pylmer.lmer("y ~ x + (1 | g)", data)
    assert fit.request.data["unused"] is data["unused"]
    assert not np.shares_memory(fit.request.data["x"], data["x"])
    whole = pylmer.lmer("y ~ . - g - unused + (1 | g)", data)
    assert not np.shares_memory(whole.request.data["o"], data["o"])


def test_pandas_3_is_not_copied() -> None:
    if int(pd.__version__.split(".")[0]) < 3:
        pytest.skip("older pandas does not copy on write, so the columns used are copied")
    data = pd.DataFrame(columns())
    design = pylmer.lFormula(FORMULA, data, weights="w")
    for mine, name in ((design.y, "y"), (design.weights, "w"), (design.random[0].codes, "g")):
        assert np.shares_memory(mine, data[name].to_numpy())


# --- arguments -------------------------------------------------------------------------------------------------------


ARRAYS: dict[str, Callable[[np.ndarray], Any]] = {
    "array": lambda values: values,
    "Series": lambda values: pd.Series(values, copy=False),
    "list": lambda values: values.tolist(),
}


@pytest.mark.parametrize("container", ARRAYS)
@pytest.mark.parametrize("word", ["weights", "offset", "subset"])
def test_arguments_are_owned(word: str, container: str) -> None:
    values = {"weights": columns()["w"], "offset": columns()["o"], "subset": columns()["x"] > -1}[word]
    theirs = pylmer.lmer("y ~ x + (1 | g)", columns(), **{word: values.copy()})
    given = ARRAYS[container](values)
    ours = pylmer.lmer("y ~ x + (1 | g)", columns(), **{word: given})
    design = pylmer.lFormula("y ~ x + (1 | g)", columns(), **{word: given})
    if isinstance(given, list):
        given.reverse()
    elif isinstance(given, pd.Series):
        given.iloc[: N // 2] = given.iloc[N // 2 :].to_numpy()
    else:
        given[: N // 2] = given[N // 2 :].copy()
    same(ours, theirs, {name: MIXED[name] for name in ("resid", "weights", "update", "drop1", "simulate", "augment")})
    if word != "subset":
        np.testing.assert_array_equal(getattr(design, word), getattr(theirs.rows, word))


def test_weights_that_can_be_read_once_are_read_once() -> None:
    once = pylmer.lmer("y ~ x + (1 | g)", columns(), weights=(w for w in columns()["w"]))
    theirs = pylmer.lmer("y ~ x + (1 | g)", columns(), weights="w")
    np.testing.assert_allclose(pylmer.update(once, REML=False).beta, pylmer.update(theirs, REML=False).beta)


def test_variables_and_results_of_functions_in_env_are_owned() -> None:
    found, kept = columns(), np.zeros(N)

    def centred(x: np.ndarray) -> np.ndarray:
        x -= x.mean()  # in place: its own copy
        kept[...] = x
        return kept

    theirs = pylmer.lmer("y ~ I(x - mean(x)) + x2 + (1 | g)", env=columns() | {"x2": columns()["x"] ** 2})
    env = found | {"x2": found["x"] ** 2, "centred": centred}
    ours = pylmer.lmer("y ~ centred(x) + x2 + (1 | g)", env=env)
    again = pylmer.lmer("centred(x) ~ y + (1 | g)", env=env)
    spoil_arrays(found)
    spoil_arrays({"x2": env["x2"], "kept": kept})
    env["x2"] = np.zeros(N)
    x = columns()["x"]
    np.testing.assert_allclose(again.rows.y, x - x.mean())
    np.testing.assert_allclose(pylmer.update(ours, REML=False).beta, pylmer.update(theirs, REML=False).beta)


def test_start_contrasts_and_options_are_owned() -> None:
    start, coding, options = np.array([0.5]), np.array([[1.0], [-1.0]]), {"maxfun": 500}
    control = pylmer.lmerControl(optimizer="bobyqa", optCtrl=options)
    fit = pylmer.lmer("y ~ f + (1 | g)", columns(), start={"theta": start}, contrasts={"f": coding}, control=control)
    start[:], coding[:] = 99.0, 7.0
    options["maxfun"] = 1
    assert fit.request.start["theta"][0] == 0.5
    assert control.optCtrl == {"maxfun": 500}
    np.testing.assert_allclose(pylmer.update(fit, REML=False).beta, pylmer.refitML(fit).beta, rtol=1e-4)


def test_parameters_and_responses_are_owned() -> None:
    fit = pylmer.lmer("y ~ x + (1 | g)", columns())
    theta, beta, y = np.array([0.8]), np.array([1.0, 2.0]), columns()["y"][::-1].copy()
    held, changed = pylmer.at_theta(fit, theta), pylmer.extend(fit, "g", n=11, newparams={"theta": theta, "beta": beta})
    answer, Y = pylmer.refit(fit, y), np.column_stack([y, 2 * y])
    batch = refit_all(fit, Y)
    theta[:], beta[:], y[:], Y[:] = 5.0, 0.0, 0.0, 0.0
    assert held.theta.tolist() == [0.8]
    assert changed.theta.tolist() == [0.8]
    assert changed.beta.tolist() == [1.0, 2.0]
    np.testing.assert_array_equal(answer.rows.y, columns()["y"][::-1])
    np.testing.assert_array_equal(pylmer.update(answer, REML=False).rows.y, columns()["y"][::-1])
    np.testing.assert_array_equal(batch.model(1).rows.y, 2 * columns()["y"][::-1])


# --- what is returned ------------------------------------------------------------------------------------------------


def arrays_in(value: Any, met: dict[int, Any] | None = None) -> Iterator[np.ndarray]:
    """All numeric arrays that can be reached from a value."""
    met = {} if met is None else met
    if id(value) in met or isinstance(value, str | type | types.FunctionType | types.MethodType | np.generic):
        return
    met[id(value)] = value
    if isinstance(value, np.ndarray):
        if value.dtype != object and value.size:
            yield value
    elif sparse.issparse(value):
        yield value.data
    elif isinstance(value, pd.DataFrame):
        for k in range(value.shape[1]):
            yield from arrays_in(value.iloc[:, k].array, met)
    elif isinstance(value, pd.Series):
        yield from arrays_in(value.array, met)
    elif isinstance(value, pd.Categorical):
        yield value.codes
    elif isinstance(value, pd.api.extensions.ExtensionArray):
        yield np.asarray(value)
    elif isinstance(value, Mapping):
        for each in value.values():
            yield from arrays_in(each, met)
    elif isinstance(value, list | tuple):
        for each in value:
            yield from arrays_in(each, met)
    else:
        for each in list(getattr(value, "__dict__", {}).values()):
            yield from arrays_in(each, met)


RETURNED: dict[str, Callable[[Any], Any]] = {
    "fixef": pylmer.fixef,
    "se_fixef": pylmer.se_fixef,
    "vcov": pylmer.vcov,
    "coef": lambda fit: list(pylmer.coef(fit).values()),
    "ranef": lambda fit: [*pylmer.ranef(fit).values(), *pylmer.ranef(fit).cond_var.values()],
    "VarCorr": lambda fit: list(pylmer.VarCorr(fit).values()),
    "fitted": pylmer.fitted,
    "resid": pylmer.resid,
    "weights": pylmer.weights,
    "predict": pylmer.predict,
    "simulate": pylmer.simulate,
    "model_frame": pylmer.model_frame,
    "model_matrix": pylmer.model_matrix,
    "model_matrix_raw": lambda fit: pylmer.model_matrix(fit, "randomListRaw"),
    "augment": pylmer.augment,
    "tidy": pylmer.tidy,
    "hatvalues": pylmer.hatvalues,
    "influence": lambda fit: pylmer.influence(fit, "g"),
    "getME": lambda fit: pylmer.getME(fit, COMPONENTS),
}
COMPONENTS = ["X", "Z", "Zt", "Ztlist", "mmList", "y", "mu", "u", "b", "Lambda", "Lambdat", "Lind", "Tlist", "ST", "A"]
COMPONENTS += ["RX", "flist", "beta", "fixef", "theta", "par", "offset"]


def parts_of(fit: Any) -> list[np.ndarray]:
    """Its rows, design and estimates, and the data it keeps."""
    return list(arrays_in([fit.design, fit.rows, fit.request.data, fit.mu if hasattr(fit, "mu") else 0, fit.solution]))


@pytest.mark.parametrize("weights", [None, "w"])
@pytest.mark.parametrize("word", RETURNED)
def test_tables_are_the_callers_own(word: str, weights: str | None) -> None:
    """No memory in common, so that they may be changed, and change nothing."""
    fit = pylmer.lmer(FORMULA, pd.DataFrame(columns()), weights=weights)
    found = list(arrays_in(RETURNED[word](fit)))
    assert found
    assert not any(np.shares_memory(mine, other) for mine in found for other in parts_of(fit))


@pytest.mark.parametrize(
    "word", ["coef", "vcov", "fitted", "resid", "weights", "model_matrix", "model_frame", "augment"]
)
def test_tables_of_lm_are_the_callers_own(word: str) -> None:
    fit = pylmer.lm("y ~ x + f", pd.DataFrame(columns()), weights="w")
    found = list(arrays_in(getattr(pylmer, word)(fit)))
    assert found
    own = [*parts_of(fit), fit.covariance]
    assert not any(np.shares_memory(mine, other) for mine in found for other in own)


def test_changed_tables_change_nothing() -> None:
    fit = pylmer.lmer(FORMULA, pd.DataFrame(columns()), weights="w")
    theirs = pylmer.lmer(FORMULA, pd.DataFrame(columns()), weights="w")
    frame = pylmer.model_frame(fit)
    frame.loc[:, "y"] = 0.0
    frame.index.name = "spoilt"
    X, fitted = pylmer.model_matrix(fit), pylmer.fitted(fit)
    X.iloc[:, :] = 0.0
    fitted.iloc[:] = 0.0
    fitted.index.name = "spoilt"
    pylmer.getME(fit, "X")[:] = 0.0
    theta, beta = pylmer.getME(fit, "theta"), pylmer.fixef(fit)
    theta.iloc[:], beta.iloc[:] = 0.0, 0.0
    pylmer.ranef(fit).cond_var["g"][:] = 0.0
    same(fit, theirs, MIXED)
    assert pylmer.resid(fit).index.name is None


@pytest.mark.parametrize("symbol", ["beta", "theta", "par", "mu", "rows.y", "rows.X", "rows.weights"])
def test_symbols_cannot_be_written_to(symbol: str) -> None:
    fit: Any = pylmer.lmer(FORMULA, columns(), weights="w")
    for name in symbol.split("."):
        fit = getattr(fit, name)
    with pytest.raises(ValueError, match="read-only"):
        fit[0] = 0.0


def test_every_fit_has_a_default_control_of_its_own() -> None:
    """What is done to the options of one fit is not done to those of all that come after it."""
    sleep = pylmer.datasets.load("sleepstudy")
    first = pylmer.lmer("Reaction ~ Days + (Days | Subject)", sleep)
    first.control.optCtrl["maxit"] = 1  # type: ignore[index]
    second = pylmer.lmer("Reaction ~ Days + (Days | Subject)", sleep)
    assert second.control.optCtrl == {}
    assert second.optimum.evaluations == first.optimum.evaluations
