"""Denominator degrees of freedom: Satterthwaite, Kenward-Roger.

In: a fit.
Out: degrees of freedom, adjusted covariances.
Must not know: what they are used for.
"""
