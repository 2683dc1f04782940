"""What the figures of one listener read, made once: the SQL of temporary tables, each a file beside this one.

`listens` are the listener's playbacks that began in the asked or the compared period, with what the
catalogue knows of their track; `track_id` is the one that stands for the recording, `heard_track_id` the one
that was played. `history` is all of their playbacks up to the end of the asked period, `streamed` what was
streamed of it on each date, `told_until` the last date of the asked period that is known, `stretches` the
stretches of time that a story looks at. All read `periods`, and each may read those before it; `listens` is
made period by period. Beside them, `recommended` is what is recommended to the listener at the newest cut-
off.
"""

from spotify_assets.figures.figure import sql_beside

STEPS = (
    *("listener", "calendar", "listens", "hours", "first_streams", "extras", "streaks", "rankings"),
    *("told_until", "history", "streamed", "stretches"),
)
"""The tables, in the order in which they are made."""


def step_sql(name: str) -> str:
    """The query that gives a table."""
    return sql_beside(__file__, name)
