-- Written by `make docs` from the table catalogue. The files stay where they are. Every question reads the
-- files of all months.

create schema if not exists `listening_raw`;

create schema if not exists `listening_core`;

create schema if not exists `listening_ml`;

create schema if not exists `listening_ops`;

create schema if not exists `listening_marts`;

create schema if not exists `listening_snapshots`;

create or replace external table `listening_raw`.`raw_tracks` (
  `snapshot_date` date,
  `source_file` string,
  `source_row` int64,
  `track_id` string,
  `track_name` string,
  `artists` string,
  `album_name` string,
  `release_date` string,
  `isrc` string,
  `popularity` int64,
  `artist_popularity` int64,
  `artist_followers` int64,
  `duration_ms` int64,
  `explicit` bool,
  `danceability` float64,
  `energy` float64,
  `key` int64,
  `loudness` float64,
  `mode` int64,
  `speechiness` float64,
  `acousticness` float64,
  `instrumentalness` float64,
  `liveness` float64,
  `valence` float64,
  `tempo` float64,
  `time_signature` int64,
  `genre` string,
  `extra` string
)
options (format = 'PARQUET', uris = ['gs://BUCKET/PREFIX/processed/raw/raw_tracks/*']);

create or replace external table `listening_raw`.`raw_events` (
  `event_id` string,
  `user_id` string,
  `track_id` string,
  `started_at` datetime,
  `ended_at` datetime,
  `reported_at` datetime,
  `event_date` date,
  `action` string,
  `ms_played` int64,
  `skipped` bool,
  `reason_start` string,
  `reason_end` string,
  `device` string,
  `country` string,
  `shuffle` bool,
  `session_id` string,
  `source` string,
  `content_type` string,
  `track_name` string,
  `artist_name` string,
  `album_name` string,
  `extra` string,
  `source_file` string,
  `source_row` int64
)
options (format = 'PARQUET', uris = ['gs://BUCKET/PREFIX/processed/raw/raw_events/*']);

create or replace external table `listening_core`.`tracks` (
  `snapshot_date` date,
  `track_id` string,
  `track_name` string,
  `artist_names` string,
  `primary_artist_id` string,
  `primary_artist_name` string,
  `artist_count` int64,
  `album_name` string,
  `release_date` date,
  `release_precision` string,
  `isrc` string,
  `popularity` int64,
  `popularity_spread` int64,
  `duration_ms` int64,
  `explicit` bool,
  `danceability` float64,
  `energy` float64,
  `key` int64,
  `loudness` float64,
  `mode` int64,
  `speechiness` float64,
  `acousticness` float64,
  `instrumentalness` float64,
  `liveness` float64,
  `valence` float64,
  `tempo` float64,
  `time_signature` int64,
  `primary_genre` string,
  `genre_count` int64,
  `source_rows` int64
)
options (format = 'PARQUET', uris = ['gs://BUCKET/PREFIX/processed/core/tracks/*']);

create or replace external table `listening_core`.`artists` (
  `snapshot_date` date,
  `artist_id` string,
  `artist_name` string,
  `track_count` int64,
  `mean_popularity` float64,
  `popularity` int64,
  `followers` int64
)
options (format = 'PARQUET', uris = ['gs://BUCKET/PREFIX/processed/core/artists/*']);

create or replace external table `listening_core`.`track_artists` (
  `snapshot_date` date,
  `track_id` string,
  `position` int64,
  `artist_id` string
)
options (format = 'PARQUET', uris = ['gs://BUCKET/PREFIX/processed/core/track_artists/*']);

create or replace external table `listening_core`.`track_genres` (
  `snapshot_date` date,
  `track_id` string,
  `genre` string,
  `weight` float64
)
options (format = 'PARQUET', uris = ['gs://BUCKET/PREFIX/processed/core/track_genres/*']);

create or replace external table `listening_core`.`listening_events` (
  `event_id` string,
  `user_id` string,
  `track_id` string,
  `started_at` datetime,
  `ended_at` datetime,
  `reported_at` datetime,
  `event_date` date,
  `action` string,
  `ms_played` int64,
  `skipped` bool,
  `reason_start` string,
  `reason_end` string,
  `device` string,
  `country` string,
  `shuffle` bool,
  `session_id` string,
  `source` string,
  `content_type` string,
  `track_name` string,
  `artist_name` string,
  `album_name` string,
  `extra` string,
  `filled_from` string,
  `track_key` string,
  `session_position` int64,
  `track_duration_ms` int64,
  `known_duration_ms` int64,
  `outcome` string,
  `is_stream` bool
)
options (format = 'PARQUET', uris = ['gs://BUCKET/PREFIX/processed/core/listening_events/*']);

create or replace external table `listening_core`.`countries` (
  `country` string,
  `country_name` string,
  `region` string,
  `time_zone` string,
  `time_zone_count` int64
)
options (format = 'PARQUET', uris = ['gs://BUCKET/PREFIX/processed/core/countries/*']);

create or replace external table `listening_core`.`user_profiles` (
  `user_id` string,
  `time_zone` string,
  `follows_country` bool
)
options (format = 'PARQUET', uris = ['gs://BUCKET/PREFIX/processed/core/user_profiles/*']);

create or replace external table `listening_core`.`played_tracks` (
  `event_date` date,
  `track_key` string,
  `track_id` string,
  `content_type` string,
  `track_name` string,
  `artist_name` string,
  `album_name` string,
  `playbacks` int64
)
options (format = 'PARQUET', uris = ['gs://BUCKET/PREFIX/processed/core/played_tracks/*']);

create or replace external table `listening_core`.`recordings` (
  `track_key` string,
  `track_id` string,
  `recording_id` string,
  `matched_by` string,
  `catalogue_track_id` string,
  `track_name` string,
  `artist_names` string,
  `duration_ms` int64
)
options (format = 'PARQUET', uris = ['gs://BUCKET/PREFIX/processed/core/recordings/*']);

create or replace external table `listening_core`.`listening_hours` (
  `event_date` date,
  `user_id` string,
  `hour_starts_at` datetime,
  `time_zone` string,
  `local_date` date,
  `local_hour` int64,
  `ms_listened` int64,
  `ms_overlapping` int64
)
options (format = 'PARQUET', uris = ['gs://BUCKET/PREFIX/processed/core/listening_hours/*']);

create or replace external table `listening_core`.`weather_hours` (
  `place_id` string,
  `place_name` string,
  `is_of_country` bool,
  `latitude` float64,
  `longitude` float64,
  `hour_starts_at` datetime,
  `event_date` date,
  `temperature_c` float64,
  `rain_mm` float64,
  `cloud_cover` float64,
  `is_daylight` bool
)
options (format = 'PARQUET', uris = ['gs://BUCKET/PREFIX/processed/core/weather_hours/*']);

create or replace external table `listening_core`.`weather_effects` (
  `user_id` string,
  `condition` string,
  `measure` string,
  `compares` string,
  `hours` int64,
  `blocks` int64,
  `mean` float64,
  `estimate` float64,
  `ci_low` float64,
  `ci_high` float64,
  `p_value` float64,
  `adjusted_p_value` float64,
  `is_positive` bool,
  `rule_version` string
)
options (format = 'PARQUET', uris = ['gs://BUCKET/PREFIX/processed/core/weather_effects/*']);

create or replace external table `listening_core`.`daily_track_metrics` (
  `event_date` date,
  `track_id` string,
  `plays` int64,
  `streams` int64,
  `skips` int64,
  `completes` int64,
  `abandons` int64,
  `unknowns` int64,
  `skip_rate` float64,
  `listeners` int64,
  `ms_played` int64,
  `playlist_adds` int64,
  `pauses` int64
)
options (format = 'PARQUET', uris = ['gs://BUCKET/PREFIX/processed/core/daily_track_metrics/*']);

create or replace external table `listening_ml`.`model_features` (
  `event_id` string,
  `event_date` date,
  `user_id` string,
  `track_id` string,
  `started_at` datetime,
  `is_skip` bool,
  `danceability` float64,
  `energy` float64,
  `key` int64,
  `loudness` float64,
  `mode` int64,
  `speechiness` float64,
  `acousticness` float64,
  `instrumentalness` float64,
  `liveness` float64,
  `valence` float64,
  `tempo` float64,
  `time_signature` int64,
  `popularity` int64,
  `duration_ms` int64,
  `explicit` bool,
  `hour_utc` int64,
  `weekday` int64,
  `device` string,
  `shuffle` bool,
  `reason_start` string,
  `session_position` int64,
  `previous_is_skip` bool,
  `recent_skip_rate` float64,
  `gap_seconds` float64,
  `user_plays` int64,
  `user_skip_rate` float64,
  `user_track_plays` int64,
  `user_track_skip_rate` float64,
  `user_artist_plays` int64,
  `user_artist_skip_rate` float64
)
options (format = 'PARQUET', uris = ['gs://BUCKET/PREFIX/processed/ml/model_features/*']);

create or replace external table `listening_ml`.`skip_model` (
  `cutoff_date` date,
  `rule_version` string,
  `train_from` date,
  `train_to` date,
  `test_from` date,
  `test_to` date,
  `train_rows` int64,
  `test_rows` int64,
  `incomplete_rows` int64,
  `users` int64,
  `base_rate` float64,
  `test_skip_rate` float64,
  `auc` float64,
  `accuracy` float64,
  `base_accuracy` float64,
  `log_loss` float64,
  `base_log_loss` float64,
  `pseudo_r2` float64,
  `insight` string,
  `coefficient_plot` string
)
options (format = 'PARQUET', uris = ['gs://BUCKET/PREFIX/processed/ml/skip_model/*']);

create or replace external table `listening_ml`.`skip_model_coefficients` (
  `cutoff_date` date,
  `term` string,
  `coefficient` float64,
  `standard_error` float64,
  `ci_low` float64,
  `ci_high` float64,
  `p_value` float64,
  `odds_ratio` float64,
  `odds_ratio_low` float64,
  `odds_ratio_high` float64,
  `feature_mean` float64,
  `feature_sd` float64
)
options (format = 'PARQUET', uris = ['gs://BUCKET/PREFIX/processed/ml/skip_model_coefficients/*']);

create or replace external table `listening_ml`.`skip_ladder` (
  `cutoff_date` date,
  `step` int64,
  `rung` string,
  `estimator` string,
  `rule_version` string,
  `train_from` date,
  `train_to` date,
  `test_from` date,
  `test_to` date,
  `train_rows` int64,
  `test_rows` int64,
  `sampled_from` int64,
  `cluster` string,
  `clusters` int64,
  `columns` int64,
  `auc` float64,
  `auc_low` float64,
  `auc_high` float64,
  `log_loss` float64,
  `log_loss_low` float64,
  `log_loss_high` float64,
  `brier` float64,
  `brier_low` float64,
  `brier_high` float64,
  `accuracy` float64,
  `accuracy_low` float64,
  `accuracy_high` float64,
  `calibration_error` float64,
  `calibration_error_low` float64,
  `calibration_error_high` float64,
  `insight` string
)
options (format = 'PARQUET', uris = ['gs://BUCKET/PREFIX/processed/ml/skip_ladder/*']);

create or replace external table `listening_ml`.`skip_ladder_coefficients` (
  `cutoff_date` date,
  `rung` string,
  `term` string,
  `coefficient` float64,
  `standard_error` float64,
  `ci_low` float64,
  `ci_high` float64,
  `p_value` float64,
  `odds_ratio` float64,
  `odds_ratio_low` float64,
  `odds_ratio_high` float64,
  `column_mean` float64,
  `column_sd` float64
)
options (format = 'PARQUET', uris = ['gs://BUCKET/PREFIX/processed/ml/skip_ladder_coefficients/*']);

create or replace external table `listening_ml`.`feature_drift` (
  `cutoff_date` date,
  `feature` string,
  `psi` float64,
  `train_unknown` float64,
  `test_unknown` float64
)
options (format = 'PARQUET', uris = ['gs://BUCKET/PREFIX/processed/ml/feature_drift/*']);

create or replace external table `listening_ml`.`skip_curves` (
  `cutoff_date` date,
  `curve` string,
  `rung` string,
  `estimator` string,
  `point` int64,
  `x` float64,
  `y` float64,
  `playbacks` int64
)
options (format = 'PARQUET', uris = ['gs://BUCKET/PREFIX/processed/ml/skip_curves/*']);

create or replace external table `listening_ml`.`skip_predictions` (
  `cutoff_date` date,
  `track_id` string,
  `model_id` string,
  `playbacks` int64,
  `skip_probability` float64,
  `skip_rate` float64,
  `popularity` int64
)
options (format = 'PARQUET', uris = ['gs://BUCKET/PREFIX/processed/ml/skip_predictions/*']);

create or replace external table `listening_ml`.`model_registry` (
  `cutoff_date` date,
  `model_id` string,
  `target` string,
  `estimator` string,
  `rule_version` string,
  `train_from` date,
  `train_to` date,
  `test_from` date,
  `test_to` date,
  `log_loss` float64,
  `auc` float64,
  `previous_model_id` string,
  `previous_log_loss` float64,
  `previous_auc` float64,
  `challenged_model_id` string,
  `challenged_log_loss` float64,
  `promoted` bool,
  `current_model_id` string,
  `model` string
)
options (format = 'PARQUET', uris = ['gs://BUCKET/PREFIX/processed/ml/model_registry/*']);

create or replace external table `listening_ml`.`skip_survival` (
  `cutoff_date` date,
  `dimension` string,
  `value` string,
  `second` int64,
  `playbacks` int64,
  `survival` float64,
  `survival_low` float64,
  `survival_high` float64,
  `grade` string
)
options (format = 'PARQUET', uris = ['gs://BUCKET/PREFIX/processed/ml/skip_survival/*']);

create or replace external table `listening_ml`.`skip_flag_agreement` (
  `cutoff_date` date,
  `source` string,
  `reason_end` string,
  `outcome` string,
  `flag` string,
  `playbacks` int64,
  `agrees` bool
)
options (format = 'PARQUET', uris = ['gs://BUCKET/PREFIX/processed/ml/skip_flag_agreement/*']);

create or replace external table `listening_ml`.`popularity_model` (
  `cutoff_date` date,
  `estimator` string,
  `rule_version` string,
  `snapshot_date` date,
  `train_rows` int64,
  `test_rows` int64,
  `artists` int64,
  `middle_from` float64,
  `high_from` float64,
  `auc` float64,
  `auc_low` float64,
  `auc_high` float64,
  `log_loss` float64,
  `log_loss_low` float64,
  `log_loss_high` float64,
  `brier` float64,
  `brier_low` float64,
  `brier_high` float64,
  `accuracy` float64,
  `accuracy_low` float64,
  `accuracy_high` float64,
  `calibration_error` float64,
  `calibration_error_low` float64,
  `calibration_error_high` float64,
  `insight` string
)
options (format = 'PARQUET', uris = ['gs://BUCKET/PREFIX/processed/ml/popularity_model/*']);

create or replace external table `listening_ml`.`popularity_coefficients` (
  `cutoff_date` date,
  `bucket` string,
  `term` string,
  `coefficient` float64,
  `standard_error` float64,
  `ci_low` float64,
  `ci_high` float64,
  `p_value` float64,
  `odds_ratio` float64,
  `odds_ratio_low` float64,
  `odds_ratio_high` float64,
  `column_mean` float64,
  `column_sd` float64
)
options (format = 'PARQUET', uris = ['gs://BUCKET/PREFIX/processed/ml/popularity_coefficients/*']);

create or replace external table `listening_ml`.`recommendations` (
  `cutoff_date` date,
  `user_id` string,
  `task` string,
  `rank` int64,
  `track_id` string,
  `score` float64,
  `reason` string
)
options (format = 'PARQUET', uris = ['gs://BUCKET/PREFIX/processed/ml/recommendations/*']);

create or replace external table `listening_ml`.`recommendation_quality` (
  `cutoff_date` date,
  `task` string,
  `step` int64,
  `rung` string,
  `rule_version` string,
  `train_from` date,
  `train_to` date,
  `test_from` date,
  `test_to` date,
  `listeners` int64,
  `requests` int64,
  `tracks` int64,
  `recall_10` float64,
  `recall_10_low` float64,
  `recall_10_high` float64,
  `recall_20` float64,
  `recall_20_low` float64,
  `recall_20_high` float64,
  `ndcg_10` float64,
  `ndcg_10_low` float64,
  `ndcg_10_high` float64,
  `mrr` float64,
  `mrr_low` float64,
  `mrr_high` float64,
  `coverage` float64,
  `novelty` float64,
  `novelty_low` float64,
  `novelty_high` float64,
  `popularity_bias` float64,
  `insight` string
)
options (format = 'PARQUET', uris = ['gs://BUCKET/PREFIX/processed/ml/recommendation_quality/*']);

create or replace external table `listening_ml`.`unusual_listening` (
  `unusual_id` string,
  `event_date` date,
  `kind` string,
  `sign` string,
  `user_id` string,
  `source` string,
  `started_at` datetime,
  `ended_at` datetime,
  `device` string,
  `playbacks` int64,
  `ms_played` int64,
  `says` string,
  `rule_version` string
)
options (format = 'PARQUET', uris = ['gs://BUCKET/PREFIX/processed/ml/unusual_listening/*']);

create or replace external table `listening_ops`.`import_receipts` (
  `receipt_id` string,
  `landed_at` datetime,
  `input_file` string,
  `input_sha256` string,
  `kind` string,
  `target` string,
  `user_id` string,
  `source_file` string,
  `first_date` date,
  `last_date` date,
  `books_date` date,
  `dialect` string,
  `outcome` string,
  `reason` string,
  `rows` int64
)
options (format = 'PARQUET', uris = ['gs://BUCKET/PREFIX/processed/ops/import_receipts/*']);

create or replace external table `listening_ops`.`rejected_rows` (
  `table_name` string,
  `slice_date` date,
  `source_file` string,
  `source_row` int64,
  `reason` string,
  `detail` string,
  `original` string
)
options (format = 'PARQUET', uris = ['gs://BUCKET/PREFIX/processed/ops/rejected_rows/*']);

create or replace external table `listening_ops`.`duplicate_plays` (
  `event_date` date,
  `event_id` string,
  `kept_event_id` string,
  `user_id` string,
  `reason` string,
  `source` string,
  `kept_source` string,
  `source_file` string,
  `source_row` int64
)
options (format = 'PARQUET', uris = ['gs://BUCKET/PREFIX/processed/ops/duplicate_plays/*']);

create or replace external table `listening_ops`.`row_counts` (
  `table_name` string,
  `slice_date` date,
  `slice_end` date,
  `outcome` string,
  `reason` string,
  `rows` int64,
  `written_at` datetime
)
options (format = 'PARQUET', uris = ['gs://BUCKET/PREFIX/processed/ops/row_counts/*']);

create or replace external table `listening_ops`.`check_results` (
  `checked_at` datetime,
  `table_name` string,
  `check_name` string,
  `slice_date` date,
  `passed` bool,
  `severity` string,
  `failing_rows` int64,
  `detail` string
)
options (format = 'PARQUET', uris = ['gs://BUCKET/PREFIX/processed/ops/check_results/*']);

create or replace external table `listening_ops`.`run_costs` (
  `run_id` string,
  `step` string,
  `table_name` string,
  `started_at` datetime,
  `wall_seconds` float64,
  `cpu_seconds` float64,
  `peak_memory_bytes` int64,
  `rows_in` int64,
  `rows_out` int64,
  `bytes_in` int64,
  `bytes_out` int64,
  `stored_bytes` int64
)
options (format = 'PARQUET', uris = ['gs://BUCKET/PREFIX/processed/ops/run_costs/*']);

create or replace external table `listening_marts`.`cohort_retention` (
  `period` string,
  `cohort_start` date,
  `periods_since_start` int64,
  `cohort_users` int64,
  `users` int64,
  `retention` float64
)
options (format = 'PARQUET', uris = ['gs://BUCKET/PREFIX/processed/marts/cohort_retention/*']);

create or replace external table `listening_marts`.`daily_active_users` (
  `local_date` date,
  `daily_active_users` int64,
  `weekly_active_users` int64,
  `monthly_active_users` int64,
  `stickiness` float64,
  `plays` int64,
  `streams` int64,
  `skips` int64,
  `unknowns` int64,
  `ms_played` int64,
  `plays_per_active_user` float64,
  `streams_per_active_user` float64,
  `first_event_date` date,
  `last_event_date` date
)
options (format = 'PARQUET', uris = ['gs://BUCKET/PREFIX/processed/marts/daily_active_users/*']);

create or replace external table `listening_marts`.`first_listens` (
  `user_id` string,
  `track_id` string,
  `event_date` date,
  `first_ended_at` datetime
)
options (format = 'PARQUET', uris = ['gs://BUCKET/PREFIX/processed/marts/first_listens/*']);

create or replace external table `listening_marts`.`user_activity_periods` (
  `period` string,
  `period_start` date,
  `user_id` string,
  `active_days` int64,
  `plays` int64,
  `streams` int64,
  `first_event_date` date,
  `last_event_date` date
)
options (format = 'PARQUET', uris = ['gs://BUCKET/PREFIX/processed/marts/user_activity_periods/*']);

create or replace external table `listening_marts`.`user_lifetimes` (
  `user_id` string,
  `first_listen_date` date,
  `last_listen_date` date,
  `active_days` int64,
  `longest_streak_days` int64,
  `last_streak_days` int64,
  `sessions` int64,
  `plays` int64,
  `streams` int64,
  `skips` int64,
  `unknowns` int64,
  `skip_rate` float64,
  `ms_played` int64,
  `tracks_streamed` int64,
  `repeat_share` float64
)
options (format = 'PARQUET', uris = ['gs://BUCKET/PREFIX/processed/marts/user_lifetimes/*']);

create or replace external table `listening_marts`.`album_totals` (
  `album_id` string,
  `album_name` string,
  `primary_artist_id` string,
  `primary_artist_name` string,
  `first_release_date` date,
  `track_count` int64,
  `tracks_played` int64,
  `plays` int64,
  `streams` int64,
  `skips` int64,
  `unknowns` int64,
  `skip_rate` float64,
  `ms_played` int64,
  `top_track_share` float64,
  `mean_popularity` float64,
  `mean_duration_ms` float64,
  `first_event_date` date,
  `last_event_date` date,
  `album_rank` int64
)
options (format = 'PARQUET', uris = ['gs://BUCKET/PREFIX/processed/marts/album_totals/*']);

create or replace external table `listening_marts`.`artist_totals` (
  `artist_id` string,
  `artist_name` string,
  `mean_popularity` float64,
  `plays` int64,
  `streams` int64,
  `stream_share` float64,
  `skips` int64,
  `unknowns` int64,
  `skip_rate` float64,
  `ms_played` int64,
  `tracks_played` int64,
  `first_event_date` date,
  `last_event_date` date,
  `artist_rank` int64
)
options (format = 'PARQUET', uris = ['gs://BUCKET/PREFIX/processed/marts/artist_totals/*']);

create or replace external table `listening_marts`.`monthly_genre_metrics` (
  `event_month` date,
  `genre` string,
  `weighted_plays` float64,
  `weighted_streams` float64,
  `stream_share` float64,
  `weighted_skips` float64,
  `weighted_unknowns` float64,
  `skip_rate` float64,
  `weighted_ms_played` float64,
  `tracks_played` int64,
  `first_event_date` date,
  `last_event_date` date
)
options (format = 'PARQUET', uris = ['gs://BUCKET/PREFIX/processed/marts/monthly_genre_metrics/*']);

create or replace external table `listening_marts`.`monthly_taste` (
  `event_month` date,
  `streams` int64,
  `tracks` int64,
  `first_listens` int64,
  `discovery_share` float64,
  `mean_popularity` float64,
  `mainstream_share` float64,
  `niche_share` float64,
  `mean_release_year` float64,
  `mean_danceability` float64,
  `mean_energy` float64,
  `mean_valence` float64,
  `mean_acousticness` float64,
  `mean_instrumentalness` float64,
  `mean_speechiness` float64,
  `mean_tempo` float64,
  `genre_distance` float64,
  `audio_distance` float64
)
options (format = 'PARQUET', uris = ['gs://BUCKET/PREFIX/processed/marts/monthly_taste/*']);

create or replace external table `listening_marts`.`monthly_track_metrics` (
  `event_month` date,
  `track_id` string,
  `plays` int64,
  `streams` int64,
  `skips` int64,
  `completes` int64,
  `abandons` int64,
  `unknowns` int64,
  `listeners` int64,
  `ms_played` int64,
  `first_event_date` date,
  `last_event_date` date
)
options (format = 'PARQUET', uris = ['gs://BUCKET/PREFIX/processed/marts/monthly_track_metrics/*']);

create or replace external table `listening_marts`.`new_release_trends` (
  `track_id` string,
  `track_name` string,
  `primary_artist_id` string,
  `primary_artist_name` string,
  `release_date` date,
  `newest_event_date` date,
  `days_since_release` int64,
  `recent_streams` int64,
  `previous_streams` int64,
  `recent_skip_rate` float64,
  `trending_score` float64
)
options (format = 'PARQUET', uris = ['gs://BUCKET/PREFIX/processed/marts/new_release_trends/*']);

create or replace external table `listening_marts`.`popularity_by_snapshot` (
  `snapshot_date` date,
  `popularity_from` int64,
  `tracks` int64,
  `track_share` float64,
  `mean_popularity` float64
)
options (format = 'PARQUET', uris = ['gs://BUCKET/PREFIX/processed/marts/popularity_by_snapshot/*']);

create or replace external table `listening_marts`.`ranked_tracks` (
  `counted_by` string,
  `track_id` string,
  `recording_track_id` string,
  `track_ids` int64,
  `track_name` string,
  `primary_artist_id` string,
  `primary_artist_name` string,
  `album_id` string,
  `album_name` string,
  `primary_genre` string,
  `release_date` date,
  `duration_ms` int64,
  `popularity` int64,
  `plays` int64,
  `streams` int64,
  `skips` int64,
  `completes` int64,
  `abandons` int64,
  `unknowns` int64,
  `skip_rate` float64,
  `listeners` int64,
  `ms_played` int64,
  `first_event_date` date,
  `last_event_date` date,
  `track_rank` int64,
  `rank_in_artist` int64
)
options (format = 'PARQUET', uris = ['gs://BUCKET/PREFIX/processed/marts/ranked_tracks/*']);

create or replace external table `listening_marts`.`recording_totals` (
  `track_id` string,
  `track_ids` int64,
  `track_name` string,
  `primary_artist_id` string,
  `primary_artist_name` string,
  `album_id` string,
  `album_name` string,
  `primary_genre` string,
  `release_date` date,
  `duration_ms` int64,
  `popularity` int64,
  `plays` int64,
  `streams` int64,
  `skips` int64,
  `completes` int64,
  `abandons` int64,
  `unknowns` int64,
  `skip_rate` float64,
  `listeners` int64,
  `ms_played` int64,
  `first_event_date` date,
  `last_event_date` date,
  `track_rank` int64,
  `rank_in_artist` int64
)
options (format = 'PARQUET', uris = ['gs://BUCKET/PREFIX/processed/marts/recording_totals/*']);

create or replace external table `listening_marts`.`track_totals` (
  `track_id` string,
  `recording_track_id` string,
  `track_name` string,
  `primary_artist_id` string,
  `primary_artist_name` string,
  `album_id` string,
  `album_name` string,
  `primary_genre` string,
  `release_date` date,
  `duration_ms` int64,
  `popularity` int64,
  `plays` int64,
  `streams` int64,
  `skips` int64,
  `completes` int64,
  `abandons` int64,
  `unknowns` int64,
  `skip_rate` float64,
  `listeners` int64,
  `ms_played` int64,
  `first_event_date` date,
  `last_event_date` date,
  `track_rank` int64,
  `rank_in_artist` int64
)
options (format = 'PARQUET', uris = ['gs://BUCKET/PREFIX/processed/marts/track_totals/*']);

create or replace external table `listening_marts`.`bridge_track_artist` (
  `track_id` string,
  `artist_id` string,
  `position` int64
)
options (format = 'PARQUET', uris = ['gs://BUCKET/PREFIX/processed/marts/bridge_track_artist/*']);

create or replace external table `listening_marts`.`bridge_track_genre` (
  `track_id` string,
  `genre` string,
  `weight` float64
)
options (format = 'PARQUET', uris = ['gs://BUCKET/PREFIX/processed/marts/bridge_track_genre/*']);

create or replace external table `listening_marts`.`dim_album` (
  `album_id` string,
  `album_name` string,
  `primary_artist_id` string,
  `primary_artist_name` string,
  `first_release_date` date,
  `track_count` int64,
  `is_in_catalogue` bool
)
options (format = 'PARQUET', uris = ['gs://BUCKET/PREFIX/processed/marts/dim_album/*']);

create or replace external table `listening_marts`.`dim_artist` (
  `artist_id` string,
  `artist_name` string,
  `track_count` int64,
  `mean_popularity` float64,
  `popularity` int64,
  `followers` int64,
  `is_in_catalogue` bool,
  `first_snapshot_date` date,
  `last_snapshot_date` date
)
options (format = 'PARQUET', uris = ['gs://BUCKET/PREFIX/processed/marts/dim_artist/*']);

create or replace external table `listening_marts`.`dim_artist_history` (
  `artist_id` string,
  `version` int64,
  `valid_from` date,
  `valid_to` date,
  `is_current` bool,
  `artist_name` string,
  `track_count` int64,
  `mean_popularity` float64,
  `snapshots` int64,
  `last_snapshot_date` date
)
options (format = 'PARQUET', uris = ['gs://BUCKET/PREFIX/processed/marts/dim_artist_history/*']);

create or replace external table `listening_marts`.`dim_country` (
  `country` string,
  `country_name` string,
  `region` string,
  `time_zone` string,
  `time_zone_count` int64
)
options (format = 'PARQUET', uris = ['gs://BUCKET/PREFIX/processed/marts/dim_country/*']);

create or replace external table `listening_marts`.`dim_date` (
  `date_day` date,
  `year` int64,
  `quarter` int64,
  `month` int64,
  `month_name` string,
  `day_of_month` int64,
  `day_of_year` int64,
  `iso_year` int64,
  `iso_week` int64,
  `weekday` int64,
  `weekday_name` string,
  `is_weekend` bool,
  `week_starts_on` date,
  `month_starts_on` date,
  `quarter_starts_on` date,
  `year_starts_on` date
)
options (format = 'PARQUET', uris = ['gs://BUCKET/PREFIX/processed/marts/dim_date/*']);

create or replace external table `listening_marts`.`dim_device` (
  `device` string,
  `device_name` string,
  `is_portable` bool
)
options (format = 'PARQUET', uris = ['gs://BUCKET/PREFIX/processed/marts/dim_device/*']);

create or replace external table `listening_marts`.`dim_time_of_day` (
  `hour` int64,
  `hour_name` string,
  `part_of_day` string,
  `part_of_day_number` int64
)
options (format = 'PARQUET', uris = ['gs://BUCKET/PREFIX/processed/marts/dim_time_of_day/*']);

create or replace external table `listening_marts`.`dim_track` (
  `track_id` string,
  `recording_id` string,
  `recording_track_id` string,
  `catalogue_track_id` string,
  `content_type` string,
  `track_name` string,
  `artist_names` string,
  `primary_artist_id` string,
  `primary_artist_name` string,
  `artist_count` int64,
  `album_id` string,
  `album_name` string,
  `release_date` date,
  `release_precision` string,
  `isrc` string,
  `popularity` int64,
  `duration_ms` int64,
  `is_explicit` bool,
  `danceability` float64,
  `energy` float64,
  `key` int64,
  `loudness` float64,
  `mode` int64,
  `speechiness` float64,
  `acousticness` float64,
  `instrumentalness` float64,
  `liveness` float64,
  `valence` float64,
  `tempo` float64,
  `time_signature` int64,
  `primary_genre` string,
  `genre_count` int64,
  `is_in_catalogue` bool,
  `first_snapshot_date` date,
  `last_snapshot_date` date
)
options (format = 'PARQUET', uris = ['gs://BUCKET/PREFIX/processed/marts/dim_track/*']);

create or replace external table `listening_marts`.`dim_track_history` (
  `track_id` string,
  `version` int64,
  `valid_from` date,
  `valid_to` date,
  `is_current` bool,
  `track_name` string,
  `artist_names` string,
  `primary_artist_id` string,
  `album_name` string,
  `release_date` date,
  `duration_ms` int64,
  `is_explicit` bool,
  `popularity` int64,
  `genres` string,
  `snapshots` int64,
  `last_snapshot_date` date
)
options (format = 'PARQUET', uris = ['gs://BUCKET/PREFIX/processed/marts/dim_track_history/*']);

create or replace external table `listening_marts`.`dim_user` (
  `user_id` string,
  `home_country` string,
  `time_zone` string,
  `time_zone_source` string,
  `is_following_country` bool,
  `first_listen_date` date,
  `last_listen_date` date,
  `listening_days` int64
)
options (format = 'PARQUET', uris = ['gs://BUCKET/PREFIX/processed/marts/dim_user/*']);

create or replace external table `listening_marts`.`fact_artist_popularity` (
  `snapshot_date` date,
  `artist_id` string,
  `popularity` int64,
  `followers` int64
)
options (format = 'PARQUET', uris = ['gs://BUCKET/PREFIX/processed/marts/fact_artist_popularity/*']);

create or replace external table `listening_marts`.`fact_listening_hours` (
  `user_id` string,
  `hour_starts_at` datetime,
  `time_zone` string,
  `local_date` date,
  `local_hour` int64,
  `local_weekday` int64,
  `ms_listened` int64,
  `ms_overlapping` int64,
  `first_event_date` date,
  `last_event_date` date
)
options (format = 'PARQUET', uris = ['gs://BUCKET/PREFIX/processed/marts/fact_listening_hours/*']);

create or replace external table `listening_marts`.`fact_listens` (
  `event_id` string,
  `event_date` date,
  `user_id` string,
  `track_id` string,
  `session_id` string,
  `session_position` int64,
  `started_at` datetime,
  `ended_at` datetime,
  `time_zone` string,
  `local_started_at` datetime,
  `local_date` date,
  `local_hour` int64,
  `local_weekday` int64,
  `ms_played` int64,
  `track_duration_ms` int64,
  `known_duration_ms` int64,
  `outcome` string,
  `is_stream` bool,
  `is_skip` bool,
  `is_complete` bool,
  `is_abandoned` bool,
  `is_outcome_unknown` bool,
  `is_marked_skipped` bool,
  `content_type` string,
  `is_music` bool,
  `device` string,
  `country` string,
  `is_shuffle` bool,
  `reason_start` string,
  `reason_end` string,
  `source` string
)
options (format = 'PARQUET', uris = ['gs://BUCKET/PREFIX/processed/marts/fact_listens/*']);

create or replace external table `listening_marts`.`fact_sessions` (
  `session_id` string,
  `user_id` string,
  `started_at` datetime,
  `ended_at` datetime,
  `duration_ms` int64,
  `time_zone` string,
  `local_started_at` datetime,
  `local_date` date,
  `local_hour` int64,
  `device` string,
  `country` string,
  `playbacks` int64,
  `plays` int64,
  `streams` int64,
  `skips` int64,
  `completes` int64,
  `abandons` int64,
  `unknowns` int64,
  `tracks` int64,
  `ms_played` int64,
  `first_event_date` date,
  `last_event_date` date
)
options (format = 'PARQUET', uris = ['gs://BUCKET/PREFIX/processed/marts/fact_sessions/*']);

create or replace external table `listening_marts`.`fact_track_popularity` (
  `snapshot_date` date,
  `track_id` string,
  `popularity` int64,
  `previous_snapshot_date` date,
  `previous_popularity` int64,
  `popularity_change` int64,
  `days_since_previous` int64
)
options (format = 'PARQUET', uris = ['gs://BUCKET/PREFIX/processed/marts/fact_track_popularity/*']);

create or replace external table `listening_marts`.`fact_user_activity` (
  `user_id` string,
  `local_date` date,
  `country` string,
  `playbacks` int64,
  `plays` int64,
  `streams` int64,
  `skips` int64,
  `completes` int64,
  `abandons` int64,
  `unknowns` int64,
  `skip_rate` float64,
  `playlist_adds` int64,
  `sessions` int64,
  `tracks` int64,
  `artists` int64,
  `ms_played` int64,
  `ms_listened` int64,
  `minutes_listened` float64,
  `first_event_date` date,
  `last_event_date` date,
  `engagement_score` int64
)
options (format = 'PARQUET', uris = ['gs://BUCKET/PREFIX/processed/marts/fact_user_activity/*']);

create or replace external table `listening_marts`.`fct_listening_hours` (
  `user_id` string,
  `hour_starts_at` datetime,
  `time_zone` string,
  `local_date` date,
  `local_hour` int64,
  `local_weekday` int64,
  `ms_listened` int64,
  `ms_overlapping` int64,
  `first_event_date` date,
  `last_event_date` date
)
options (format = 'PARQUET', uris = ['gs://BUCKET/PREFIX/processed/marts/fct_listening_hours/*']);

create or replace external table `listening_marts`.`fct_sessions` (
  `session_id` string,
  `user_id` string,
  `started_at` datetime,
  `ended_at` datetime,
  `duration_ms` int64,
  `time_zone` string,
  `local_started_at` datetime,
  `local_date` date,
  `local_hour` int64,
  `device` string,
  `country` string,
  `playbacks` int64,
  `plays` int64,
  `streams` int64,
  `skips` int64,
  `completes` int64,
  `abandons` int64,
  `unknowns` int64,
  `tracks` int64,
  `ms_played` int64,
  `first_event_date` date,
  `last_event_date` date
)
options (format = 'PARQUET', uris = ['gs://BUCKET/PREFIX/processed/marts/fct_sessions/*']);

create or replace external table `listening_marts`.`fct_user_activity` (
  `user_id` string,
  `local_date` date,
  `country` string,
  `playbacks` int64,
  `plays` int64,
  `streams` int64,
  `skips` int64,
  `completes` int64,
  `abandons` int64,
  `unknowns` int64,
  `skip_rate` float64,
  `playlist_adds` int64,
  `sessions` int64,
  `tracks` int64,
  `artists` int64,
  `ms_played` int64,
  `ms_listened` int64,
  `minutes_listened` float64,
  `first_event_date` date,
  `last_event_date` date,
  `engagement_score` int64
)
options (format = 'PARQUET', uris = ['gs://BUCKET/PREFIX/processed/marts/fct_user_activity/*']);

create or replace external table `listening_marts`.`daily_aggregates` (
  `event_date` date,
  `plays` int64,
  `streams` int64,
  `skipped_streams` int64,
  `skips` int64,
  `completes` int64,
  `abandons` int64,
  `unknowns` int64,
  `skip_rate` float64,
  `listeners` int64,
  `tracks` int64,
  `ms_played` int64
)
options (format = 'PARQUET', uris = ['gs://BUCKET/PREFIX/processed/marts/daily_aggregates/*']);

create or replace external table `listening_marts`.`daily_artist_metrics` (
  `event_date` date,
  `artist_id` string,
  `artist_name` string,
  `plays` int64,
  `streams` int64,
  `skips` int64,
  `unknowns` int64,
  `skip_rate` float64,
  `listeners` int64,
  `ms_played` int64
)
options (format = 'PARQUET', uris = ['gs://BUCKET/PREFIX/processed/marts/daily_artist_metrics/*']);

create or replace external table `listening_marts`.`daily_genre_metrics` (
  `event_date` date,
  `genre` string,
  `weighted_plays` float64,
  `weighted_streams` float64,
  `weighted_skips` float64,
  `weighted_unknowns` float64,
  `skip_rate` float64,
  `weighted_ms_played` float64,
  `listeners` int64
)
options (format = 'PARQUET', uris = ['gs://BUCKET/PREFIX/processed/marts/daily_genre_metrics/*']);

create or replace external table `listening_marts`.`daily_hour_metrics` (
  `event_date` date,
  `time_zone` string,
  `local_date` date,
  `local_hour` int64,
  `local_weekday` int64,
  `plays` int64,
  `streams` int64,
  `skips` int64,
  `unknowns` int64,
  `skip_rate` float64,
  `ms_played` int64
)
options (format = 'PARQUET', uris = ['gs://BUCKET/PREFIX/processed/marts/daily_hour_metrics/*']);

create or replace external table `listening_marts`.`daily_location_metrics` (
  `event_date` date,
  `country` string,
  `device` string,
  `plays` int64,
  `streams` int64,
  `skips` int64,
  `unknowns` int64,
  `skip_rate` float64,
  `listeners` int64,
  `ms_played` int64
)
options (format = 'PARQUET', uris = ['gs://BUCKET/PREFIX/processed/marts/daily_location_metrics/*']);

create or replace external table `listening_marts`.`daily_session_metrics` (
  `local_date` date,
  `sessions` int64,
  `listeners` int64,
  `plays` int64,
  `streams` int64,
  `skips` int64,
  `unknowns` int64,
  `mean_duration_ms` float64,
  `median_duration_ms` float64,
  `mean_plays` float64,
  `first_event_date` date,
  `last_event_date` date
)
options (format = 'PARQUET', uris = ['gs://BUCKET/PREFIX/processed/marts/daily_session_metrics/*']);

create or replace external table `listening_marts`.`daily_track_plays` (
  `event_date` date,
  `track_id` string,
  `plays` int64,
  `streams` int64,
  `skips` int64,
  `completes` int64,
  `abandons` int64,
  `unknowns` int64,
  `ms_played` int64
)
options (format = 'PARQUET', uris = ['gs://BUCKET/PREFIX/processed/marts/daily_track_plays/*']);

create or replace external table `listening_marts`.`listening_by_weather` (
  `user_id` string,
  `condition` string,
  `measure` string,
  `compares` string,
  `hours` int64,
  `mean` float64,
  `estimate` float64,
  `ci_low` float64,
  `ci_high` float64,
  `relative_estimate` float64,
  `p_value` float64,
  `adjusted_p_value` float64,
  `is_positive` bool,
  `answer` string
)
options (format = 'PARQUET', uris = ['gs://BUCKET/PREFIX/processed/marts/listening_by_weather/*']);

create or replace external table `listening_marts`.`daily_skip_flags` (
  `event_date` date,
  `country` string,
  `device` string,
  `outcome` string,
  `flag` string,
  `plays` int64
)
options (format = 'PARQUET', uris = ['gs://BUCKET/PREFIX/processed/marts/daily_skip_flags/*']);

create or replace external table `listening_marts`.`daily_skip_metrics` (
  `event_date` date,
  `dimension` string,
  `value` string,
  `plays` int64,
  `streams` int64,
  `skips` int64,
  `completes` int64,
  `abandons` int64,
  `unknowns` int64,
  `skip_rate` float64,
  `ms_played` int64
)
options (format = 'PARQUET', uris = ['gs://BUCKET/PREFIX/processed/marts/daily_skip_metrics/*']);

create or replace external table `listening_marts`.`daily_skip_seconds` (
  `event_date` date,
  `second` int64,
  `plays` int64,
  `skips` int64,
  `completes` int64,
  `abandons` int64
)
options (format = 'PARQUET', uris = ['gs://BUCKET/PREFIX/processed/marts/daily_skip_seconds/*']);

create or replace external table `listening_marts`.`genre_skip_rates` (
  `genre` string,
  `weighted_plays` float64,
  `weighted_streams` float64,
  `stream_share` float64,
  `weighted_skips` float64,
  `weighted_unknowns` float64,
  `skip_rate` float64,
  `first_event_date` date,
  `last_event_date` date
)
options (format = 'PARQUET', uris = ['gs://BUCKET/PREFIX/processed/marts/genre_skip_rates/*']);

create or replace external table `listening_marts`.`skip_survival_by_second` (
  `second` int64,
  `playing` int64,
  `skips` int64,
  `completes` int64,
  `abandons` int64,
  `hazard` float64,
  `survival` float64
)
options (format = 'PARQUET', uris = ['gs://BUCKET/PREFIX/processed/marts/skip_survival_by_second/*']);

create or replace external table `listening_snapshots`.`recordings_history` (
  `track_key` string,
  `recording_id` string,
  `matched_by` string,
  `catalogue_track_id` string,
  `dbt_scd_id` string,
  `dbt_updated_at` datetime,
  `dbt_valid_from` datetime,
  `dbt_valid_to` datetime
)
options (format = 'PARQUET', uris = ['gs://BUCKET/PREFIX/processed/snapshots/recordings_history/*']);
