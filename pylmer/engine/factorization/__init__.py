"""Sums and templates -> the factorization of V and what is solved with it.

In: `Gram` and one template per random term.
Out: log|V|, quadratic forms, conditional modes, leverages.
Must not know: criteria, optimizers, rows (but for the dense oracle).
"""
