"""Whole tables as pages: texts in a grid, and the grid as text, HTML, LaTeX, Markdown, and for great_tables.

In: records of tables.
Out: text.
Must not know: how the numbers are found.
"""
