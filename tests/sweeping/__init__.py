"""The sweep: every public word and parameter, and whatever may be given (tests/test_sweep.py, benchmarks/sweep.py)."""
