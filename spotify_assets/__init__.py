"""Listening analytics that count right: raw Spotify files to a skip model, as Dagster assets over DuckDB.

Importing this package reads no file, opens no connection and takes no lock; `definitions.build_defs`
does the wiring.
"""
