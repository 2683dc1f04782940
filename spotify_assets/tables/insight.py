"""Tables of what listening says beyond counts: what is unusual about it, and what the weather did."""

from dataclasses import replace

from spotify_assets.tables.fields import USER_ID
from spotify_assets.tables.model import Expectation, Table, count, day, flag, moment, number, share, text

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

WEATHER_HOURS = Table(
    schema="core",
    name="weather_hours",
    grain="one row per declared place and hour",
    description="The weather at the places that listeners declared, from Open-Meteo's archive, with the light by the sun's position. Empty where nobody declared one.",
    partition_column="event_date",
    key=("place_id", "hour_starts_at"),
    columns=(
        text("place_id", "The place: latitude and longitude to the hundredth of a degree."),
        text("place_name", "Its name, and the country that it stands for where only that was declared."),
        flag("is_of_country", "Whether it is a town that stands for a country."),
        number("latitude", "Degrees north.", minimum=-90, maximum=90),
        number("longitude", "Degrees east.", minimum=-180, maximum=180),
        moment("hour_starts_at", "UTC moment at which the hour begins."),
        day("event_date", "UTC date of the hour."),
        number("temperature_c", "Degrees Celsius two metres above the ground.", minimum=-95, maximum=65),
        number("rain_mm", "Millimetres of rain and melted snow that fell in the hour before.", minimum=0),
        number("cloud_cover", "Per cent of the sky.", null=True, minimum=0, maximum=100),
        flag("is_daylight", "Whether the sun is up in the middle of the hour."),
    ),
)

_COMPARED = (
    "core.weather_hours.rain_mm",
    "core.weather_hours.temperature_c",
    "core.weather_hours.is_daylight",
    "core.listening_events.ms_played",
)
WEATHER_EFFECTS = Table(
    schema="core",
    name="weather_effects",
    grain="one row per listener, condition and measure",
    description="How listening goes with rain, temperature, daylight and season, over all days of a listener: what is more or less of a measure under a condition, with intervals that draw whole blocks of days, adjusted for the number of questions.",
    key=("user_id", "condition", "measure"),
    columns=(
        USER_ID,
        text(
            "condition",
            "rain, temperature, daylight or season.",
            accepted=("rain", "temperature", "daylight", "season"),
        ),
        text(
            "measure",
            "valence, energy or tempo of what is played, minutes heard in an hour, or skip_rate.",
            accepted=("valence", "energy", "tempo", "minutes", "skip_rate"),
        ),
        text("compares", "What the estimate is the difference between."),
        count("hours", "Clock hours that were compared.", of=_COMPARED),
        count("blocks", "Blocks of days, or seasons, that they are in.", of=_COMPARED),
        number("mean", "Mean of the measure over these hours.", of=_COMPARED, null=True),
        number(
            "estimate",
            "Difference in the measure, between hours of one month and one local hour of the day; null where there is too little to compare.",
            of=_COMPARED,
            null=True,
        ),
        number("ci_low", "Lower end of its 95 % interval.", of=_COMPARED, null=True),
        number("ci_high", "Upper end of its 95 % interval.", of=_COMPARED, null=True),
        share("p_value", "Two-sided p-value.", of=_COMPARED, null=True),
        share(
            "adjusted_p_value",
            "The same, adjusted for the number of questions (Benjamini and Hochberg).",
            of=_COMPARED,
            null=True,
        ),
        flag("is_positive", "Whether it is below 0.05.", of=_COMPARED),
        text("rule_version", "Version of the rules of comparison."),
    ),
)
