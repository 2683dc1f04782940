"""Unusual listening: what somebody else's ears, nobody's ears or the source itself made.

Here belongs: the rule of each kind, a module each, and `find`, which puts them together; what the kinds are
stands in `docs/definitions.md`. Not here: what becomes of a find; a person decides, by an exclusion rule.
"""
