"""Tests that the makers of our dependencies wrote for what our classes derive from; `make test-conformance`."""
