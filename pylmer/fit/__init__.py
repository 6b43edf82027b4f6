"""Request -> design -> sums -> engine -> criterion -> optimum -> fit: the spine is `fitting.fit`.

In: what `lmer` was asked.
Out: `FittedModel`, the record of a fit.
Must not know: words that read a fit, printing.
"""
