"""The served warehouse: the marts in a Postgres, for people and tools that want a server with logins.

Here belongs: what Postgres needs beside the rows (types, keys, indexes, comments, roles), how it is brought
up to date from the published copy, and how the usual questions are asked of it. Not here: what the rows are
(dbt) and how the copy itself is made (`warehouse`).
"""
