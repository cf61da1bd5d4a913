"""Benchmarks: what the targets of the design cost, measured. `python -m bench` runs all of them."""
