"""Rows from anywhere -> sums: files, tables of other libraries, batches that never were in memory together.

In: a formula, and a table that can be read again and again, or parts of one, here or on other machines.
Out: `ModelPlan` (what every part is read by), `PlanSums` (sums that add, with their labels and facts), and of these the
     meaning of a model and its Gram.
Two ways: rows in batches through the design code (`plan`, `tally`), and, where an engine holds the rows and the formula
can be said in its words (`sayable`, `spoken`), sums of cells by GROUP BY (`cells`), coded afterwards by the same design
code (`coded_cells`, `cell_sums`); `by_cells` is that path as a whole. A plan goes one way only.
Must not know: criteria, fits, printing.
"""
