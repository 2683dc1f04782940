"""How listening goes with the weather, the light and the season.

Here belongs: where the sun stands, and the statistics. Not here: where weather comes from (`weather`).
"""
