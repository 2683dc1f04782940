"""The planted truth: what synthetic events were made from, for comparison with what analysis recovers."""

import json
from dataclasses import asdict

import polars as pl

from spotify_assets.generator import planted
from spotify_assets.generator.config import GeneratorConfig
from spotify_assets.generator.planted import Behaviour
from spotify_assets.generator.playable import TASTE_FEATURES, playable
from spotify_assets.lake import layout
from spotify_assets.places import PlaceT

TRUTH_DIR = "_truth"
FORMAT_VERSION = 1


def truth(config: GeneratorConfig, tracks: pl.DataFrame) -> dict[str, object]:
    """The configuration and every planted parameter, as JSON types.

    `hazard.audio` holds the log rate ratio of skipping per standard deviation of each feature;
    `feature_scale` the mean and standard deviation it refers to, over the tracks of the catalogue.
    A feature that is absent from `hazard.audio` has no effect of its own. `taste_features` are those
    whose effect differs from user to user around that: `hazard.taste` times a weighted sum of them, with
    weights of unit length that are the user's own.
    """
    behaviour = Behaviour()
    tracks_played = playable(tracks, config, behaviour)
    return {
        "format_version": FORMAT_VERSION,
        "config": asdict(config),
        "hazard": {**asdict(behaviour.hazard), "skip_before": planted.SKIP_BEFORE},
        "choice": asdict(behaviour.choice),
        "rhythm": asdict(behaviour.rhythm),
        "taste_features": list(TASTE_FEATURES),
        "feature_scale": {
            name: {"mean": mean, "sd": deviation} for name, (mean, deviation) in tracks_played.scale.items()
        },
        "playable_tracks": int(tracks_played.duration_ms.size),
        "devices": dict(zip(planted.DEVICES, planted.DEVICE_SHARES, strict=True)),
        "premium_share": planted.PREMIUM_SHARE,
        "contexts": {
            name: {"share": share, "shuffle": shuffle, "discovery": discovery}
            for name, share, shuffle, discovery in zip(
                planted.CONTEXTS,
                planted.CONTEXT_SHARES,
                planted.CONTEXT_SHUFFLE,
                planted.CONTEXT_DISCOVERY,
                strict=True,
            )
        },
        "skip_flag": {
            "modes": dict(zip(planted.FLAG_MODES, planted.FLAG_MODE_SHARES, strict=True)),
            "forgetful_true": planted.FORGETFUL_TRUE,
            "silent_null": planted.SILENT_NULL,
        },
    }


def truth_path(lake_dir: PlaceT, seed: int) -> PlaceT:
    """Where the truth of a seed stands: beside the data, in a folder that no reader takes for data."""
    return lake_dir / TRUTH_DIR / f"synthetic-seed{seed}.json"


def write_truth(lake_dir: PlaceT, config: GeneratorConfig, tracks: pl.DataFrame) -> PlaceT:
    """Write the truth beside the data; returns its path.

    Raises:
        ValueError: the catalogue lacks a column, or has no track that can be played.
    """
    content = json.dumps(truth(config, tracks), indent=2, sort_keys=True)
    return layout.write_bytes(truth_path(lake_dir, config.seed), content.encode())
