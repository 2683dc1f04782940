"""Tests that the makers of our dependencies wrote for what ours derives from; `make test-conformance`."""
