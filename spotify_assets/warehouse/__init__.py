"""The warehouse: one DuckDB file, how it is written, read, audited and published.

Here belongs: connections, transactions, slices, the IO manager and the published copy. Not here: what the
rows mean (`transforms`, `skip`), which partitions exist (`partitions`). Nothing outside this package may
assume that the warehouse is one file.
"""
