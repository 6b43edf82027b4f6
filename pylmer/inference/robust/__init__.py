"""Cluster-robust covariances and tests, as R's clubSandwich.

In: a fit and clusters.
Out: covariances, t and F tests.
Must not know: printing.
"""
