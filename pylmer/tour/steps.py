"""The steps: a title, and what is said and shown."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from ..extract import se_fixef, se_ranef
from ..partial_pooling import at_theta, criterion_curve, five_ways, pooling
from ..tables import Column, format_fixed, print_columns
from .chapter import EIGHT, Chapter
from .numbers import Prediction, all_indicators, cut, new_county, new_house, significant, spread_of_counties

WIDTH = 80


@dataclass(frozen=True)
class Step:
    """One step of the chapter; `told` gives its blocks of text."""

    title: str
    told: Callable[[Chapter], Sequence[str]]

    def text(self, chapter: Chapter, number: int) -> str:
        """Title and blocks; prose is wrapped, a block of several lines is left as it is."""
        head = f"{number}. {self.title}"
        blocks = (block if "\n" in block else textwrap.fill(block, WIDTH) for block in self.told(chapter))
        return "\n\n".join([f"{head}\n{'=' * len(head)}", *blocks])


def _table(rows: Sequence[str], columns: dict[str, Sequence[str]]) -> str:
    return print_columns(rows, [Column(header, tuple(cells)) for header, cells in columns.items()], WIDTH)


def _fixed(values: Iterable[float], decimals: int = 2) -> list[str]:
    return [format_fixed(float(value), decimals) for value in values]


def _interval(estimate: float, error: float) -> str:
    return f"({estimate - 2 * error:.2f}, {estimate + 2 * error:.2f})"


def complete_pooling(chapter: Chapter) -> Sequence[str]:
    """One line for all houses."""
    b = chapter.complete.coef()
    return (
        "Radon was measured in 919 houses of 85 counties of Minnesota, in the basement (floor = 0) or on the first "
        "floor (floor = 1). Complete pooling leaves the counties out: one line for all.",
        str(chapter.complete.display()),
        f"A house measured on the first floor has exp({b['floor']:.2f}) = {np.exp(b['floor']):.2f} times the radon of "
        "one measured in the basement. That counties differ is not in this model.",
    )


def no_pooling(chapter: Chapter) -> Sequence[str]:
    """A line for each county."""
    fit, table = chapter.none, chapter.pooled.as_frame()
    highest = str(table["no_pooling"].idxmax())
    shown = [*table.index[:3], highest]
    return (
        "No pooling gives each county an intercept of its own: lm with 85 indicators, log_radon ~ floor + county - 1.",
        _table(
            ["floor", *shown],
            {
                "houses": ["", *map(str, table["n"][shown])],
                "estimate": _fixed([chapter.pooled.slopes["floor"], *table.loc[shown, "no_pooling"]]),
                "std. error": _fixed([float(np.sqrt(fit.covariance[0, 0])), *table.loc[shown, "se_no"]]),
            },
        )
        + f"\n---\nn = {len(chapter.radon)}, k = {len(fit.beta)}\nresidual sd = {fit.sigma:.2f}",
        f"The highest intercept is that of {highest}, estimated from {table['n'][highest]} houses. No pooling "
        "overstates the variation of counties, the more so the fewer houses a county has.",
    )


def without_predictors(chapter: Chapter) -> Sequence[str]:
    """M0."""
    theta = chapter.M0.theta[0]
    return (
        "The multilevel model lies between both: county intercepts alpha_j come from a normal distribution, whose "
        "standard deviation is estimated from the data. Without predictors:",
        str(chapter.M0.display()),
        f"An estimate is a weighted average (12.1) of the county's mean, with weight n_j / sigma_y^2, and of the mean "
        f"of all, with weight 1 / sigma_alpha^2. As sigma_y^2 / sigma_alpha^2 = {1 / theta**2:.1f}, the mean of all "
        "counts as much as that many houses. Figure 12.1: no pooling and multilevel estimates by sample size.",
    )


def criterion(chapter: Chapter) -> Sequence[str]:
    """The REML criterion over theta."""
    curve = criterion_curve(chapter.M1)
    return (
        "How much to pool is one number, theta = sigma_alpha / sigma_y. For each theta the coefficients and sigma_y "
        "have a closed form, and what remains is a curve whose lowest point is the fit of log_radon ~ floor + "
        "(1 | county):",
        str(curve),
        f"The optimum lies {curve.complete - curve.lowest:.1f} below complete pooling; no pooling, where theta is "
        "infinite, is infinitely far above.",
    )


def with_floor(chapter: Chapter) -> Sequence[str]:
    """M1 and the intervals of 12.4."""
    M1 = chapter.M1
    beta, county = M1.fixef(), "HENNEPIN"
    mode, error = (float(each["county"]["(Intercept)"][county]) for each in (M1.ranef(), se_ranef(M1)))
    return (
        "The floor as a predictor of houses:",
        str(M1.display()),
        _table(
            ["slope of floor", "intercept of county 26", "its difference from the mean"],
            {
                "estimate": _fixed([beta["floor"], beta["(Intercept)"] + mode, mode]),
                "+- 2 s.e.": [
                    _interval(beta["floor"], se_fixef(M1)["floor"]),
                    _interval(beta["(Intercept)"] + mode, error),
                    _interval(mode, error),
                ],
            },
        ),
        f"County 26 is {county}. Its difference is within 2 standard errors of zero, and is estimated all the same.",
    )


def shrinkage(chapter: Chapter) -> Sequence[str]:
    """The book's eight counties by size."""
    table = chapter.pooled.as_frame().loc[list(EIGHT)].sort_values("n", kind="stable")
    errors = chapter.pooled.errors
    return (
        "How far an intercept moves from no pooling towards complete pooling depends on the number of houses. The "
        "pooling factor 1 / (1 + n_j theta^2) is 1 for complete and 0 for no pooling:",
        _table(
            list(table.index),
            {
                "houses": [*map(str, table["n"])],
                **{
                    header: _fixed(table[column])
                    for header, column in (
                        ("no pooling", "no_pooling"),
                        ("s.e.", "se_no"),
                        ("complete", "complete"),
                        ("multilevel", "multilevel"),
                        ("s.e. ", "se_multi"),
                        ("(12.1)", "weighted_12_1"),
                        ("factor", "factor"),
                    )
                },
            },
        ),
        "The weighted average of the county's data and mu + beta x is the multilevel estimate exactly (largest "
        f"difference {errors.iloc[0]:.0e}); with the estimates of no and complete pooling in their place, (12.1), it "
        f"is off by up to {errors.iloc[1]:.2f}.",
    )


def ratio_and_icc(chapter: Chapter) -> Sequence[str]:
    """sigma_alpha^2 / sigma_y^2."""
    found = chapter.pooled
    below = int((chapter.sizes < found.n_equal).sum())
    return (
        f"In M1 sigma_alpha^2 / sigma_y^2 = {found.ratio:.3f}: the variance between counties is that of "
        f"{found.n_equal:.2f} houses averaged. In a county with more houses its own data weigh more than the model, in "
        f"one with fewer (that is {below} of 85) the model does. The intraclass correlation, the part of the variance "
        f"that lies between counties, is sigma_alpha^2 / (sigma_alpha^2 + sigma_y^2) = {found.icc:.3f}.",
    )


def limits(chapter: Chapter) -> Sequence[str]:
    """theta held at values from 0 to 1e8."""
    thetas = [0.0, 0.1, float(chapter.M1.theta[0]), 2.0, 10.0, 1e8]
    fits = [at_theta(chapter.M1, theta) for theta in thetas]
    coefs = [fit.coef()["county"] for fit in fits]
    complete, pooled = chapter.complete.coef(), chapter.pooled["no_pooling"]
    ends = {
        "lm, complete": [complete["floor"], *[complete["(Intercept)"]] * 2],
        "lm, no": [chapter.pooled.slopes["floor"], pooled["AITKIN"], pooled["ST LOUIS"]],
    }
    names = [f"theta = {theta:.3g}" for theta in thetas]
    rows = [[c["floor"].iloc[0], *c["(Intercept)"][["AITKIN", "ST LOUIS"]]] for c in coefs]
    values = np.array([ends["lm, complete"], *rows, ends["lm, no"]])
    return (
        "With theta held, from complete to no pooling: the floor's coefficient and the intercepts of a county with 4 "
        "and of one with 116 houses.",
        _table(
            ["lm, complete pooling", *names, "lm, no pooling"],
            {name: _fixed(values[:, k], 4) for k, name in enumerate(("floor", "AITKIN (4)", "ST LOUIS (116)"))},
        ),
    )


def with_uranium(chapter: Chapter) -> Sequence[str]:
    """M2."""
    M2, found = chapter.M2, pooling(chapter.M2)
    assert found.second_level is not None
    second = found.second_level
    sd = [fit.theta[0] * fit.sigma for fit in (chapter.M1, M2)]
    return (
        "The uranium in the soil of a county is a predictor of its intercept:",
        str(M2.display()),
        f"It explains most of what differs between counties: sigma_alpha falls from {sd[0]:.2f} to {sd[1]:.2f}, "
        "sigma_y stays. With so little left to vary, estimates are pooled towards the line of uranium more strongly "
        "than they were towards the mean. In no pooling uranium is aliased with the county indicators; regressing "
        "those estimates on it afterwards, with the variances of M2, gives",
        _table(
            list(second.index),
            {"estimate": _fixed(second["Estimate"]), "std. error": _fixed(second["Std. Error"])},
        ),
    )


def written_five_ways(chapter: Chapter) -> Sequence[str]:
    """12.5."""
    found = five_ways(chapter.M2)
    return (
        "The same model can be written in five ways (12.5), and computed in five ways that share no solver:",
        str(found),
        "The last forms the covariance matrix of all houses; its block of the 4 houses of AITKIN:",
        _table(
            [str(k) for k in found.covariance_of("AITKIN").index],
            {str(name): _fixed(column, 3) for name, column in found.covariance_of("AITKIN").items()},
        ),
    )


def predictions(chapter: Chapter) -> Sequence[str]:
    """New houses in an old and in a new county."""
    M2 = chapter.M2
    old = new_house(M2, "HENNEPIN", floor=1)
    new = new_county(M2, float(chapter.uranium.mean()), floor=1)
    return (
        "A new house measured on the first floor, in county 26 (HENNEPIN) and in a new county with the mean uranium. "
        "In the old county only the house is new, its variance is sigma_y^2; in the new one that of counties comes on "
        "top, sigma_y^2 + sigma_alpha^2:",
        _table(["county 26", "new county"], _predicted([old, new])),
        "Quartiles are of radon itself, exp(log radon). The uncertainty of the coefficients is left out here, as in "
        "the book.",
    )


def _predicted(both: Sequence[Prediction]) -> dict[str, Sequence[str]]:
    quartiles = np.array([each.radon() for each in both])
    return {
        "mean": _fixed([each.mean for each in both], 4),
        "sd": _fixed([each.sd for each in both], 4),
        **{name: _fixed(quartiles[:, k], 3) for k, name in enumerate(("25 %", "median", "75 %"))},
    }


def how_many(chapter: Chapter) -> Sequence[str]:
    """Few groups, few observations in them."""
    radon, sizes = chapter.radon, chapter.sizes
    cuts = [cut(radon, spread_of_counties(sizes, count), f"{count} counties") for count in (3, 5, 10, 85)]
    small = cut(radon, [*sizes.index[sizes <= 2]], "1 or 2 houses each")
    return (
        "How many groups does it take? M1 on some counties, chosen at equal steps from the largest to the smallest; "
        "intervals are 95 % profile intervals of sigma_alpha.",
        _table(
            [each.label for each in (*cuts, small)],
            {
                "counties": [str(each.counties) for each in (*cuts, small)],
                "houses": [str(each.houses) for each in (*cuts, small)],
                "sigma_alpha": _fixed([each.sigma_alpha for each in (*cuts, small)]),
                "interval": [f"({each.lower:.2f}, {each.upper:.2f})" for each in (*cuts, small)],
                "floor": _fixed([each.floor for each in (*cuts, small)]),
                "s.e.": _fixed([each.se_floor for each in (*cuts, small)]),
            },
        ),
        "With three counties the data hardly say how much counties vary; the model then does about what no pooling "
        "does, and does no harm. Even one or two houses in a county suffice to fit it: what a small county lacks the "
        f"others lend. But the {small.counties} smallest alone cannot tell sigma_alpha from zero.",
    )


def when_it_matters(chapter: Chapter) -> Sequence[str]:
    """The pooling factor against n_j."""
    sizes = (1, 2, 5, 10, 20, 50, 100)
    thetas = [float(fit.theta[0]) for fit in (chapter.M1, chapter.M2)]
    factors = [[1 / (1 + n * theta**2) for n in sizes] for theta in thetas]
    counts = [int((chapter.sizes <= n).sum()) for n in sizes]
    return (
        "A multilevel model matters most between the extremes. The pooling factor by number of houses:",
        _table(
            [f"{n} house{'s' if n > 1 else ''}" for n in sizes],
            {"M1": _fixed(factors[0]), "with uranium": _fixed(factors[1]), "counties up to here": [*map(str, counts)]},
        ),
        "Where the factor is near 1 complete pooling would do, near 0 no pooling. Most counties lie between, and the "
        "same fit serves all. A good predictor of the groups moves all of them towards 1.",
    )


def no_tests(chapter: Chapter) -> Sequence[str]:
    """Why indicators are not tested."""
    test = all_indicators(chapter.complete, chapter.none)
    one, two = (significant(chapter.none, baseline) for baseline in ("AITKIN", "HENNEPIN"))
    return (
        "Should the county indicators be tested, and left out if they are not significant? Together they are: "
        f"F = {test.F:.2f} on {test.df} and {test.df_residual} degrees of freedom, p = {test.p:.1e}. One at a time it "
        f"depends on the county to compare with: {one} of {test.df} differ significantly from AITKIN "
        f"({chapter.sizes['AITKIN']} houses), {two} from HENNEPIN ({chapter.sizes['HENNEPIN']}).",
        "A test chooses between sigma_alpha = 0 and infinity, complete and no pooling, and counties surely differ at "
        "least a little. The multilevel model needs no such choice: it estimates sigma_alpha. Were counties alike, it "
        "would be near zero and the fit near complete pooling by itself. Indicators that are small or uncertain are "
        "pulled in, none is dropped, and so county predictors can stand beside them.",
    )


STEPS = (
    Step("Complete pooling", complete_pooling),
    Step("No pooling", no_pooling),
    Step("Multilevel, without predictors", without_predictors),
    Step("The criterion over theta", criterion),
    Step("Multilevel, with a predictor of houses", with_floor),
    Step("Shrinkage by the number of houses", shrinkage),
    Step("The ratio of variances, and the intraclass correlation", ratio_and_icc),
    Step("theta to both limits", limits),
    Step("A predictor of counties: uranium", with_uranium),
    Step("Five ways to write the model", written_five_ways),
    Step("Two predictions", predictions),
    Step("How many groups, how many observations", how_many),
    Step("When it matters most", when_it_matters),
    Step("Why county indicators are not tested for significance", no_tests),
)
