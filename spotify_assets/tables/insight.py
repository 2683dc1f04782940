"""Tables of what listening says beyond counts: what is unusual about it."""

from dataclasses import replace

from spotify_assets.tables.fields import USER_ID
from spotify_assets.tables.model import Expectation, Table, count, day, moment, text

UNUSUAL_KINDS = (
    "sleep_loop",
    "borrowed_account",
    "unlike_taste",
    "machine_like",
    "source_gap",
    "source_burst",
)

UNUSUAL_LISTENING = Table(
    schema="ml",
    name="unusual_listening",
    grain="one row per episode of unusual listening and date",
    description="Listening that is probably not the listener's own, or nobody's, and what the source itself made or left out. What crosses midnight (UTC) has a row for each date. A playback is of one kind at most.",
    partition_column="event_date",
    key=("unusual_id",),
    expectations=(
        Expectation(
            "nothing_unusual",
            "true",
            "Nothing is unusual about the listening; `spotify-assets unusual` shows what is, and keeps it out.",
        ),
    ),
    columns=(
        text("unusual_id", "The episode on this date, by which commands name it."),
        day("event_date", "UTC date on which its playbacks ended; of a silence, on which it ended."),
        text("kind", "What it is, see docs/definitions.md.", accepted=UNUSUAL_KINDS),
        text(
            "sign",
            "What gave it away: track, album or artist (sleep_loop); two_devices or journey (borrowed_account); taste; cut_streams or round_the_clock (machine_like); silence; at_once.",
        ),
        replace(
            USER_ID, nullable=True, description="Listener, as a pseudonym; null where it is the source's."
        ),
        text("source", "Where the playbacks came from."),
        moment("started_at", "UTC moment its first playback of the date started, or the silence began."),
        moment("ended_at", "UTC moment its last playback of the date ended, or the silence did."),
        text(
            "device", "The device that is not the listener's own, where that is what is unusual.", null=True
        ),
        count("playbacks", "Its playbacks of the date; 0 of a silence."),
        count("ms_played", "Milliseconds heard in them."),
        text("says", "What is unusual, in words."),
        text("rule_version", "Version of the rules that found it."),
    ),
)
