"""What listening says beyond counts: what is unusual about it, what the weather did, what making it costs.

Here belongs: pure functions on Polars frames, and the rules by which something counts as found. Not here: the
skip model (`skip`), where rows come from (`warehouse`) or when (`automation`).
"""
