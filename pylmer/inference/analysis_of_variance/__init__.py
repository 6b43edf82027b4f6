"""Tables of tests: anova, Anova, drop1, ranova, step.

In: one fit or several.
Out: tables that print as R's.
Must not know: printing.
"""
