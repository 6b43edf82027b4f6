"""Steps that ask what the models say: how much is pooled, what is predicted, how many groups it takes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..partial_pooling import at_theta
from .chapter import EIGHT, Chapter
from .numbers import Prediction, all_indicators, cut, new_county, new_house, significant, spread_of_counties
from .telling import fixed, table


def shrinkage(chapter: Chapter) -> Sequence[str]:
    """The book's eight counties by size."""
    found = chapter.pooled.as_frame().loc[list(EIGHT)].sort_values("n", kind="stable")
    errors = chapter.pooled.errors
    return (
        "How far an intercept moves from no pooling towards complete pooling depends on the number of houses. The "
        "pooling factor 1 / (1 + n_j theta^2) is 1 for complete and 0 for no pooling:",
        table(
            list(found.index),
            {
                "houses": [*map(str, found["n"])],
                **{
                    header: fixed(found[column])
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
        table(
            ["lm, complete pooling", *names, "lm, no pooling"],
            {name: fixed(values[:, k], 4) for k, name in enumerate(("floor", "AITKIN (4)", "ST LOUIS (116)"))},
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
        table(["county 26", "new county"], _predicted([old, new])),
        "Quartiles are of radon itself, exp(log radon). The uncertainty of the coefficients is left out here, as in "
        "the book.",
    )


def _predicted(both: Sequence[Prediction]) -> dict[str, Sequence[str]]:
    quartiles = np.array([each.radon() for each in both])
    return {
        "mean": fixed([each.mean for each in both], 4),
        "sd": fixed([each.sd for each in both], 4),
        **{name: fixed(quartiles[:, k], 3) for k, name in enumerate(("25 %", "median", "75 %"))},
    }


def how_many(chapter: Chapter) -> Sequence[str]:
    """Few groups, few observations in them."""
    radon, sizes = chapter.radon, chapter.sizes
    cuts = [cut(radon, spread_of_counties(sizes, count), f"{count} counties") for count in (3, 5, 10, 85)]
    small = cut(radon, [*sizes.index[sizes <= 2]], "1 or 2 houses each")
    return (
        "How many groups does it take? M1 on some counties, chosen at equal steps from the largest to the smallest; "
        "intervals are 95 % profile intervals of sigma_alpha.",
        table(
            [each.label for each in (*cuts, small)],
            {
                "counties": [str(each.counties) for each in (*cuts, small)],
                "houses": [str(each.houses) for each in (*cuts, small)],
                "sigma_alpha": fixed([each.sigma_alpha for each in (*cuts, small)]),
                "interval": [f"({each.lower:.2f}, {each.upper:.2f})" for each in (*cuts, small)],
                "floor": fixed([each.floor for each in (*cuts, small)]),
                "s.e.": fixed([each.se_floor for each in (*cuts, small)]),
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
        table(
            [f"{n} house{'s' if n > 1 else ''}" for n in sizes],
            {"M1": fixed(factors[0]), "with uranium": fixed(factors[1]), "counties up to here": [*map(str, counts)]},
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
