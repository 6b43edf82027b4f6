"""The families by their names, each with the links it has."""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches
from typing import Any

from ..errors import ArgumentError
from .binomial import Binomial
from .continuous import GammaFamily, Gaussian, InverseGaussian
from .counts import NegativeBinomial, Poisson, check_theta
from .links import Identity, Inverse, InverseSquare, Link, Log, Sqrt
from .probability_links import Cauchit, Cloglog, Logit, Probit

Links = Mapping[str, Any]


def _by_name(*links: Link) -> Links:
    return {link.name: link for link in links}


LINKS: Mapping[str, Links] = {  # the first is the default
    "binomial": _by_name(Logit(), Probit(), Cloglog(), Cauchit(), Log()),
    "poisson": _by_name(Log(), Sqrt(), Identity()),
    "Gamma": _by_name(Inverse(), Log(), Identity()),
    "inverse.gaussian": _by_name(InverseSquare(), Inverse(), Log(), Identity()),
    "gaussian": _by_name(Identity(), Log(), Inverse()),
    "negative.binomial": _by_name(Log(), Sqrt(), Identity()),
}


def find_link(family: str, name: object) -> Any:
    """The link of a family by its name; ArgumentError that lists them."""
    links = LINKS[family]
    if isinstance(name, str) and name in links:
        return links[name]
    near = get_close_matches(name.lower(), links, n=1) if isinstance(name, str) else []
    hint = f"; did you mean {near[0]!r}?" if near else ""
    raise ArgumentError(f"{family} has no link {name!r}: it has {', '.join(links)}{hint}")


def binomial(link: str = "logit") -> Binomial:
    """Proportions y of successes in w trials, 0/1 included.

    link  "logit", "probit", "cloglog" (complementary log-log), "cauchit" or "log"; ArgumentError for another

    >>> binomial("cloglog").mu(0.0).round(4).item()
    0.6321
    """
    return Binomial(find_link("binomial", link))


def poisson(link: str = "log") -> Poisson:
    """Counts with variance mu.

    link  "log", "sqrt" or "identity"; ArgumentError for another

    >>> poisson().variance(3.0).item()
    3.0
    """
    return Poisson(find_link("poisson", link))


def Gamma(link: str = "inverse") -> GammaFamily:
    """Positive values with variance phi mu^2: a constant coefficient of variation.

    link  "inverse", "log" or "identity"; ArgumentError for another

    >>> Gamma("log").canonical
    False
    """
    return GammaFamily(find_link("Gamma", link))


def inverse_gaussian(link: str = "1/mu^2") -> InverseGaussian:
    """Positive values with variance phi mu^3.

    link  "1/mu^2", "inverse", "log" or "identity"; ArgumentError for another

    >>> inverse_gaussian().name
    'inverse.gaussian'
    """
    return InverseGaussian(find_link("inverse.gaussian", link))


def gaussian(link: str = "identity") -> Gaussian:
    """Values with variance phi.

    link  "identity", "log" or "inverse"; ArgumentError for another

    >>> gaussian("log").has_scale
    True
    """
    return Gaussian(find_link("gaussian", link))


def negative_binomial(theta: float, link: str = "log") -> NegativeBinomial:
    """Counts with variance mu + mu^2 / theta, theta known.

    theta  the shape, above 0
    link   "log", "sqrt" or "identity"; ArgumentError for another, and for a theta that is no such number

    >>> negative_binomial(2).name, negative_binomial(2).variance(4.0).item()
    ('Negative Binomial(2)', 12.0)
    """
    return NegativeBinomial(find_link("negative.binomial", link), check_theta(theta))
