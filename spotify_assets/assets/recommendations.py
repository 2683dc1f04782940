"""ML layer: what each listener may want to hear, and how good such lists are. Not here: how (`recommend`).

Of a range of cut-offs the newest `SPOTIFY_LADDER_CUTOFFS` are made, as of the skip ladder.
"""

from datetime import date, timedelta
from typing import TYPE_CHECKING, cast

import dagster as dg
import polars as pl

from spotify_assets.assets.cutoffs import beside_stored, newest_cutoffs, own_tables
from spotify_assets.assets.spec import LAST, asset_out, partitioned, reads
from spotify_assets.lake.exclusions import read_exclusions
from spotify_assets.partitions import AS_OF, lookback
from spotify_assets.rows.window import Window
from spotify_assets.settings import Settings
from spotify_assets.tables import RECOMMENDATION_QUALITY, RECOMMENDATIONS
from spotify_assets.warehouse.io_manager import Storage
from spotify_assets.warehouse.lookback import tracks_heard
from spotify_assets.warehouse.reader import TableReader
from spotify_assets.warehouse.slices import Slices

if TYPE_CHECKING:
    from spotify_assets.recommend.ladder import Told

TABLES = (RECOMMENDATIONS, RECOMMENDATION_QUALITY)


def recommendation_assets(settings: Settings) -> list[dg.AssetsDefinition]:
    """The asset that recommends."""
    window_days = settings.training_days + settings.test_days

    @dg.multi_asset(
        name="recommend",
        outs={table.name: asset_out(table) for table in TABLES},
        ins={
            "listening_events": reads("core.listening_events", lookback(settings, window_days - 1)),
            "tracks": reads("core.tracks", AS_OF),
        },
        **partitioned(settings),
        op_tags=LAST,
    )
    def recommend(
        context: dg.AssetExecutionContext,
        listening_events: TableReader,
        tracks: TableReader,
        warehouse: dg.ResourceParam[Storage],
    ) -> tuple[Slices, Slices]:
        cutoffs = newest_cutoffs(context, listening_events, settings.ladder_cutoffs)
        made = [_of_cutoff(context, settings, listening_events, tracks, day) for day in cutoffs.made.values()]
        slices = beside_stored(context, own_tables(warehouse, TABLES), cutoffs, made)
        return cast("tuple[Slices, Slices]", slices)

    return [recommend]


def _of_cutoff(
    context: dg.AssetExecutionContext,
    settings: Settings,
    events: TableReader,
    tracks: TableReader,
    cutoff: date,
) -> dict[str, pl.DataFrame]:
    """The lists of a cut-off and their quality; nothing of what there is too little listening for."""
    from spotify_assets.recommend.ladder import TooLittleListening, judge, learn  # noqa: PLC0415
    from spotify_assets.recommend.lists import recommendations  # noqa: PLC0415
    from spotify_assets.recommend.report import quality_rows  # noqa: PLC0415
    from spotify_assets.skip.sampling import training_and_test  # noqa: PLC0415

    windows = training_and_test(cutoff, training_days=settings.training_days, test_days=settings.test_days)
    training, test = windows
    then = _told(events, tracks, windows, as_of=training.end - timedelta(days=1))
    now = _told(events, tracks, windows, as_of=cutoff)
    made: dict[str, pl.DataFrame] = {}
    try:
        rules = read_exclusions(settings.exclusions_path)
        learnt = learn(now, test.end, test_days=settings.test_days)
        made[RECOMMENDATIONS.name] = recommendations(now, learnt, rules, cutoff)
        learnt = learn(then, test.start, test_days=settings.test_days)
        judged = judge(then, learnt, test)
        made[RECOMMENDATION_QUALITY.name] = quality_rows(judged, learnt, cutoff=cutoff, windows=windows)
    except TooLittleListening as too_little:
        context.log.warning(f"Cut-off {cutoff}: {too_little}")
    return made


def _told(events: TableReader, tracks: TableReader, windows: tuple[Window, Window], as_of: date) -> "Told":
    """The listening of both windows and before, with the catalogue as of a day."""
    from spotify_assets.recommend.ladder import Told  # noqa: PLC0415
    from spotify_assets.recommend.listening import NEEDED_OF_PLAYS, NEEDED_OF_TRACKS  # noqa: PLC0415
    from spotify_assets.transforms.features import is_music  # noqa: PLC0415

    training, test = windows
    columns = [*NEEDED_OF_PLAYS, "outcome", "action", "content_type"]
    rows = events.read(Window(training.start, test.end), columns).filter(is_music())
    known = tracks.as_of(Window(as_of, as_of + timedelta(days=1)), "track_id", [*NEEDED_OF_TRACKS, *_NAMES])
    # Tables have no order, and sums of fractions depend on one.
    return Told(
        plays=rows.select(*NEEDED_OF_PLAYS, "outcome").drop_nulls("track_id").sort(pl.all()),
        known=tracks_heard(events, training.start).sort(pl.all()),
        tracks=known.sort("track_id"),
    )


_NAMES = ("track_name", "primary_artist_name")
