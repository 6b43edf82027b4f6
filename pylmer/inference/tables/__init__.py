"""Several fits side by side in one table, as reports show them.

In: fits.
Out: a record of estimates, tests and fit statistics.
Must not know: how anything is printed or drawn.
"""
