"""Tables as R's broom gives them: tidy, glance, augment.

In: a fit.
Out: data frames.
Must not know: printing.
"""
