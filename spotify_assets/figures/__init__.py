"""Every number that people are shown: questions to the published copy, answered as Polars frames.

Here belongs: SQL over marts, core and ml tables, one function per question, the same for dashboard, recap and
asset metadata, and the glossary of what the numbers mean. Not here: pictures (`charts`), pages (`dashboard`),
and numbers that a mart should have.
"""
