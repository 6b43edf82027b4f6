"""Fits on the page, against what lme4 1.1-31 and arm print at the exact optimum (tests/data/printing/pages.R)."""

from __future__ import annotations

from collections.abc import Callable

import pytest

import pylmer
from pylmer.printing.fits import print_fit

from .pages import PAGES, as_2x, fitted, lines, same_numbers, same_up_to_rounding, without_singular

Text = Callable[[pylmer.LmerFit], str]
BIG = next(
    i for i, page in enumerate(PAGES) if "1e+06" in page["call"]
)  # all ten digits of display would have to agree

AS_PRINTED: dict[str, Text] = {
    "print": str,
    "summary": lambda fit: pylmer.summary(fit, ddf="lme4").to_string(correlation=len(fit.beta) < 13),
    "correlation": lambda fit: pylmer.summary(fit, ddf="lme4").to_string(correlation=True),
    "VarCorr": lambda fit: str(pylmer.VarCorr(fit)),
    "both": lambda fit: pylmer.VarCorr(fit).to_string(comp=("Variance", "Std.Dev.")),
    "logLik": lambda fit: str(pylmer.logLik(fit)),
    "fixef": lambda fit: str(pylmer.fixef(fit)),
}
SEVEN_DIGITS: dict[str, Text] = {
    "ranef": lambda fit: str(pylmer.ranef(fit)),
    "coef": lambda fit: str(pylmer.coef(fit)),
    "se_coef": lambda fit: str(pylmer.se_coef(fit)),
    "se_fixef": lambda fit: str(pylmer.se_fixef(fit)),
    "sigma_hat": lambda fit: str(pylmer.sigma_hat(fit)),
    "rePCA": lambda fit: str(pylmer.rePCA(fit)),
    "pca": lambda fit: str(pylmer.summary(pylmer.rePCA(fit))),
    "print7": lambda fit: print_fit(fit, digits=7),
    "digits6": lambda fit: pylmer.summary(fit, ddf="lme4").to_string(digits=6, correlation=len(fit.beta) < 13),
}
DISPLAYS: dict[str, Text] = {
    "display": lambda fit: str(pylmer.display(fit)),
    "detail": lambda fit: str(pylmer.display(fit, detail=True)),
    "display4": lambda fit: str(pylmer.display(fit, digits=4)),
}


def cases(kinds: dict[str, Text]) -> list[tuple[int, str]]:
    return [(i, kind) for i, page in enumerate(PAGES) for kind in kinds if page.get(kind) is not None]


@pytest.mark.parametrize(("i", "kind"), cases(AS_PRINTED))
def test_page(i: int, kind: str) -> None:
    ours, theirs = without_singular(AS_PRINTED[kind](fitted(i))), lines(as_2x(PAGES[i][kind]))
    assert ours == theirs or same_up_to_rounding(ours, theirs), "\n".join(ours)


@pytest.mark.parametrize(("i", "kind"), cases(SEVEN_DIGITS))
def test_seven_digits(i: int, kind: str) -> None:
    ours, theirs = without_singular(SEVEN_DIGITS[kind](fitted(i))), lines(as_2x(PAGES[i][kind]))
    assert same_numbers(ours, theirs, 5e-6), "\n".join(ours)


@pytest.mark.parametrize(("i", "kind"), cases(DISPLAYS))
def test_display(i: int, kind: str) -> None:
    ours, theirs = DISPLAYS[kind](fitted(i)).split("\n"), PAGES[i][kind]
    assert ours == theirs or same_up_to_rounding(ours, theirs, 1e-7 if i == BIG else 0.0), "\n".join(ours)


def test_a_list_ends_with_a_blank_line() -> None:
    """se.ranef of arm is what se.coef (test_seven_digits) has beside the fixed effects, in a list of its own."""
    whole, part = str(pylmer.se_coef(fitted(0))), str(pylmer.se_ranef(fitted(0)))
    assert part.startswith("$Subject\n")
    assert part.endswith("\n")
    assert whole.endswith(f"\n\n{part}")
