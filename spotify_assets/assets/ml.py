"""ML layer: features and the skip model. Not here: what a feature is or how the model is fitted (`skip`)."""

import base64
from datetime import timedelta
from typing import TYPE_CHECKING

import dagster as dg
import polars as pl

from spotify_assets.assets.core import AS_OF
from spotify_assets.assets.spec import IO_MANAGER, about, asset_out, partitioned, reads
from spotify_assets.automation.partitions import lookback, windows
from spotify_assets.catalog import MODEL_FEATURES, SKIP_MODEL, SKIP_MODEL_COEFFICIENTS
from spotify_assets.settings import Settings
from spotify_assets.transforms.features import TRACK_FEATURES
from spotify_assets.transforms.features import model_features as features_of
from spotify_assets.warehouse.reader import TableReader
from spotify_assets.warehouse.slices import Slices, Window

if TYPE_CHECKING:
    from spotify_assets.skip.model import SkipModel

PREVIOUS_PLAYBACK_DAYS = 1
"""The playback before one that starts today ended at most a session gap earlier, so at most a day before."""


def ml_assets(settings: Settings) -> list[dg.AssetsDefinition]:
    """The assets that learn."""

    @dg.asset(
        **about(MODEL_FEATURES),
        **partitioned(settings),
        io_manager_key=IO_MANAGER,
        ins={
            "listening_events": reads("core.listening_events", lookback(settings, PREVIOUS_PLAYBACK_DAYS)),
            "tracks": reads("core.tracks", AS_OF),
        },
    )
    def model_features(
        context: dg.AssetExecutionContext, listening_events: TableReader, tracks: TableReader
    ) -> Slices:
        def features(window: Window) -> pl.DataFrame:
            return features_of(
                listening_events.read(window),
                before=listening_events.read(window.preceding(PREVIOUS_PLAYBACK_DAYS)),
                tracks=tracks.as_of(window, "track_id", ["track_id", "snapshot_date", *TRACK_FEATURES]),
            )

        return Slices.of(windows(context), features)

    @dg.multi_asset(
        name="skip_model",
        outs={t.name: asset_out(t) for t in (SKIP_MODEL, SKIP_MODEL_COEFFICIENTS)},
        ins={
            "model_features": reads(
                "ml.model_features", lookback(settings, settings.training_days + settings.test_days - 1)
            )
        },
        **partitioned(settings),
    )
    def skip_model(context: dg.AssetExecutionContext, model_features: TableReader) -> tuple[Slices, Slices]:
        days = windows(context)
        models = {window: _train(context, settings, model_features, window) for window in days}
        summaries = {w: m.summary_row() if m else SKIP_MODEL.empty() for w, m in models.items()}
        coefficients = {
            w: m.coefficients() if m else SKIP_MODEL_COEFFICIENTS.empty() for w, m in models.items()
        }
        trained = [model for model in models.values() if model]
        if trained:
            context.add_output_metadata(_shown(trained[-1]), output_name=SKIP_MODEL.name)
        return Slices.of(days, summaries.__getitem__), Slices.of(days, coefficients.__getitem__)

    return [model_features, skip_model]


def _train(
    context: dg.AssetExecutionContext, settings: Settings, features: TableReader, window: Window
) -> "SkipModel | None":
    """The model of one cut-off: the last day of the window that has data; None where there is too little."""
    from spotify_assets.skip.model import MODEL_TERMS, NotEnoughData, train_skip_model  # noqa: PLC0415

    cutoff = features.newest_date(window)
    if cutoff is None:
        context.log.warning(f"No model for {window}: ml.model_features has no rows in it.")
        return None
    days = settings.training_days + settings.test_days
    seen = Window(cutoff - timedelta(days=days - 1), cutoff + timedelta(days=1))
    columns = ["event_id", "event_date", "user_id", "is_skip", *MODEL_TERMS]
    try:
        return train_skip_model(
            features.read(seen, columns),
            cutoff,
            training_days=settings.training_days,
            test_days=settings.test_days,
        )
    except NotEnoughData as too_little:
        context.log.warning(f"No model for {window}: {too_little}")
        return None


def _shown(model: "SkipModel") -> dict[str, dg.MetadataValue]:
    """What the asset's page shows of a model."""
    from spotify_assets.skip.plots import coefficient_plot, to_png  # noqa: PLC0415

    summary = model.summary_row().row(0, named=True)
    title = f"Odds of a skip, model of {model.cutoff}"
    picture = base64.b64encode(to_png(coefficient_plot(model.coefficients(), title))).decode()
    return {
        "insight": dg.MetadataValue.md(summary["insight"]),
        "coefficients": dg.MetadataValue.md(f"![{title}](data:image/png;base64,{picture})"),
        "auc": dg.MetadataValue.float(model.auc),
        "log loss": dg.MetadataValue.float(model.log_loss),
        "log loss of the base rate": dg.MetadataValue.float(model.base_log_loss),
        "accuracy": dg.MetadataValue.float(model.accuracy),
        "accuracy of the majority": dg.MetadataValue.float(model.base_accuracy),
        "pseudo R²": dg.MetadataValue.float(model.pseudo_r2),
    }
