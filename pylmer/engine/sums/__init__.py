"""Rows -> cross-products of [Z X y], formed once.

In: rows (X, y, weights, codes, Z).
Out: `Gram`: sums in scaled coordinates.
Must not know: covariances and criteria.
"""
