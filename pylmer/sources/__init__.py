"""Rows from anywhere -> sums: files, tables of other libraries, batches that never were in memory together.

In: a formula, and a table that can be read again and again, or parts of one, here or on other machines.
Out: `ModelPlan` (what every part is read by), `PlanSums` (sums that add, with their labels and facts), and of these the
     meaning of a model and its Gram.
Must not know: criteria, fits, printing.
"""
