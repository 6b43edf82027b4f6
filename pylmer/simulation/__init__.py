"""Responses and parameters drawn from a fit.

In: a fit and a seed.
Out: simulated responses, posterior draws.
Must not know: tests, printing.
"""

from . import formulas, generalized, generalized_posterior

__all__ = ["formulas", "generalized", "generalized_posterior"]
