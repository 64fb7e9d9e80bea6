"""Figures of speed and memory on the machine at hand: `python -m benchmarks`."""
