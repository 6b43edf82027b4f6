"""Small kernels that any numerical code may use: linear algebra, stacks of small matrices, distributions, rank.

In: arrays.
Out: arrays.
Must not know: models, sums, data frames.
"""
