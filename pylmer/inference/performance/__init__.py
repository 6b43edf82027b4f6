"""Fits side by side by their indices: information criteria, explained variance, errors of prediction.

In: fits.
Out: a table with a row for each, and weights.
Must not know: how anything is printed or drawn.
"""
