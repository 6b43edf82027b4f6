"""The words that fit: `lmer`, `lm`, `lmList`, `refit`; and the classes they return, with their words bound.

In: a formula and data.
Out: fits.
Must not know: how a fit is found or printed.
"""
