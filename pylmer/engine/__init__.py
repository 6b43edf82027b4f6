"""Rows -> sums -> factorization -> criterion -> optimum: numbers only.

In: arrays of rows, codes and structures of random terms.
Out: the optimum with its score, information and certificate.
Must not know: formulas, labels, pandas, printing.
"""
