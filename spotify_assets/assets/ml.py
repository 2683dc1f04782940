"""ML layer: features, the skip models and what they show. Not here: how models are fitted (`skip`).

A range of cut-offs is one run. A person's history has thousands of them, so a run models its newest ones and
leaves what it finds for the others: the readable skip model, which takes a tenth of a second, for
`SPOTIFY_MODEL_CUTOFFS`; the ladder, the survival curves and the registry, which take seconds, for
`SPOTIFY_LADDER_CUTOFFS`. A single partition, as of the daily schedule, always gets them, and a history of
them is a backfill with the settings raised.

All of them come last in a run: no mart is made from a model, and people need not wait for one.
"""

from collections.abc import Callable, Sequence
from datetime import date, timedelta
from typing import TYPE_CHECKING, cast

import dagster as dg
import polars as pl

from spotify_assets.assets.cutoffs import Cutoffs, beside_stored, newest_cutoffs, own_tables, stored_rows
from spotify_assets.assets.recommendations import recommendation_assets
from spotify_assets.assets.spec import IO_MANAGER, LAST, asset_out, made_anywhere, partitioned, reads
from spotify_assets.partitions import AS_OF, lookback, windows
from spotify_assets.rows.share import HashedShares
from spotify_assets.rows.window import Window
from spotify_assets.settings import Settings
from spotify_assets.tables import (
    FEATURE_DRIFT,
    MODEL_FEATURES,
    MODEL_REGISTRY,
    POPULARITY_COEFFICIENTS,
    POPULARITY_MODEL,
    SKIP_CURVES,
    SKIP_FLAG_AGREEMENT,
    SKIP_LADDER,
    SKIP_LADDER_COEFFICIENTS,
    SKIP_MODEL,
    SKIP_MODEL_COEFFICIENTS,
    SKIP_PREDICTIONS,
    SKIP_SURVIVAL,
)
from spotify_assets.transforms.features import EVENT_COLUMNS, HISTORY_DAYS, TRACK_COLUMNS, first_start
from spotify_assets.transforms.features import model_features as features_of
from spotify_assets.warehouse.io_manager import Storage
from spotify_assets.warehouse.lookback import ListeningHistory
from spotify_assets.warehouse.reader import TableReader
from spotify_assets.warehouse.slices import Slices, joined

if TYPE_CHECKING:
    from spotify_assets.skip.model import SkipModel
    from spotify_assets.skip.training import Registry, Rows

LADDER_TABLES = (
    SKIP_LADDER,
    SKIP_LADDER_COEFFICIENTS,
    FEATURE_DRIFT,
    SKIP_CURVES,
    SKIP_PREDICTIONS,
    POPULARITY_MODEL,
    POPULARITY_COEFFICIENTS,
    MODEL_REGISTRY,
)
SURVIVAL_TABLES = (SKIP_SURVIVAL, SKIP_FLAG_AGREEMENT)
LadderSlices = tuple[Slices, Slices, Slices, Slices, Slices, Slices, Slices, Slices]
"""Slices of each of `LADDER_TABLES`; Dagster wants every one of them in the annotation."""
PLOTS = "plots"
"""Folder below the published tables for the newest cut-off's plots: Vega-Lite and PNG."""


def ml_assets(settings: Settings) -> list[dg.AssetsDefinition]:
    """The assets that learn."""
    window_days = settings.training_days + settings.test_days

    @dg.asset(
        **made_anywhere(MODEL_FEATURES),
        **partitioned(settings),
        op_tags=LAST,
        io_manager_key=IO_MANAGER,
        ins={
            "listening_events": reads("core.listening_events", lookback(settings, HISTORY_DAYS)),
            "tracks": reads("core.tracks", AS_OF),
        },
    )
    def model_features(
        context: dg.AssetExecutionContext, listening_events: TableReader, tracks: TableReader
    ) -> Slices:
        def features(window: Window, listened: TableReader = listening_events) -> pl.DataFrame:
            events = listened.read(window, EVENT_COLUMNS)
            started = Window(min(first_start(events) or window.start, window.start), window.end)
            return features_of(
                events,
                ListeningHistory(listened, window),
                tracks.as_of(started, "track_id", TRACK_COLUMNS),
            )

        days = windows(context)
        return Slices.of(
            days,
            features,
            rows=listening_events.rows_per_date(joined(days)),
            make_shares=lambda window, of: (
                features(window, events)
                for events in listening_events.in_shares(
                    Window(window.preceding(HISTORY_DAYS + 1).start, window.end),
                    HashedShares("user_id", of),
                    EVENT_COLUMNS,
                )
            ),
        )

    @dg.multi_asset(
        name="skip_model",
        outs={t.name: asset_out(t) for t in (SKIP_MODEL, SKIP_MODEL_COEFFICIENTS)},
        ins={"model_features": reads("ml.model_features", lookback(settings, window_days - 1))},
        **partitioned(settings),
        op_tags=LAST,
    )
    def skip_model(
        context: dg.AssetExecutionContext,
        model_features: TableReader,
        warehouse: dg.ResourceParam[Storage],
    ) -> tuple[Slices, Slices]:
        from spotify_assets.assets.plots import skip_model_summary  # noqa: PLC0415
        from spotify_assets.skip.report import skip_model_coefficients  # noqa: PLC0415

        cutoffs = newest_cutoffs(context, model_features, settings.model_cutoffs)
        with warehouse.door.held():
            models = [_train(context, settings, model_features, day) for day in cutoffs.made.values()]
        trained = [model for model in models if model]
        if trained:
            context.add_output_metadata(_shown(trained[-1]), output_name=SKIP_MODEL.name)
        rows = [
            {
                SKIP_MODEL.name: skip_model_summary(model),
                SKIP_MODEL_COEFFICIENTS.name: skip_model_coefficients(model),
            }
            for model in trained
        ]
        own = own_tables(warehouse, (SKIP_MODEL, SKIP_MODEL_COEFFICIENTS))
        return cast("tuple[Slices, Slices]", beside_stored(context, own, cutoffs, rows))

    @dg.multi_asset(
        name="skip_ladder",
        outs={t.name: asset_out(t) for t in LADDER_TABLES},
        ins={
            "model_features": reads("ml.model_features", lookback(settings, window_days - 1)),
            "tracks": reads("core.tracks", AS_OF),
        },
        **partitioned(settings),
        op_tags=LAST,
    )
    def skip_ladder(
        context: dg.AssetExecutionContext,
        model_features: TableReader,
        tracks: TableReader,
        warehouse: dg.ResourceParam[Storage],
    ) -> LadderSlices:
        cutoffs = newest_cutoffs(context, model_features, settings.ladder_cutoffs)
        own = own_tables(warehouse, LADDER_TABLES)
        first = min(cutoffs.made, default=Window(date.max, date.max)).start
        registry = _registry(TableReader(warehouse.door, MODEL_REGISTRY), before=first)

        def make(cutoff: date) -> "Rows":
            from spotify_assets.skip.training import both  # noqa: PLC0415

            ladder = _ladder(context, settings, model_features, registry, cutoff)
            return both(ladder, _popularity(context, settings, tracks, registry, cutoff))

        return cast("LadderSlices", _made(context, settings, own, cutoffs, make))

    @dg.multi_asset(
        name="skip_survival",
        outs={t.name: asset_out(t) for t in SURVIVAL_TABLES},
        ins={
            "listening_events": reads("core.listening_events", lookback(settings, window_days - 1)),
            "track_genres": reads("core.track_genres", AS_OF),
        },
        **partitioned(settings),
        op_tags=LAST,
    )
    def skip_survival(
        context: dg.AssetExecutionContext,
        listening_events: TableReader,
        track_genres: TableReader,
        warehouse: dg.ResourceParam[Storage],
    ) -> tuple[Slices, Slices]:
        def make(cutoff: date) -> "Rows":
            return _survival(settings, listening_events, track_genres, cutoff)

        cutoffs = newest_cutoffs(context, listening_events, settings.ladder_cutoffs)
        slices = _made(context, settings, own_tables(warehouse, SURVIVAL_TABLES), cutoffs, make)
        return cast("tuple[Slices, Slices]", slices)

    return [model_features, skip_model, skip_ladder, skip_survival, *recommendation_assets(settings)]


def _train(
    context: dg.AssetExecutionContext, settings: Settings, features: TableReader, cutoff: date
) -> "SkipModel | None":
    """The model of one cut-off; None where there is too little data before it."""
    from spotify_assets.skip.model import MODEL_TERMS, NotEnoughData, train_skip_model  # noqa: PLC0415
    from spotify_assets.skip.sampling import sampled, training_and_test  # noqa: PLC0415

    columns = ["event_id", "event_date", "user_id", "is_skip", *MODEL_TERMS]
    both = training_and_test(cutoff, training_days=settings.training_days, test_days=settings.test_days)
    parts = [sampled(features, part, columns, settings.training_sample_rows).rows for part in both]
    try:
        return train_skip_model(
            pl.concat(parts),
            cutoff,
            training_days=settings.training_days,
            test_days=settings.test_days,
        )
    except NotEnoughData as too_little:
        context.log.warning(f"No model for {cutoff}: {too_little}")
        return None


def _shown(model: "SkipModel") -> dict[str, dg.MetadataValue]:
    """What the asset's page shows of a model."""
    from spotify_assets.charts.skips import coefficient_plot  # noqa: PLC0415
    from spotify_assets.charts.theme import in_markdown, to_png  # noqa: PLC0415
    from spotify_assets.skip.insight import insight  # noqa: PLC0415
    from spotify_assets.skip.report import skip_model_coefficients  # noqa: PLC0415

    title = f"Odds of a skip, model of {model.cutoff}"
    picture = to_png(coefficient_plot(skip_model_coefficients(model), title))
    return {
        "insight": dg.MetadataValue.md(insight(model)),
        "coefficients": dg.MetadataValue.md(in_markdown(title, picture)),
        "auc": dg.MetadataValue.float(model.auc),
        "log loss": dg.MetadataValue.float(model.log_loss),
        "log loss of the base rate": dg.MetadataValue.float(model.base_log_loss),
        "accuracy": dg.MetadataValue.float(model.accuracy),
        "accuracy of the majority": dg.MetadataValue.float(model.base_accuracy),
        "pseudo R²": dg.MetadataValue.float(model.pseudo_r2),
    }


def _made(
    context: dg.AssetExecutionContext,
    settings: Settings,
    tables: Sequence[TableReader],
    cutoffs: Cutoffs,
    make: Callable[[date], "Rows"],
) -> tuple[Slices, ...]:
    """Slices in which some cut-offs are made, in order, and the others of the run stay as they are stored."""
    made = {cutoff: make(cutoff) for cutoff in cutoffs.made.values()}
    if made:
        newest = max(made)
        _show(context, settings, tables, made[newest], newest)
    return beside_stored(context, tables, cutoffs, made.values())


def _registry(table: TableReader, *, before: date) -> "Registry":
    """The stored models of cut-offs before a date: those that a run makes again do not count."""
    from spotify_assets.skip.training import ENTRY_COLUMNS, Registry  # noqa: PLC0415

    def read_text(model_id: str) -> str:
        cutoff = date.fromisoformat(model_id.rsplit("/", 1)[1])
        rows = table.read(Window(cutoff, cutoff + timedelta(days=1)), ["model_id", "model"])
        return str(rows.filter(pl.col("model_id") == model_id)["model"].item())

    return Registry(
        entries=lambda: stored_rows(table, Window(date.min, before), ENTRY_COLUMNS), read_text=read_text
    )


def _ladder(
    context: dg.AssetExecutionContext,
    settings: Settings,
    features: TableReader,
    registry: "Registry",
    cutoff: date,
) -> "Rows":
    """The ladder of a cut-off; nothing where there is too little data."""
    from spotify_assets.skip.ladder import TooLittleData  # noqa: PLC0415
    from spotify_assets.skip.registry import FEATURES, IDENTIFIERS, LABEL  # noqa: PLC0415
    from spotify_assets.skip.sampling import sampled, training_and_test  # noqa: PLC0415
    from spotify_assets.skip.training import skip_ladder  # noqa: PLC0415

    split = training_and_test(cutoff, training_days=settings.training_days, test_days=settings.test_days)
    train, test = (
        sampled(features, window, [*IDENTIFIERS, LABEL, *FEATURES], settings.training_sample_rows)
        for window in split
    )
    try:
        return skip_ladder(
            train.rows,
            test.rows,
            registry,
            cutoff=cutoff,
            windows=split,
            sampled_from=train.sampled_from + test.sampled_from,
        )
    except TooLittleData as too_little:
        context.log.warning(f"No ladder for {cutoff}: {too_little}")
        return {}


def _popularity(
    context: dg.AssetExecutionContext,
    settings: Settings,
    tracks: TableReader,
    registry: "Registry",
    cutoff: date,
) -> "Rows":
    """The popularity model of a cut-off; nothing where the catalogue holds too little."""
    from spotify_assets.skip.popularity import NEEDED, TooFewTracks  # noqa: PLC0415
    from spotify_assets.skip.training import popularity_model  # noqa: PLC0415

    known = tracks.as_of(Window(cutoff, cutoff + timedelta(days=1)), "track_id", NEEDED)
    try:
        return popularity_model(known, registry, cutoff=cutoff, most_tracks=settings.training_sample_rows)
    except TooFewTracks as too_few:
        context.log.warning(f"No popularity model for {cutoff}: {too_few}")
        return {}


def _survival(settings: Settings, events: TableReader, track_genres: TableReader, cutoff: date) -> "Rows":
    """The survival curves over both windows of a cut-off."""
    from spotify_assets.skip.sampling import sampled, training_and_test  # noqa: PLC0415
    from spotify_assets.skip.survival import NEEDED  # noqa: PLC0415
    from spotify_assets.skip.training import survival  # noqa: PLC0415

    training, test = training_and_test(
        cutoff, training_days=settings.training_days, test_days=settings.test_days
    )
    seen = Window(training.start, test.end)
    genres = track_genres.as_of(test, "track_id", ["track_id", "snapshot_date", "genre"])
    rows = sampled(events, seen, ["event_id", *NEEDED], settings.training_sample_rows).rows
    return survival(rows, genres.select("track_id", "genre").unique(), cutoff=cutoff)


def _show(
    context: dg.AssetExecutionContext,
    settings: Settings,
    tables: Sequence[TableReader],
    rows: "Rows",
    cutoff: date,
) -> None:
    """What a person sees of a cut-off: the plots as files and on the asset's page, and what they say.

    Files and pictures show the newest cut-off there is. Dagster repeats the metadata of an output for every
    partition of a run, so that a range gets the files' paths and a single partition the pictures.
    """
    from spotify_assets.assets.plots import plots_of  # noqa: PLC0415
    from spotify_assets.charts.theme import in_markdown, save  # noqa: PLC0415

    newer = stored_rows(tables[0], Window(cutoff + timedelta(days=1), date.max), ["cutoff_date"])
    metadata: dict[str, dg.MetadataValue] = {}
    for plot in plots_of(rows, cutoff):
        metadata[f"{plot.name} says"] = dg.MetadataValue.md(plot.says)
        if newer.is_empty():
            path = save(plot.chart, settings.processed_dir / PLOTS, plot.name, plot.says)
            metadata[plot.name] = dg.MetadataValue.path(path)
            if len(context.partition_keys) == 1:
                metadata[plot.name] = dg.MetadataValue.md(in_markdown(plot.title, path.read_bytes()))
    if metadata:
        context.add_output_metadata(metadata, output_name=tables[0].table.name)
