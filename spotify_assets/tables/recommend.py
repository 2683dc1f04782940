"""Tables of the schema `ml` about recommendations: what is recommended, and how good that is."""

from spotify_assets.tables.fields import TRACK, USER_ID, required
from spotify_assets.tables.ml import CUTOFF_DATE, TRAINING_WINDOW, measure
from spotify_assets.tables.model import OwnCheck, Table, count, number, share, text

TASKS = ("next", "new")
_TASK = text(
    "task",
    "next: what the listener plays next, repeats among it. new: what they have not heard yet.",
    accepted=TASKS,
)

NOTHING_HEARD = OwnCheck("nothing_heard", "What is recommended as new was never played before the cut-off.")
NOTHING_EXCLUDED = OwnCheck(
    "nothing_excluded", "No track is recommended that a rule of the exclusions keeps out as such."
)
NOTHING_LATER = OwnCheck("nothing_later", "What was judged on came after what was learnt from.")
NO_WORSE = OwnCheck(
    "no_worse_than_baseline",
    "The blend is not worse than the plain rung of its task: NDCG@10 of personal popularity for next, "
    "recall@20 of popularity for new.",
    warns=True,
)

RECOMMENDATIONS = Table(
    schema="ml",
    name="recommendations",
    grain="one row per cut-off, listener, task and rank",
    description="What each listener is likely to play next and what is new to them, by all that was played up to the cut-off.",
    partition_column="cutoff_date",
    key=("cutoff_date", "user_id", "task", "rank"),
    own_checks=(NOTHING_HEARD, NOTHING_EXCLUDED),
    columns=(
        CUTOFF_DATE,
        required(USER_ID),
        _TASK,
        count("rank", "Place in the list, from 1.", minimum=1),
        required(TRACK),
        number("score", "The blend's log-odds of a play, up to a constant per list."),
        text("reason", "What speaks for the track most, in words."),
    ),
)

RECOMMENDATION_QUALITY = Table(
    schema="ml",
    name="recommendation_quality",
    grain="one row per cut-off, task and rung",
    description="How well each way to rank tracks told what was played in the days before the cut-off, from the days before these.",
    partition_column="cutoff_date",
    key=("cutoff_date", "task", "rung"),
    own_checks=(NOTHING_LATER, NO_WORSE),
    columns=(
        CUTOFF_DATE,
        _TASK,
        count("step", "Place in the ladder, from 1.", minimum=1),
        text(
            "rung",
            "How tracks are ranked.",
            accepted=("popularity", "personal", "neighbours", "factors", "content", "blend"),
        ),
        text("rule_version", "Version of the rungs, their parameters and the requests."),
        *TRAINING_WINDOW,
        count("listeners", "Listeners that the rung was judged on.", minimum=1),
        count(
            "requests", "Lists that it was judged on: per session for next, per listener for new.", minimum=1
        ),
        count("tracks", "Tracks that it could choose from.", minimum=1),
        *measure("recall_10", "Share of the tracks that were played that are among the first 10.", 1),
        *measure("recall_20", "Share of the tracks that were played that are among the first 20.", 1),
        *measure("ndcg_10", "NDCG of the first 10.", 1),
        *measure("mrr", "Mean of one divided by the rank of the first track that was played.", 1),
        share("coverage", "Share of the tracks that are among the first 10 of any list."),
        *measure("novelty", "Mean surprise of the first 10, bits: -log2 of the share of all plays."),
        number(
            "popularity_bias",
            "How many bits less surprising the first 10 are than what the listener plays.",
        ),
        text("insight", "What the rung says, in words."),
    ),
)
