"""Dagster assets: thin, one module per layer.

Here belongs: keys, dependencies, partition mappings and a few lines per asset that call a function.
Not here: what that function does (`sources`, `transforms`, `skip`), how rows are stored (`warehouse`), or
when assets run (`automation`).
"""
