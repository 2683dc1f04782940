"""The dbt project: its drift from the catalogue, its numbers, its incremental loads."""
