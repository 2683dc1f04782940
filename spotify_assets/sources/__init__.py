"""Readers: one outside format each, to a canonical frame and the rows that were refused.

Here belongs: recognising a format, its dialects and its dirt. Not here: judging whether a well-formed row
makes sense (`transforms`), or where files live (`lake`). Nothing here imports Dagster.
"""
