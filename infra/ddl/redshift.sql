-- Written by `make docs` from the table catalogue. The rows are copied, anew each time it is run, by the
-- default role of the cluster, which must be allowed to read the bucket.

create schema if not exists "listening_raw";

create schema if not exists "listening_core";

create schema if not exists "listening_ml";

create schema if not exists "listening_ops";

create schema if not exists "listening_marts";

create schema if not exists "listening_snapshots";

create table if not exists "listening_raw"."raw_tracks" (
  "snapshot_date" date,
  "source_file" varchar(65535),
  "source_row" bigint,
  "track_id" varchar(65535),
  "track_name" varchar(65535),
  "artists" varchar(65535),
  "album_name" varchar(65535),
  "release_date" varchar(65535),
  "isrc" varchar(65535),
  "popularity" bigint,
  "artist_popularity" bigint,
  "artist_followers" bigint,
  "duration_ms" bigint,
  "explicit" boolean,
  "danceability" double precision,
  "energy" double precision,
  "key" bigint,
  "loudness" double precision,
  "mode" bigint,
  "speechiness" double precision,
  "acousticness" double precision,
  "instrumentalness" double precision,
  "liveness" double precision,
  "valence" double precision,
  "tempo" double precision,
  "time_signature" bigint,
  "genre" varchar(65535),
  "extra" varchar(65535)
);

truncate "listening_raw"."raw_tracks";

copy "listening_raw"."raw_tracks"
from 's3://BUCKET/PREFIX/processed/raw/raw_tracks/'
iam_role default
format as parquet;

create table if not exists "listening_raw"."raw_events" (
  "event_id" varchar(65535),
  "user_id" varchar(65535),
  "track_id" varchar(65535),
  "started_at" timestamp,
  "ended_at" timestamp,
  "reported_at" timestamp,
  "event_date" date,
  "action" varchar(65535),
  "ms_played" bigint,
  "skipped" boolean,
  "reason_start" varchar(65535),
  "reason_end" varchar(65535),
  "device" varchar(65535),
  "country" varchar(65535),
  "shuffle" boolean,
  "session_id" varchar(65535),
  "source" varchar(65535),
  "content_type" varchar(65535),
  "track_name" varchar(65535),
  "artist_name" varchar(65535),
  "album_name" varchar(65535),
  "extra" varchar(65535),
  "source_file" varchar(65535),
  "source_row" bigint
);

truncate "listening_raw"."raw_events";

copy "listening_raw"."raw_events"
from 's3://BUCKET/PREFIX/processed/raw/raw_events/'
iam_role default
format as parquet;

create table if not exists "listening_core"."tracks" (
  "snapshot_date" date,
  "track_id" varchar(65535),
  "track_name" varchar(65535),
  "artist_names" varchar(65535),
  "primary_artist_id" varchar(65535),
  "primary_artist_name" varchar(65535),
  "artist_count" bigint,
  "album_name" varchar(65535),
  "release_date" date,
  "release_precision" varchar(65535),
  "isrc" varchar(65535),
  "popularity" bigint,
  "popularity_spread" bigint,
  "duration_ms" bigint,
  "explicit" boolean,
  "danceability" double precision,
  "energy" double precision,
  "key" bigint,
  "loudness" double precision,
  "mode" bigint,
  "speechiness" double precision,
  "acousticness" double precision,
  "instrumentalness" double precision,
  "liveness" double precision,
  "valence" double precision,
  "tempo" double precision,
  "time_signature" bigint,
  "primary_genre" varchar(65535),
  "genre_count" bigint,
  "source_rows" bigint
);

truncate "listening_core"."tracks";

copy "listening_core"."tracks"
from 's3://BUCKET/PREFIX/processed/core/tracks/'
iam_role default
format as parquet;

create table if not exists "listening_core"."artists" (
  "snapshot_date" date,
  "artist_id" varchar(65535),
  "artist_name" varchar(65535),
  "track_count" bigint,
  "mean_popularity" double precision,
  "popularity" bigint,
  "followers" bigint
);

truncate "listening_core"."artists";

copy "listening_core"."artists"
from 's3://BUCKET/PREFIX/processed/core/artists/'
iam_role default
format as parquet;

create table if not exists "listening_core"."track_artists" (
  "snapshot_date" date,
  "track_id" varchar(65535),
  "position" bigint,
  "artist_id" varchar(65535)
);

truncate "listening_core"."track_artists";

copy "listening_core"."track_artists"
from 's3://BUCKET/PREFIX/processed/core/track_artists/'
iam_role default
format as parquet;

create table if not exists "listening_core"."track_genres" (
  "snapshot_date" date,
  "track_id" varchar(65535),
  "genre" varchar(65535),
  "weight" double precision
);

truncate "listening_core"."track_genres";

copy "listening_core"."track_genres"
from 's3://BUCKET/PREFIX/processed/core/track_genres/'
iam_role default
format as parquet;

create table if not exists "listening_core"."listening_events" (
  "event_id" varchar(65535),
  "user_id" varchar(65535),
  "track_id" varchar(65535),
  "started_at" timestamp,
  "ended_at" timestamp,
  "reported_at" timestamp,
  "event_date" date,
  "action" varchar(65535),
  "ms_played" bigint,
  "skipped" boolean,
  "reason_start" varchar(65535),
  "reason_end" varchar(65535),
  "device" varchar(65535),
  "country" varchar(65535),
  "shuffle" boolean,
  "session_id" varchar(65535),
  "source" varchar(65535),
  "content_type" varchar(65535),
  "track_name" varchar(65535),
  "artist_name" varchar(65535),
  "album_name" varchar(65535),
  "extra" varchar(65535),
  "filled_from" varchar(65535),
  "track_key" varchar(65535),
  "session_position" bigint,
  "track_duration_ms" bigint,
  "known_duration_ms" bigint,
  "outcome" varchar(65535),
  "is_stream" boolean
);

truncate "listening_core"."listening_events";

copy "listening_core"."listening_events"
from 's3://BUCKET/PREFIX/processed/core/listening_events/'
iam_role default
format as parquet;

create table if not exists "listening_core"."countries" (
  "country" varchar(65535),
  "country_name" varchar(65535),
  "region" varchar(65535),
  "time_zone" varchar(65535),
  "time_zone_count" bigint
);

truncate "listening_core"."countries";

copy "listening_core"."countries"
from 's3://BUCKET/PREFIX/processed/core/countries/'
iam_role default
format as parquet;

create table if not exists "listening_core"."user_profiles" (
  "user_id" varchar(65535),
  "time_zone" varchar(65535),
  "follows_country" boolean
);

truncate "listening_core"."user_profiles";

copy "listening_core"."user_profiles"
from 's3://BUCKET/PREFIX/processed/core/user_profiles/'
iam_role default
format as parquet;

create table if not exists "listening_core"."played_tracks" (
  "event_date" date,
  "track_key" varchar(65535),
  "track_id" varchar(65535),
  "content_type" varchar(65535),
  "track_name" varchar(65535),
  "artist_name" varchar(65535),
  "album_name" varchar(65535),
  "playbacks" bigint
);

truncate "listening_core"."played_tracks";

copy "listening_core"."played_tracks"
from 's3://BUCKET/PREFIX/processed/core/played_tracks/'
iam_role default
format as parquet;

create table if not exists "listening_core"."recordings" (
  "track_key" varchar(65535),
  "track_id" varchar(65535),
  "recording_id" varchar(65535),
  "matched_by" varchar(65535),
  "catalogue_track_id" varchar(65535),
  "track_name" varchar(65535),
  "artist_names" varchar(65535),
  "duration_ms" bigint
);

truncate "listening_core"."recordings";

copy "listening_core"."recordings"
from 's3://BUCKET/PREFIX/processed/core/recordings/'
iam_role default
format as parquet;

create table if not exists "listening_core"."listening_hours" (
  "event_date" date,
  "user_id" varchar(65535),
  "hour_starts_at" timestamp,
  "time_zone" varchar(65535),
  "local_date" date,
  "local_hour" bigint,
  "ms_listened" bigint,
  "ms_overlapping" bigint
);

truncate "listening_core"."listening_hours";

copy "listening_core"."listening_hours"
from 's3://BUCKET/PREFIX/processed/core/listening_hours/'
iam_role default
format as parquet;

create table if not exists "listening_core"."weather_hours" (
  "place_id" varchar(65535),
  "place_name" varchar(65535),
  "is_of_country" boolean,
  "latitude" double precision,
  "longitude" double precision,
  "hour_starts_at" timestamp,
  "event_date" date,
  "temperature_c" double precision,
  "rain_mm" double precision,
  "cloud_cover" double precision,
  "is_daylight" boolean
);

truncate "listening_core"."weather_hours";

copy "listening_core"."weather_hours"
from 's3://BUCKET/PREFIX/processed/core/weather_hours/'
iam_role default
format as parquet;

create table if not exists "listening_core"."weather_effects" (
  "user_id" varchar(65535),
  "condition" varchar(65535),
  "measure" varchar(65535),
  "compares" varchar(65535),
  "hours" bigint,
  "blocks" bigint,
  "mean" double precision,
  "estimate" double precision,
  "ci_low" double precision,
  "ci_high" double precision,
  "p_value" double precision,
  "adjusted_p_value" double precision,
  "is_positive" boolean,
  "rule_version" varchar(65535)
);

truncate "listening_core"."weather_effects";

copy "listening_core"."weather_effects"
from 's3://BUCKET/PREFIX/processed/core/weather_effects/'
iam_role default
format as parquet;

create table if not exists "listening_core"."daily_track_metrics" (
  "event_date" date,
  "track_id" varchar(65535),
  "plays" bigint,
  "streams" bigint,
  "skips" bigint,
  "completes" bigint,
  "abandons" bigint,
  "unknowns" bigint,
  "skip_rate" double precision,
  "listeners" bigint,
  "ms_played" bigint,
  "playlist_adds" bigint,
  "pauses" bigint
);

truncate "listening_core"."daily_track_metrics";

copy "listening_core"."daily_track_metrics"
from 's3://BUCKET/PREFIX/processed/core/daily_track_metrics/'
iam_role default
format as parquet;

create table if not exists "listening_ml"."model_features" (
  "event_id" varchar(65535),
  "event_date" date,
  "user_id" varchar(65535),
  "track_id" varchar(65535),
  "started_at" timestamp,
  "is_skip" boolean,
  "danceability" double precision,
  "energy" double precision,
  "key" bigint,
  "loudness" double precision,
  "mode" bigint,
  "speechiness" double precision,
  "acousticness" double precision,
  "instrumentalness" double precision,
  "liveness" double precision,
  "valence" double precision,
  "tempo" double precision,
  "time_signature" bigint,
  "popularity" bigint,
  "duration_ms" bigint,
  "explicit" boolean,
  "hour_utc" bigint,
  "weekday" bigint,
  "device" varchar(65535),
  "shuffle" boolean,
  "reason_start" varchar(65535),
  "session_position" bigint,
  "previous_is_skip" boolean,
  "recent_skip_rate" double precision,
  "gap_seconds" double precision,
  "user_plays" bigint,
  "user_skip_rate" double precision,
  "user_track_plays" bigint,
  "user_track_skip_rate" double precision,
  "user_artist_plays" bigint,
  "user_artist_skip_rate" double precision
);

truncate "listening_ml"."model_features";

copy "listening_ml"."model_features"
from 's3://BUCKET/PREFIX/processed/ml/model_features/'
iam_role default
format as parquet;

create table if not exists "listening_ml"."skip_model" (
  "cutoff_date" date,
  "rule_version" varchar(65535),
  "train_from" date,
  "train_to" date,
  "test_from" date,
  "test_to" date,
  "train_rows" bigint,
  "test_rows" bigint,
  "incomplete_rows" bigint,
  "users" bigint,
  "base_rate" double precision,
  "test_skip_rate" double precision,
  "auc" double precision,
  "accuracy" double precision,
  "base_accuracy" double precision,
  "log_loss" double precision,
  "base_log_loss" double precision,
  "pseudo_r2" double precision,
  "insight" varchar(65535),
  "coefficient_plot" varchar(65535)
);

truncate "listening_ml"."skip_model";

copy "listening_ml"."skip_model"
from 's3://BUCKET/PREFIX/processed/ml/skip_model/'
iam_role default
format as parquet;

create table if not exists "listening_ml"."skip_model_coefficients" (
  "cutoff_date" date,
  "term" varchar(65535),
  "coefficient" double precision,
  "standard_error" double precision,
  "ci_low" double precision,
  "ci_high" double precision,
  "p_value" double precision,
  "odds_ratio" double precision,
  "odds_ratio_low" double precision,
  "odds_ratio_high" double precision,
  "feature_mean" double precision,
  "feature_sd" double precision
);

truncate "listening_ml"."skip_model_coefficients";

copy "listening_ml"."skip_model_coefficients"
from 's3://BUCKET/PREFIX/processed/ml/skip_model_coefficients/'
iam_role default
format as parquet;

create table if not exists "listening_ml"."skip_ladder" (
  "cutoff_date" date,
  "step" bigint,
  "rung" varchar(65535),
  "estimator" varchar(65535),
  "rule_version" varchar(65535),
  "train_from" date,
  "train_to" date,
  "test_from" date,
  "test_to" date,
  "train_rows" bigint,
  "test_rows" bigint,
  "sampled_from" bigint,
  "cluster" varchar(65535),
  "clusters" bigint,
  "columns" bigint,
  "auc" double precision,
  "auc_low" double precision,
  "auc_high" double precision,
  "log_loss" double precision,
  "log_loss_low" double precision,
  "log_loss_high" double precision,
  "brier" double precision,
  "brier_low" double precision,
  "brier_high" double precision,
  "accuracy" double precision,
  "accuracy_low" double precision,
  "accuracy_high" double precision,
  "calibration_error" double precision,
  "calibration_error_low" double precision,
  "calibration_error_high" double precision,
  "insight" varchar(65535)
);

truncate "listening_ml"."skip_ladder";

copy "listening_ml"."skip_ladder"
from 's3://BUCKET/PREFIX/processed/ml/skip_ladder/'
iam_role default
format as parquet;

create table if not exists "listening_ml"."skip_ladder_coefficients" (
  "cutoff_date" date,
  "rung" varchar(65535),
  "term" varchar(65535),
  "coefficient" double precision,
  "standard_error" double precision,
  "ci_low" double precision,
  "ci_high" double precision,
  "p_value" double precision,
  "odds_ratio" double precision,
  "odds_ratio_low" double precision,
  "odds_ratio_high" double precision,
  "column_mean" double precision,
  "column_sd" double precision
);

truncate "listening_ml"."skip_ladder_coefficients";

copy "listening_ml"."skip_ladder_coefficients"
from 's3://BUCKET/PREFIX/processed/ml/skip_ladder_coefficients/'
iam_role default
format as parquet;

create table if not exists "listening_ml"."feature_drift" (
  "cutoff_date" date,
  "feature" varchar(65535),
  "psi" double precision,
  "train_unknown" double precision,
  "test_unknown" double precision
);

truncate "listening_ml"."feature_drift";

copy "listening_ml"."feature_drift"
from 's3://BUCKET/PREFIX/processed/ml/feature_drift/'
iam_role default
format as parquet;

create table if not exists "listening_ml"."skip_curves" (
  "cutoff_date" date,
  "curve" varchar(65535),
  "rung" varchar(65535),
  "estimator" varchar(65535),
  "point" bigint,
  "x" double precision,
  "y" double precision,
  "playbacks" bigint
);

truncate "listening_ml"."skip_curves";

copy "listening_ml"."skip_curves"
from 's3://BUCKET/PREFIX/processed/ml/skip_curves/'
iam_role default
format as parquet;

create table if not exists "listening_ml"."skip_predictions" (
  "cutoff_date" date,
  "track_id" varchar(65535),
  "model_id" varchar(65535),
  "playbacks" bigint,
  "skip_probability" double precision,
  "skip_rate" double precision,
  "popularity" bigint
);

truncate "listening_ml"."skip_predictions";

copy "listening_ml"."skip_predictions"
from 's3://BUCKET/PREFIX/processed/ml/skip_predictions/'
iam_role default
format as parquet;

create table if not exists "listening_ml"."model_registry" (
  "cutoff_date" date,
  "model_id" varchar(65535),
  "target" varchar(65535),
  "estimator" varchar(65535),
  "rule_version" varchar(65535),
  "train_from" date,
  "train_to" date,
  "test_from" date,
  "test_to" date,
  "log_loss" double precision,
  "auc" double precision,
  "previous_model_id" varchar(65535),
  "previous_log_loss" double precision,
  "previous_auc" double precision,
  "challenged_model_id" varchar(65535),
  "challenged_log_loss" double precision,
  "promoted" boolean,
  "current_model_id" varchar(65535),
  "model" varchar(65535)
);

truncate "listening_ml"."model_registry";

copy "listening_ml"."model_registry"
from 's3://BUCKET/PREFIX/processed/ml/model_registry/'
iam_role default
format as parquet;

create table if not exists "listening_ml"."skip_survival" (
  "cutoff_date" date,
  "dimension" varchar(65535),
  "value" varchar(65535),
  "second" bigint,
  "playbacks" bigint,
  "survival" double precision,
  "survival_low" double precision,
  "survival_high" double precision,
  "grade" varchar(65535)
);

truncate "listening_ml"."skip_survival";

copy "listening_ml"."skip_survival"
from 's3://BUCKET/PREFIX/processed/ml/skip_survival/'
iam_role default
format as parquet;

create table if not exists "listening_ml"."skip_flag_agreement" (
  "cutoff_date" date,
  "source" varchar(65535),
  "reason_end" varchar(65535),
  "outcome" varchar(65535),
  "flag" varchar(65535),
  "playbacks" bigint,
  "agrees" boolean
);

truncate "listening_ml"."skip_flag_agreement";

copy "listening_ml"."skip_flag_agreement"
from 's3://BUCKET/PREFIX/processed/ml/skip_flag_agreement/'
iam_role default
format as parquet;

create table if not exists "listening_ml"."popularity_model" (
  "cutoff_date" date,
  "estimator" varchar(65535),
  "rule_version" varchar(65535),
  "snapshot_date" date,
  "train_rows" bigint,
  "test_rows" bigint,
  "artists" bigint,
  "middle_from" double precision,
  "high_from" double precision,
  "auc" double precision,
  "auc_low" double precision,
  "auc_high" double precision,
  "log_loss" double precision,
  "log_loss_low" double precision,
  "log_loss_high" double precision,
  "brier" double precision,
  "brier_low" double precision,
  "brier_high" double precision,
  "accuracy" double precision,
  "accuracy_low" double precision,
  "accuracy_high" double precision,
  "calibration_error" double precision,
  "calibration_error_low" double precision,
  "calibration_error_high" double precision,
  "insight" varchar(65535)
);

truncate "listening_ml"."popularity_model";

copy "listening_ml"."popularity_model"
from 's3://BUCKET/PREFIX/processed/ml/popularity_model/'
iam_role default
format as parquet;

create table if not exists "listening_ml"."popularity_coefficients" (
  "cutoff_date" date,
  "bucket" varchar(65535),
  "term" varchar(65535),
  "coefficient" double precision,
  "standard_error" double precision,
  "ci_low" double precision,
  "ci_high" double precision,
  "p_value" double precision,
  "odds_ratio" double precision,
  "odds_ratio_low" double precision,
  "odds_ratio_high" double precision,
  "column_mean" double precision,
  "column_sd" double precision
);

truncate "listening_ml"."popularity_coefficients";

copy "listening_ml"."popularity_coefficients"
from 's3://BUCKET/PREFIX/processed/ml/popularity_coefficients/'
iam_role default
format as parquet;

create table if not exists "listening_ml"."recommendations" (
  "cutoff_date" date,
  "user_id" varchar(65535),
  "task" varchar(65535),
  "rank" bigint,
  "track_id" varchar(65535),
  "score" double precision,
  "reason" varchar(65535)
);

truncate "listening_ml"."recommendations";

copy "listening_ml"."recommendations"
from 's3://BUCKET/PREFIX/processed/ml/recommendations/'
iam_role default
format as parquet;

create table if not exists "listening_ml"."recommendation_quality" (
  "cutoff_date" date,
  "task" varchar(65535),
  "step" bigint,
  "rung" varchar(65535),
  "rule_version" varchar(65535),
  "train_from" date,
  "train_to" date,
  "test_from" date,
  "test_to" date,
  "listeners" bigint,
  "requests" bigint,
  "tracks" bigint,
  "recall_10" double precision,
  "recall_10_low" double precision,
  "recall_10_high" double precision,
  "recall_20" double precision,
  "recall_20_low" double precision,
  "recall_20_high" double precision,
  "ndcg_10" double precision,
  "ndcg_10_low" double precision,
  "ndcg_10_high" double precision,
  "mrr" double precision,
  "mrr_low" double precision,
  "mrr_high" double precision,
  "coverage" double precision,
  "novelty" double precision,
  "novelty_low" double precision,
  "novelty_high" double precision,
  "popularity_bias" double precision,
  "insight" varchar(65535)
);

truncate "listening_ml"."recommendation_quality";

copy "listening_ml"."recommendation_quality"
from 's3://BUCKET/PREFIX/processed/ml/recommendation_quality/'
iam_role default
format as parquet;

create table if not exists "listening_ml"."unusual_listening" (
  "unusual_id" varchar(65535),
  "event_date" date,
  "kind" varchar(65535),
  "sign" varchar(65535),
  "user_id" varchar(65535),
  "source" varchar(65535),
  "started_at" timestamp,
  "ended_at" timestamp,
  "device" varchar(65535),
  "playbacks" bigint,
  "ms_played" bigint,
  "says" varchar(65535),
  "rule_version" varchar(65535)
);

truncate "listening_ml"."unusual_listening";

copy "listening_ml"."unusual_listening"
from 's3://BUCKET/PREFIX/processed/ml/unusual_listening/'
iam_role default
format as parquet;

create table if not exists "listening_ops"."import_receipts" (
  "receipt_id" varchar(65535),
  "landed_at" timestamp,
  "input_file" varchar(65535),
  "input_sha256" varchar(65535),
  "kind" varchar(65535),
  "target" varchar(65535),
  "user_id" varchar(65535),
  "source_file" varchar(65535),
  "first_date" date,
  "last_date" date,
  "books_date" date,
  "dialect" varchar(65535),
  "outcome" varchar(65535),
  "reason" varchar(65535),
  "rows" bigint
);

truncate "listening_ops"."import_receipts";

copy "listening_ops"."import_receipts"
from 's3://BUCKET/PREFIX/processed/ops/import_receipts/'
iam_role default
format as parquet;

create table if not exists "listening_ops"."rejected_rows" (
  "table_name" varchar(65535),
  "slice_date" date,
  "source_file" varchar(65535),
  "source_row" bigint,
  "reason" varchar(65535),
  "detail" varchar(65535),
  "original" varchar(65535)
);

truncate "listening_ops"."rejected_rows";

copy "listening_ops"."rejected_rows"
from 's3://BUCKET/PREFIX/processed/ops/rejected_rows/'
iam_role default
format as parquet;

create table if not exists "listening_ops"."duplicate_plays" (
  "event_date" date,
  "event_id" varchar(65535),
  "kept_event_id" varchar(65535),
  "user_id" varchar(65535),
  "reason" varchar(65535),
  "source" varchar(65535),
  "kept_source" varchar(65535),
  "source_file" varchar(65535),
  "source_row" bigint
);

truncate "listening_ops"."duplicate_plays";

copy "listening_ops"."duplicate_plays"
from 's3://BUCKET/PREFIX/processed/ops/duplicate_plays/'
iam_role default
format as parquet;

create table if not exists "listening_ops"."row_counts" (
  "table_name" varchar(65535),
  "slice_date" date,
  "slice_end" date,
  "outcome" varchar(65535),
  "reason" varchar(65535),
  "rows" bigint,
  "written_at" timestamp
);

truncate "listening_ops"."row_counts";

copy "listening_ops"."row_counts"
from 's3://BUCKET/PREFIX/processed/ops/row_counts/'
iam_role default
format as parquet;

create table if not exists "listening_ops"."check_results" (
  "checked_at" timestamp,
  "table_name" varchar(65535),
  "check_name" varchar(65535),
  "slice_date" date,
  "passed" boolean,
  "severity" varchar(65535),
  "failing_rows" bigint,
  "detail" varchar(65535)
);

truncate "listening_ops"."check_results";

copy "listening_ops"."check_results"
from 's3://BUCKET/PREFIX/processed/ops/check_results/'
iam_role default
format as parquet;

create table if not exists "listening_ops"."run_costs" (
  "run_id" varchar(65535),
  "step" varchar(65535),
  "table_name" varchar(65535),
  "started_at" timestamp,
  "wall_seconds" double precision,
  "cpu_seconds" double precision,
  "peak_memory_bytes" bigint,
  "rows_in" bigint,
  "rows_out" bigint,
  "bytes_in" bigint,
  "bytes_out" bigint,
  "stored_bytes" bigint
);

truncate "listening_ops"."run_costs";

copy "listening_ops"."run_costs"
from 's3://BUCKET/PREFIX/processed/ops/run_costs/'
iam_role default
format as parquet;

create table if not exists "listening_marts"."cohort_retention" (
  "period" varchar(65535),
  "cohort_start" date,
  "periods_since_start" bigint,
  "cohort_users" bigint,
  "users" bigint,
  "retention" double precision
);

truncate "listening_marts"."cohort_retention";

copy "listening_marts"."cohort_retention"
from 's3://BUCKET/PREFIX/processed/marts/cohort_retention/'
iam_role default
format as parquet;

create table if not exists "listening_marts"."daily_active_users" (
  "local_date" date,
  "daily_active_users" bigint,
  "weekly_active_users" bigint,
  "monthly_active_users" bigint,
  "stickiness" double precision,
  "plays" bigint,
  "streams" bigint,
  "skips" bigint,
  "unknowns" bigint,
  "ms_played" bigint,
  "plays_per_active_user" double precision,
  "streams_per_active_user" double precision,
  "first_event_date" date,
  "last_event_date" date
);

truncate "listening_marts"."daily_active_users";

copy "listening_marts"."daily_active_users"
from 's3://BUCKET/PREFIX/processed/marts/daily_active_users/'
iam_role default
format as parquet;

create table if not exists "listening_marts"."first_listens" (
  "user_id" varchar(65535),
  "track_id" varchar(65535),
  "event_date" date,
  "first_ended_at" timestamp
);

truncate "listening_marts"."first_listens";

copy "listening_marts"."first_listens"
from 's3://BUCKET/PREFIX/processed/marts/first_listens/'
iam_role default
format as parquet;

create table if not exists "listening_marts"."user_activity_periods" (
  "period" varchar(65535),
  "period_start" date,
  "user_id" varchar(65535),
  "active_days" bigint,
  "plays" bigint,
  "streams" bigint,
  "first_event_date" date,
  "last_event_date" date
);

truncate "listening_marts"."user_activity_periods";

copy "listening_marts"."user_activity_periods"
from 's3://BUCKET/PREFIX/processed/marts/user_activity_periods/'
iam_role default
format as parquet;

create table if not exists "listening_marts"."user_lifetimes" (
  "user_id" varchar(65535),
  "first_listen_date" date,
  "last_listen_date" date,
  "active_days" bigint,
  "longest_streak_days" bigint,
  "last_streak_days" bigint,
  "sessions" bigint,
  "plays" bigint,
  "streams" bigint,
  "skips" bigint,
  "unknowns" bigint,
  "skip_rate" double precision,
  "ms_played" bigint,
  "tracks_streamed" bigint,
  "repeat_share" double precision
);

truncate "listening_marts"."user_lifetimes";

copy "listening_marts"."user_lifetimes"
from 's3://BUCKET/PREFIX/processed/marts/user_lifetimes/'
iam_role default
format as parquet;

create table if not exists "listening_marts"."album_totals" (
  "album_id" varchar(65535),
  "album_name" varchar(65535),
  "primary_artist_id" varchar(65535),
  "primary_artist_name" varchar(65535),
  "first_release_date" date,
  "track_count" bigint,
  "tracks_played" bigint,
  "plays" bigint,
  "streams" bigint,
  "skips" bigint,
  "unknowns" bigint,
  "skip_rate" double precision,
  "ms_played" bigint,
  "top_track_share" double precision,
  "mean_popularity" double precision,
  "mean_duration_ms" double precision,
  "first_event_date" date,
  "last_event_date" date,
  "album_rank" bigint
);

truncate "listening_marts"."album_totals";

copy "listening_marts"."album_totals"
from 's3://BUCKET/PREFIX/processed/marts/album_totals/'
iam_role default
format as parquet;

create table if not exists "listening_marts"."artist_totals" (
  "artist_id" varchar(65535),
  "artist_name" varchar(65535),
  "mean_popularity" double precision,
  "plays" bigint,
  "streams" bigint,
  "stream_share" double precision,
  "skips" bigint,
  "unknowns" bigint,
  "skip_rate" double precision,
  "ms_played" bigint,
  "tracks_played" bigint,
  "first_event_date" date,
  "last_event_date" date,
  "artist_rank" bigint
);

truncate "listening_marts"."artist_totals";

copy "listening_marts"."artist_totals"
from 's3://BUCKET/PREFIX/processed/marts/artist_totals/'
iam_role default
format as parquet;

create table if not exists "listening_marts"."monthly_genre_metrics" (
  "event_month" date,
  "genre" varchar(65535),
  "weighted_plays" double precision,
  "weighted_streams" double precision,
  "stream_share" double precision,
  "weighted_skips" double precision,
  "weighted_unknowns" double precision,
  "skip_rate" double precision,
  "weighted_ms_played" double precision,
  "tracks_played" bigint,
  "first_event_date" date,
  "last_event_date" date
);

truncate "listening_marts"."monthly_genre_metrics";

copy "listening_marts"."monthly_genre_metrics"
from 's3://BUCKET/PREFIX/processed/marts/monthly_genre_metrics/'
iam_role default
format as parquet;

create table if not exists "listening_marts"."monthly_taste" (
  "event_month" date,
  "streams" bigint,
  "tracks" bigint,
  "first_listens" bigint,
  "discovery_share" double precision,
  "mean_popularity" double precision,
  "mainstream_share" double precision,
  "niche_share" double precision,
  "mean_release_year" double precision,
  "mean_danceability" double precision,
  "mean_energy" double precision,
  "mean_valence" double precision,
  "mean_acousticness" double precision,
  "mean_instrumentalness" double precision,
  "mean_speechiness" double precision,
  "mean_tempo" double precision,
  "genre_distance" double precision,
  "audio_distance" double precision
);

truncate "listening_marts"."monthly_taste";

copy "listening_marts"."monthly_taste"
from 's3://BUCKET/PREFIX/processed/marts/monthly_taste/'
iam_role default
format as parquet;

create table if not exists "listening_marts"."monthly_track_metrics" (
  "event_month" date,
  "track_id" varchar(65535),
  "plays" bigint,
  "streams" bigint,
  "skips" bigint,
  "completes" bigint,
  "abandons" bigint,
  "unknowns" bigint,
  "listeners" bigint,
  "ms_played" bigint,
  "first_event_date" date,
  "last_event_date" date
);

truncate "listening_marts"."monthly_track_metrics";

copy "listening_marts"."monthly_track_metrics"
from 's3://BUCKET/PREFIX/processed/marts/monthly_track_metrics/'
iam_role default
format as parquet;

create table if not exists "listening_marts"."new_release_trends" (
  "track_id" varchar(65535),
  "track_name" varchar(65535),
  "primary_artist_id" varchar(65535),
  "primary_artist_name" varchar(65535),
  "release_date" date,
  "newest_event_date" date,
  "days_since_release" bigint,
  "recent_streams" bigint,
  "previous_streams" bigint,
  "recent_skip_rate" double precision,
  "trending_score" double precision
);

truncate "listening_marts"."new_release_trends";

copy "listening_marts"."new_release_trends"
from 's3://BUCKET/PREFIX/processed/marts/new_release_trends/'
iam_role default
format as parquet;

create table if not exists "listening_marts"."popularity_by_snapshot" (
  "snapshot_date" date,
  "popularity_from" bigint,
  "tracks" bigint,
  "track_share" double precision,
  "mean_popularity" double precision
);

truncate "listening_marts"."popularity_by_snapshot";

copy "listening_marts"."popularity_by_snapshot"
from 's3://BUCKET/PREFIX/processed/marts/popularity_by_snapshot/'
iam_role default
format as parquet;

create table if not exists "listening_marts"."ranked_tracks" (
  "counted_by" varchar(65535),
  "track_id" varchar(65535),
  "recording_track_id" varchar(65535),
  "track_ids" bigint,
  "track_name" varchar(65535),
  "primary_artist_id" varchar(65535),
  "primary_artist_name" varchar(65535),
  "album_id" varchar(65535),
  "album_name" varchar(65535),
  "primary_genre" varchar(65535),
  "release_date" date,
  "duration_ms" bigint,
  "popularity" bigint,
  "plays" bigint,
  "streams" bigint,
  "skips" bigint,
  "completes" bigint,
  "abandons" bigint,
  "unknowns" bigint,
  "skip_rate" double precision,
  "listeners" bigint,
  "ms_played" bigint,
  "first_event_date" date,
  "last_event_date" date,
  "track_rank" bigint,
  "rank_in_artist" bigint
);

truncate "listening_marts"."ranked_tracks";

copy "listening_marts"."ranked_tracks"
from 's3://BUCKET/PREFIX/processed/marts/ranked_tracks/'
iam_role default
format as parquet;

create table if not exists "listening_marts"."recording_totals" (
  "track_id" varchar(65535),
  "track_ids" bigint,
  "track_name" varchar(65535),
  "primary_artist_id" varchar(65535),
  "primary_artist_name" varchar(65535),
  "album_id" varchar(65535),
  "album_name" varchar(65535),
  "primary_genre" varchar(65535),
  "release_date" date,
  "duration_ms" bigint,
  "popularity" bigint,
  "plays" bigint,
  "streams" bigint,
  "skips" bigint,
  "completes" bigint,
  "abandons" bigint,
  "unknowns" bigint,
  "skip_rate" double precision,
  "listeners" bigint,
  "ms_played" bigint,
  "first_event_date" date,
  "last_event_date" date,
  "track_rank" bigint,
  "rank_in_artist" bigint
);

truncate "listening_marts"."recording_totals";

copy "listening_marts"."recording_totals"
from 's3://BUCKET/PREFIX/processed/marts/recording_totals/'
iam_role default
format as parquet;

create table if not exists "listening_marts"."track_totals" (
  "track_id" varchar(65535),
  "recording_track_id" varchar(65535),
  "track_name" varchar(65535),
  "primary_artist_id" varchar(65535),
  "primary_artist_name" varchar(65535),
  "album_id" varchar(65535),
  "album_name" varchar(65535),
  "primary_genre" varchar(65535),
  "release_date" date,
  "duration_ms" bigint,
  "popularity" bigint,
  "plays" bigint,
  "streams" bigint,
  "skips" bigint,
  "completes" bigint,
  "abandons" bigint,
  "unknowns" bigint,
  "skip_rate" double precision,
  "listeners" bigint,
  "ms_played" bigint,
  "first_event_date" date,
  "last_event_date" date,
  "track_rank" bigint,
  "rank_in_artist" bigint
);

truncate "listening_marts"."track_totals";

copy "listening_marts"."track_totals"
from 's3://BUCKET/PREFIX/processed/marts/track_totals/'
iam_role default
format as parquet;

create table if not exists "listening_marts"."bridge_track_artist" (
  "track_id" varchar(65535),
  "artist_id" varchar(65535),
  "position" bigint
);

truncate "listening_marts"."bridge_track_artist";

copy "listening_marts"."bridge_track_artist"
from 's3://BUCKET/PREFIX/processed/marts/bridge_track_artist/'
iam_role default
format as parquet;

create table if not exists "listening_marts"."bridge_track_genre" (
  "track_id" varchar(65535),
  "genre" varchar(65535),
  "weight" double precision
);

truncate "listening_marts"."bridge_track_genre";

copy "listening_marts"."bridge_track_genre"
from 's3://BUCKET/PREFIX/processed/marts/bridge_track_genre/'
iam_role default
format as parquet;

create table if not exists "listening_marts"."dim_album" (
  "album_id" varchar(65535),
  "album_name" varchar(65535),
  "primary_artist_id" varchar(65535),
  "primary_artist_name" varchar(65535),
  "first_release_date" date,
  "track_count" bigint,
  "is_in_catalogue" boolean
);

truncate "listening_marts"."dim_album";

copy "listening_marts"."dim_album"
from 's3://BUCKET/PREFIX/processed/marts/dim_album/'
iam_role default
format as parquet;

create table if not exists "listening_marts"."dim_artist" (
  "artist_id" varchar(65535),
  "artist_name" varchar(65535),
  "track_count" bigint,
  "mean_popularity" double precision,
  "popularity" bigint,
  "followers" bigint,
  "is_in_catalogue" boolean,
  "first_snapshot_date" date,
  "last_snapshot_date" date
);

truncate "listening_marts"."dim_artist";

copy "listening_marts"."dim_artist"
from 's3://BUCKET/PREFIX/processed/marts/dim_artist/'
iam_role default
format as parquet;

create table if not exists "listening_marts"."dim_artist_history" (
  "artist_id" varchar(65535),
  "version" bigint,
  "valid_from" date,
  "valid_to" date,
  "is_current" boolean,
  "artist_name" varchar(65535),
  "track_count" bigint,
  "mean_popularity" double precision,
  "snapshots" bigint,
  "last_snapshot_date" date
);

truncate "listening_marts"."dim_artist_history";

copy "listening_marts"."dim_artist_history"
from 's3://BUCKET/PREFIX/processed/marts/dim_artist_history/'
iam_role default
format as parquet;

create table if not exists "listening_marts"."dim_country" (
  "country" varchar(65535),
  "country_name" varchar(65535),
  "region" varchar(65535),
  "time_zone" varchar(65535),
  "time_zone_count" bigint
);

truncate "listening_marts"."dim_country";

copy "listening_marts"."dim_country"
from 's3://BUCKET/PREFIX/processed/marts/dim_country/'
iam_role default
format as parquet;

create table if not exists "listening_marts"."dim_date" (
  "date_day" date,
  "year" bigint,
  "quarter" bigint,
  "month" bigint,
  "month_name" varchar(65535),
  "day_of_month" bigint,
  "day_of_year" bigint,
  "iso_year" bigint,
  "iso_week" bigint,
  "weekday" bigint,
  "weekday_name" varchar(65535),
  "is_weekend" boolean,
  "week_starts_on" date,
  "month_starts_on" date,
  "quarter_starts_on" date,
  "year_starts_on" date
);

truncate "listening_marts"."dim_date";

copy "listening_marts"."dim_date"
from 's3://BUCKET/PREFIX/processed/marts/dim_date/'
iam_role default
format as parquet;

create table if not exists "listening_marts"."dim_device" (
  "device" varchar(65535),
  "device_name" varchar(65535),
  "is_portable" boolean
);

truncate "listening_marts"."dim_device";

copy "listening_marts"."dim_device"
from 's3://BUCKET/PREFIX/processed/marts/dim_device/'
iam_role default
format as parquet;

create table if not exists "listening_marts"."dim_time_of_day" (
  "hour" bigint,
  "hour_name" varchar(65535),
  "part_of_day" varchar(65535),
  "part_of_day_number" bigint
);

truncate "listening_marts"."dim_time_of_day";

copy "listening_marts"."dim_time_of_day"
from 's3://BUCKET/PREFIX/processed/marts/dim_time_of_day/'
iam_role default
format as parquet;

create table if not exists "listening_marts"."dim_track" (
  "track_id" varchar(65535),
  "recording_id" varchar(65535),
  "recording_track_id" varchar(65535),
  "catalogue_track_id" varchar(65535),
  "content_type" varchar(65535),
  "track_name" varchar(65535),
  "artist_names" varchar(65535),
  "primary_artist_id" varchar(65535),
  "primary_artist_name" varchar(65535),
  "artist_count" bigint,
  "album_id" varchar(65535),
  "album_name" varchar(65535),
  "release_date" date,
  "release_precision" varchar(65535),
  "isrc" varchar(65535),
  "popularity" bigint,
  "duration_ms" bigint,
  "is_explicit" boolean,
  "danceability" double precision,
  "energy" double precision,
  "key" bigint,
  "loudness" double precision,
  "mode" bigint,
  "speechiness" double precision,
  "acousticness" double precision,
  "instrumentalness" double precision,
  "liveness" double precision,
  "valence" double precision,
  "tempo" double precision,
  "time_signature" bigint,
  "primary_genre" varchar(65535),
  "genre_count" bigint,
  "is_in_catalogue" boolean,
  "first_snapshot_date" date,
  "last_snapshot_date" date
);

truncate "listening_marts"."dim_track";

copy "listening_marts"."dim_track"
from 's3://BUCKET/PREFIX/processed/marts/dim_track/'
iam_role default
format as parquet;

create table if not exists "listening_marts"."dim_track_history" (
  "track_id" varchar(65535),
  "version" bigint,
  "valid_from" date,
  "valid_to" date,
  "is_current" boolean,
  "track_name" varchar(65535),
  "artist_names" varchar(65535),
  "primary_artist_id" varchar(65535),
  "album_name" varchar(65535),
  "release_date" date,
  "duration_ms" bigint,
  "is_explicit" boolean,
  "popularity" bigint,
  "genres" varchar(65535),
  "snapshots" bigint,
  "last_snapshot_date" date
);

truncate "listening_marts"."dim_track_history";

copy "listening_marts"."dim_track_history"
from 's3://BUCKET/PREFIX/processed/marts/dim_track_history/'
iam_role default
format as parquet;

create table if not exists "listening_marts"."dim_user" (
  "user_id" varchar(65535),
  "home_country" varchar(65535),
  "time_zone" varchar(65535),
  "time_zone_source" varchar(65535),
  "is_following_country" boolean,
  "first_listen_date" date,
  "last_listen_date" date,
  "listening_days" bigint
);

truncate "listening_marts"."dim_user";

copy "listening_marts"."dim_user"
from 's3://BUCKET/PREFIX/processed/marts/dim_user/'
iam_role default
format as parquet;

create table if not exists "listening_marts"."fact_artist_popularity" (
  "snapshot_date" date,
  "artist_id" varchar(65535),
  "popularity" bigint,
  "followers" bigint
);

truncate "listening_marts"."fact_artist_popularity";

copy "listening_marts"."fact_artist_popularity"
from 's3://BUCKET/PREFIX/processed/marts/fact_artist_popularity/'
iam_role default
format as parquet;

create table if not exists "listening_marts"."fact_listening_hours" (
  "user_id" varchar(65535),
  "hour_starts_at" timestamp,
  "time_zone" varchar(65535),
  "local_date" date,
  "local_hour" bigint,
  "local_weekday" bigint,
  "ms_listened" bigint,
  "ms_overlapping" bigint,
  "first_event_date" date,
  "last_event_date" date
);

truncate "listening_marts"."fact_listening_hours";

copy "listening_marts"."fact_listening_hours"
from 's3://BUCKET/PREFIX/processed/marts/fact_listening_hours/'
iam_role default
format as parquet;

create table if not exists "listening_marts"."fact_listens" (
  "event_id" varchar(65535),
  "event_date" date,
  "user_id" varchar(65535),
  "track_id" varchar(65535),
  "session_id" varchar(65535),
  "session_position" bigint,
  "started_at" timestamp,
  "ended_at" timestamp,
  "time_zone" varchar(65535),
  "local_started_at" timestamp,
  "local_date" date,
  "local_hour" bigint,
  "local_weekday" bigint,
  "ms_played" bigint,
  "track_duration_ms" bigint,
  "known_duration_ms" bigint,
  "outcome" varchar(65535),
  "is_stream" boolean,
  "is_skip" boolean,
  "is_complete" boolean,
  "is_abandoned" boolean,
  "is_outcome_unknown" boolean,
  "is_marked_skipped" boolean,
  "content_type" varchar(65535),
  "is_music" boolean,
  "device" varchar(65535),
  "country" varchar(65535),
  "is_shuffle" boolean,
  "reason_start" varchar(65535),
  "reason_end" varchar(65535),
  "source" varchar(65535)
);

truncate "listening_marts"."fact_listens";

copy "listening_marts"."fact_listens"
from 's3://BUCKET/PREFIX/processed/marts/fact_listens/'
iam_role default
format as parquet;

create table if not exists "listening_marts"."fact_sessions" (
  "session_id" varchar(65535),
  "user_id" varchar(65535),
  "started_at" timestamp,
  "ended_at" timestamp,
  "duration_ms" bigint,
  "time_zone" varchar(65535),
  "local_started_at" timestamp,
  "local_date" date,
  "local_hour" bigint,
  "device" varchar(65535),
  "country" varchar(65535),
  "playbacks" bigint,
  "plays" bigint,
  "streams" bigint,
  "skips" bigint,
  "completes" bigint,
  "abandons" bigint,
  "unknowns" bigint,
  "tracks" bigint,
  "ms_played" bigint,
  "first_event_date" date,
  "last_event_date" date
);

truncate "listening_marts"."fact_sessions";

copy "listening_marts"."fact_sessions"
from 's3://BUCKET/PREFIX/processed/marts/fact_sessions/'
iam_role default
format as parquet;

create table if not exists "listening_marts"."fact_track_popularity" (
  "snapshot_date" date,
  "track_id" varchar(65535),
  "popularity" bigint,
  "previous_snapshot_date" date,
  "previous_popularity" bigint,
  "popularity_change" bigint,
  "days_since_previous" bigint
);

truncate "listening_marts"."fact_track_popularity";

copy "listening_marts"."fact_track_popularity"
from 's3://BUCKET/PREFIX/processed/marts/fact_track_popularity/'
iam_role default
format as parquet;

create table if not exists "listening_marts"."fact_user_activity" (
  "user_id" varchar(65535),
  "local_date" date,
  "country" varchar(65535),
  "playbacks" bigint,
  "plays" bigint,
  "streams" bigint,
  "skips" bigint,
  "completes" bigint,
  "abandons" bigint,
  "unknowns" bigint,
  "skip_rate" double precision,
  "playlist_adds" bigint,
  "sessions" bigint,
  "tracks" bigint,
  "artists" bigint,
  "ms_played" bigint,
  "ms_listened" bigint,
  "minutes_listened" double precision,
  "first_event_date" date,
  "last_event_date" date,
  "engagement_score" bigint
);

truncate "listening_marts"."fact_user_activity";

copy "listening_marts"."fact_user_activity"
from 's3://BUCKET/PREFIX/processed/marts/fact_user_activity/'
iam_role default
format as parquet;

create table if not exists "listening_marts"."fct_listening_hours" (
  "user_id" varchar(65535),
  "hour_starts_at" timestamp,
  "time_zone" varchar(65535),
  "local_date" date,
  "local_hour" bigint,
  "local_weekday" bigint,
  "ms_listened" bigint,
  "ms_overlapping" bigint,
  "first_event_date" date,
  "last_event_date" date
);

truncate "listening_marts"."fct_listening_hours";

copy "listening_marts"."fct_listening_hours"
from 's3://BUCKET/PREFIX/processed/marts/fct_listening_hours/'
iam_role default
format as parquet;

create table if not exists "listening_marts"."fct_sessions" (
  "session_id" varchar(65535),
  "user_id" varchar(65535),
  "started_at" timestamp,
  "ended_at" timestamp,
  "duration_ms" bigint,
  "time_zone" varchar(65535),
  "local_started_at" timestamp,
  "local_date" date,
  "local_hour" bigint,
  "device" varchar(65535),
  "country" varchar(65535),
  "playbacks" bigint,
  "plays" bigint,
  "streams" bigint,
  "skips" bigint,
  "completes" bigint,
  "abandons" bigint,
  "unknowns" bigint,
  "tracks" bigint,
  "ms_played" bigint,
  "first_event_date" date,
  "last_event_date" date
);

truncate "listening_marts"."fct_sessions";

copy "listening_marts"."fct_sessions"
from 's3://BUCKET/PREFIX/processed/marts/fct_sessions/'
iam_role default
format as parquet;

create table if not exists "listening_marts"."fct_user_activity" (
  "user_id" varchar(65535),
  "local_date" date,
  "country" varchar(65535),
  "playbacks" bigint,
  "plays" bigint,
  "streams" bigint,
  "skips" bigint,
  "completes" bigint,
  "abandons" bigint,
  "unknowns" bigint,
  "skip_rate" double precision,
  "playlist_adds" bigint,
  "sessions" bigint,
  "tracks" bigint,
  "artists" bigint,
  "ms_played" bigint,
  "ms_listened" bigint,
  "minutes_listened" double precision,
  "first_event_date" date,
  "last_event_date" date,
  "engagement_score" bigint
);

truncate "listening_marts"."fct_user_activity";

copy "listening_marts"."fct_user_activity"
from 's3://BUCKET/PREFIX/processed/marts/fct_user_activity/'
iam_role default
format as parquet;

create table if not exists "listening_marts"."daily_aggregates" (
  "event_date" date,
  "plays" bigint,
  "streams" bigint,
  "skipped_streams" bigint,
  "skips" bigint,
  "completes" bigint,
  "abandons" bigint,
  "unknowns" bigint,
  "skip_rate" double precision,
  "listeners" bigint,
  "tracks" bigint,
  "ms_played" bigint
);

truncate "listening_marts"."daily_aggregates";

copy "listening_marts"."daily_aggregates"
from 's3://BUCKET/PREFIX/processed/marts/daily_aggregates/'
iam_role default
format as parquet;

create table if not exists "listening_marts"."daily_artist_metrics" (
  "event_date" date,
  "artist_id" varchar(65535),
  "artist_name" varchar(65535),
  "plays" bigint,
  "streams" bigint,
  "skips" bigint,
  "unknowns" bigint,
  "skip_rate" double precision,
  "listeners" bigint,
  "ms_played" bigint
);

truncate "listening_marts"."daily_artist_metrics";

copy "listening_marts"."daily_artist_metrics"
from 's3://BUCKET/PREFIX/processed/marts/daily_artist_metrics/'
iam_role default
format as parquet;

create table if not exists "listening_marts"."daily_genre_metrics" (
  "event_date" date,
  "genre" varchar(65535),
  "weighted_plays" double precision,
  "weighted_streams" double precision,
  "weighted_skips" double precision,
  "weighted_unknowns" double precision,
  "skip_rate" double precision,
  "weighted_ms_played" double precision,
  "listeners" bigint
);

truncate "listening_marts"."daily_genre_metrics";

copy "listening_marts"."daily_genre_metrics"
from 's3://BUCKET/PREFIX/processed/marts/daily_genre_metrics/'
iam_role default
format as parquet;

create table if not exists "listening_marts"."daily_hour_metrics" (
  "event_date" date,
  "time_zone" varchar(65535),
  "local_date" date,
  "local_hour" bigint,
  "local_weekday" bigint,
  "plays" bigint,
  "streams" bigint,
  "skips" bigint,
  "unknowns" bigint,
  "skip_rate" double precision,
  "ms_played" bigint
);

truncate "listening_marts"."daily_hour_metrics";

copy "listening_marts"."daily_hour_metrics"
from 's3://BUCKET/PREFIX/processed/marts/daily_hour_metrics/'
iam_role default
format as parquet;

create table if not exists "listening_marts"."daily_location_metrics" (
  "event_date" date,
  "country" varchar(65535),
  "device" varchar(65535),
  "plays" bigint,
  "streams" bigint,
  "skips" bigint,
  "unknowns" bigint,
  "skip_rate" double precision,
  "listeners" bigint,
  "ms_played" bigint
);

truncate "listening_marts"."daily_location_metrics";

copy "listening_marts"."daily_location_metrics"
from 's3://BUCKET/PREFIX/processed/marts/daily_location_metrics/'
iam_role default
format as parquet;

create table if not exists "listening_marts"."daily_session_metrics" (
  "local_date" date,
  "sessions" bigint,
  "listeners" bigint,
  "plays" bigint,
  "streams" bigint,
  "skips" bigint,
  "unknowns" bigint,
  "mean_duration_ms" double precision,
  "median_duration_ms" double precision,
  "mean_plays" double precision,
  "first_event_date" date,
  "last_event_date" date
);

truncate "listening_marts"."daily_session_metrics";

copy "listening_marts"."daily_session_metrics"
from 's3://BUCKET/PREFIX/processed/marts/daily_session_metrics/'
iam_role default
format as parquet;

create table if not exists "listening_marts"."daily_track_plays" (
  "event_date" date,
  "track_id" varchar(65535),
  "plays" bigint,
  "streams" bigint,
  "skips" bigint,
  "completes" bigint,
  "abandons" bigint,
  "unknowns" bigint,
  "ms_played" bigint
);

truncate "listening_marts"."daily_track_plays";

copy "listening_marts"."daily_track_plays"
from 's3://BUCKET/PREFIX/processed/marts/daily_track_plays/'
iam_role default
format as parquet;

create table if not exists "listening_marts"."listening_by_weather" (
  "user_id" varchar(65535),
  "condition" varchar(65535),
  "measure" varchar(65535),
  "compares" varchar(65535),
  "hours" bigint,
  "mean" double precision,
  "estimate" double precision,
  "ci_low" double precision,
  "ci_high" double precision,
  "relative_estimate" double precision,
  "p_value" double precision,
  "adjusted_p_value" double precision,
  "is_positive" boolean,
  "answer" varchar(65535)
);

truncate "listening_marts"."listening_by_weather";

copy "listening_marts"."listening_by_weather"
from 's3://BUCKET/PREFIX/processed/marts/listening_by_weather/'
iam_role default
format as parquet;

create table if not exists "listening_marts"."daily_skip_flags" (
  "event_date" date,
  "country" varchar(65535),
  "device" varchar(65535),
  "outcome" varchar(65535),
  "flag" varchar(65535),
  "plays" bigint
);

truncate "listening_marts"."daily_skip_flags";

copy "listening_marts"."daily_skip_flags"
from 's3://BUCKET/PREFIX/processed/marts/daily_skip_flags/'
iam_role default
format as parquet;

create table if not exists "listening_marts"."daily_skip_metrics" (
  "event_date" date,
  "dimension" varchar(65535),
  "value" varchar(65535),
  "plays" bigint,
  "streams" bigint,
  "skips" bigint,
  "completes" bigint,
  "abandons" bigint,
  "unknowns" bigint,
  "skip_rate" double precision,
  "ms_played" bigint
);

truncate "listening_marts"."daily_skip_metrics";

copy "listening_marts"."daily_skip_metrics"
from 's3://BUCKET/PREFIX/processed/marts/daily_skip_metrics/'
iam_role default
format as parquet;

create table if not exists "listening_marts"."daily_skip_seconds" (
  "event_date" date,
  "second" bigint,
  "plays" bigint,
  "skips" bigint,
  "completes" bigint,
  "abandons" bigint
);

truncate "listening_marts"."daily_skip_seconds";

copy "listening_marts"."daily_skip_seconds"
from 's3://BUCKET/PREFIX/processed/marts/daily_skip_seconds/'
iam_role default
format as parquet;

create table if not exists "listening_marts"."genre_skip_rates" (
  "genre" varchar(65535),
  "weighted_plays" double precision,
  "weighted_streams" double precision,
  "stream_share" double precision,
  "weighted_skips" double precision,
  "weighted_unknowns" double precision,
  "skip_rate" double precision,
  "first_event_date" date,
  "last_event_date" date
);

truncate "listening_marts"."genre_skip_rates";

copy "listening_marts"."genre_skip_rates"
from 's3://BUCKET/PREFIX/processed/marts/genre_skip_rates/'
iam_role default
format as parquet;

create table if not exists "listening_marts"."skip_survival_by_second" (
  "second" bigint,
  "playing" bigint,
  "skips" bigint,
  "completes" bigint,
  "abandons" bigint,
  "hazard" double precision,
  "survival" double precision
);

truncate "listening_marts"."skip_survival_by_second";

copy "listening_marts"."skip_survival_by_second"
from 's3://BUCKET/PREFIX/processed/marts/skip_survival_by_second/'
iam_role default
format as parquet;

create table if not exists "listening_snapshots"."recordings_history" (
  "track_key" varchar(65535),
  "recording_id" varchar(65535),
  "matched_by" varchar(65535),
  "catalogue_track_id" varchar(65535),
  "dbt_scd_id" varchar(65535),
  "dbt_updated_at" timestamp,
  "dbt_valid_from" timestamp,
  "dbt_valid_to" timestamp
);

truncate "listening_snapshots"."recordings_history";

copy "listening_snapshots"."recordings_history"
from 's3://BUCKET/PREFIX/processed/snapshots/recordings_history/'
iam_role default
format as parquet;
