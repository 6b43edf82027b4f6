"""Least squares beside the mixed model: one regression, or one for each group.

In: a request and rows.
Out: `LinearFit`, `LinearFits`.
Must not know: random effects, printing.
"""
