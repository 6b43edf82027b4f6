"""Tests of linear combinations of the fixed effects.

In: a fit and a hypothesis matrix.
Out: t and F tests.
Must not know: printing.
"""
