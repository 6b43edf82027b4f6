"""The likelihood profile: `parameters` names what is profiled, `paths` walks, `curves` keeps, `profiling` is the word.

In: a fit and names of parameters.
Out: profiles and their limits.
Must not know: printing, plots.
"""
