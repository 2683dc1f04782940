"""Recommendations: which tracks a listener will play next, and which new ones they will like.

Here belongs: the ladder of ways to rank tracks, what they learn from, how they are judged, and the reason for
each track in words. Not here: where listening is read from and lists are written to (`assets`, `cli`), nor
what generated listeners truly like (`generator`).
"""
