"""Structures of covariance: unstructured, diagonal, compound symmetry, autoregressive.

In: parameters as the user knows them.
Out: points in charts, templates, derivatives.
Must not know: sums, rows, criteria.
"""
