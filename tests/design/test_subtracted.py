"""R's model frame holds every variable of a formula, those taken out again too: rows where one is missing are dropped.

Numbers of rows and columns of the model frame are lFormula()'s and lm()'s (R 4.2.2, lme4 1.1-31) on the same pattern of
missing values. The model frame of R has its offsets as `offset(w)`; here their sum is `(offset)`.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import pylmer
from tests.design.frames import UNCHECKED

pytestmark = pytest.mark.filterwarnings("ignore::pylmer.FitNote")
N = 60


def frame() -> pd.DataFrame:
    """60 rows; z is missing in 5, w in 3, h in 1, f in 2, log(p) in those of z and one more."""
    rng = np.random.default_rng(1)
    y, x, z, w = rng.normal(size=(4, N))
    z[:5], w[10:13] = np.nan, np.nan
    p = np.exp(z)
    p[39] = -1
    data = pd.DataFrame({"y": y, "x": x, "z": z, "w": w, "g": [f"g{i % 10}" for i in range(N)]})
    data["h"] = [None if i == 19 else f"h{i // 10}" for i in range(N)]
    data["f"] = [None if i in (30, 31) else "abc"[i % 3] for i in range(N)]
    return data.assign(p=p, k=np.tile([1, 2, 3, 4], N // 4), k2=(7 * np.arange(1, N + 1)) % 3)


FIXED = """
x - z                       55  x,z        x
x + z - z                   55  x,z        x
x - z:w                     52  x,z,w      x
x - log(p)                  54  x,log(p)   x
x*z - x:z - z               55  x,z        x
x - (z + w)                 52  x,z,w      x
(x+z)^2 - z                 55  x,z        x,x:z
x - f                       58  x,f        x
x - y                       60  x          x
x + 1*z                     55  x,z        x
x - z %in% w                52  x,z,w      x
x + I(w) - I(w)             57  x,I(w)     x
x - offset(w)               57  x          x
x:offset(w)                 57  x          -
1 - x                       60  x          -
x - .                       49  x,z,w,g,h,f,p  -
. - z - w - g - h - f - p   49  x,z,w,g,h,f,p  x
"""
RANDOM = """
(1 + x - z | g)             55  x,z,g   (Intercept),x
(1 - w | g)                 57  x,w,g   (Intercept)
(0 + z:w - z:w + x | g)     52  x,z,w,g x
(x - z || g)                60  x,g     (Intercept),x
"""


def rows(table: str) -> list[list[str]]:
    return [line.rsplit(maxsplit=3) for line in table.strip().splitlines()]


@pytest.mark.parametrize(("right", "n", "variables", "columns"), rows(FIXED))
def test_fixed(right: str, n: str, variables: str, columns: str) -> None:
    data = frame().drop(columns=["k", "k2"])
    names = [] if columns == "-" else columns.split(",")
    mixed = pylmer.lFormula(f"y ~ {right} + (1 | g)", data, control=UNCHECKED)
    shown = [name for name in mixed.model_frame() if name not in ("y", "(offset)")]
    assert (mixed.n, list(mixed.X_names)) == (int(n), ["(Intercept)", *names])
    assert shown == list(dict.fromkeys([*variables.split(","), "g"]))
    linear = pylmer.lm(f"y ~ {right}", data)
    assert (pylmer.nobs(linear), list(pylmer.coef(linear).index)) == (int(n), ["(Intercept)", *names])


@pytest.mark.parametrize(("bar", "n", "variables", "columns"), rows(RANDOM))
def test_in_a_bar(bar: str, n: str, variables: str, columns: str) -> None:
    design = pylmer.lFormula(f"y ~ x + {bar}", frame(), control=UNCHECKED)
    assert (design.n, list(design.model_frame())) == (int(n), ["y", *variables.split(",")])
    assert [column for term in design.random for column in term.columns] == columns.split(",")


def test_infinite_values_of_a_subtracted_variable_do_no_harm() -> None:
    data = frame().assign(z=[np.inf, *[0.0] * (N - 1)])
    assert pylmer.lFormula("y ~ x - z + (1 | g)", data).n == N


def test_new_data_need_not_have_it() -> None:
    """R: object 'z' not found."""
    fit = pylmer.lmer("y ~ x - z + (1 | g)", frame())
    beta = pylmer.fixef(fit)
    assert pylmer.predict(fit, {"x": [2.0]}, re_form="NA").to_numpy() == pytest.approx(beta.iloc[0] + 2 * beta.iloc[1])


def test_a_term_is_taken_out_on_the_rows_of_the_fit() -> None:
    """Without intercept drop1 codes the smaller model anew, on the same rows although z is missing in five others.

    The F test of z alone, which does not depend on how the rest is coded.
    """
    fit = pylmer.lmer("y ~ 0 + f + z + (1 | g)", frame())
    alone = pylmer.contest(fit, "z")
    assert pylmer.drop1(fit).loc["z", "F value"] == pytest.approx(alone["F value"].iloc[0])


OWN = """
(k | k)           k: (Intercept),k2,k3,k4
(0 + k | k)       k: k1,k2,k3,k4
(k | k:g)         k:g: (Intercept),k2,k3,k4
(x + k | g:k)     g:k: (Intercept),x,k2,k3,k4
(k || k)          k: (Intercept) ; k: k1,k2,k3,k4
(log(k) | k)      k: (Intercept),log(k)
(k | k2) + (k2 | k)  k: (Intercept),k2 ; k2: (Intercept),k
(x:k | k)         k: (Intercept),x:k1,x:k2,x:k3,x:k4
(k:x | g/k)       k:g: (Intercept),k1:x,k2:x,k3:x,k4:x ; g: (Intercept),k:x
(k | k2/k)        k:k2: (Intercept),k2,k3,k4 ; k2: (Intercept),k
"""


@pytest.mark.parametrize(("bars", "terms"), [line.split("  ", 1) for line in OWN.strip().splitlines()])
def test_a_number_that_groups_itself(bars: str, terms: str) -> None:
    """Left of its own bar it is the factor; in the fixed part, in calls and left of other bars a number (lFormula)."""
    data = frame()
    design = pylmer.lFormula(f"y ~ k + {bars}", data, control=UNCHECKED)
    found = [f"{term.group}: {','.join(term.columns)}" for term in design.random]
    assert " ; ".join(found) == terms.strip()
    assert design.X_names == ("(Intercept)", "k")
    assert design.model_frame()["k"].dtype.kind in "if"
    for number, (Z, codes) in design.spec.random(data).items():
        assert np.array_equal(codes, design.random[number].codes)
        assert Z is design.random[number].Z is None or np.array_equal(Z, design.random[number].Z)


def test_a_group_that_is_a_number_in_the_fixed_part() -> None:
    """Its test of type III is that of one coefficient: the group is a factor only behind the bar."""
    fit = pylmer.lmer("y ~ k + x + (1 | k)", frame(), control=UNCHECKED)
    assert pylmer.anova(fit)["NumDF"].tolist() == [1, 1]
    with pytest.raises(pylmer.DataError, match="factor 'k' has new level '9'"):
        pylmer.lFormula("y ~ x + (k | k)", frame(), control=UNCHECKED).spec.random({"k": [9]}, allow_new_levels=True)


@pytest.mark.parametrize("bar", ["(1 + offset(w) | g)", "(x - offset(w) || g)", "(x + x:offset(w) | g)"])
def test_an_offset_in_a_bar_is_refused(bar: str) -> None:
    """R adds it to the fit, but not to predictions, and loses it after ||."""
    with pytest.raises(pylmer.FormulaError, match=r"write \+ offset\(…\) outside the bar") as caught:
        pylmer.lFormula(f"y ~ x + {bar}", frame())
    assert str(caught.value).splitlines()[-1].strip() == "^" * len("offset(w)")
