"""Pure functions on Polars frames: from raw rows to clean tables, metrics and features.

Here belongs: rules about the data, written for one slice of rows at a time. Not here: reading and writing
(`sources`, `warehouse`), partitions and their grain (`partitions`). Nothing here imports Dagster.
"""
