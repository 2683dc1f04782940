"""Asset checks, generated from the table catalogue.

Here belongs: which checks a table has, and how they appear in Dagster. Not here: the rules themselves
(`tables`) and their SQL (`warehouse.audit`), which the write path evaluates before anything is stored.
dbt's own tests become checks in `assets.dbt`.
"""
