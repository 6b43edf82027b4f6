"""The search for the minimum, and the proof that it is one.

In: a criterion and where to begin.
Out: the optimum, its course, its certificate.
Must not know: labels, formulas, printing.
"""
