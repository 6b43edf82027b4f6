"""Generalized linear mixed models: Laplace and Gauss-Hermite criteria, exact scores, the joint Newton.

In: rows, a family, structures of covariance.
Out: the optimum over (theta, beta), with its proof.
Must not know: labels, formulas, printing.
"""
