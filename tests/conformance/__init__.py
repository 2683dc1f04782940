"""Tests by the makers of our dependencies, for what our classes derive from; `make test-conformance`."""
