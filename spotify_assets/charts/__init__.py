"""Pictures: a Polars frame in, an Altair chart out; the same ones for asset metadata, dashboard and recap.

Here belongs: what a picture shows and how, and the look that all share (`theme`). Not here: SQL, numbers
computed from data, and anything that knows where the picture will stand. Altair is imported inside functions,
so that whatever can draw starts as fast as what cannot.
"""
