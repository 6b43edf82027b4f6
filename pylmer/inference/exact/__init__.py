"""The exact restricted likelihood ratio test of one variance (Crainiceanu & Ruppert 2004).

In: fits with and without the term.
Out: a test by simulation.
Must not know: printing.
"""
