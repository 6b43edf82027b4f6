"""The functions that are minimized: deviance, REML criterion, their score and information.

In: a factorization.
Out: value, score, information.
Must not know: how a minimum is searched.
"""
