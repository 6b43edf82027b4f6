"""Crossed scalar factors whose remainder is never formed: conjugate gradients and probes in place of a factorization.

In: the sums of crossed scalar factors, templates, a seed.
Out: what the dense remainder gives; all that is linear in the response to rounding, traces and the log determinant with
a Monte-Carlo error that is known.
Must not know: labels, formulas, how the templates are searched for.
"""
