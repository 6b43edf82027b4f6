"""The sweep: every public word, every parameter, and whatever may be given for it (tests/test_sweep.py, benchmarks/sweep.py)."""
