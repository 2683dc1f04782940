"""Tests mirror the package; `benchmarks/` measures."""
