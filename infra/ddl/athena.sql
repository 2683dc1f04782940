-- Written by `make docs` from the table catalogue. The files stay where they are, and new months need
-- nothing. `infra/aws.yaml` makes these tables.

create schema if not exists `listening_raw`;

create schema if not exists `listening_core`;

create schema if not exists `listening_ml`;

create schema if not exists `listening_ops`;

create schema if not exists `listening_marts`;

create schema if not exists `listening_snapshots`;

create external table if not exists `listening_raw`.`raw_tracks` (
  `snapshot_date` date,
  `source_file` string,
  `source_row` bigint,
  `track_id` string,
  `track_name` string,
  `artists` string,
  `album_name` string,
  `release_date` string,
  `isrc` string,
  `popularity` bigint,
  `artist_popularity` bigint,
  `artist_followers` bigint,
  `duration_ms` bigint,
  `explicit` boolean,
  `danceability` double,
  `energy` double,
  `key` bigint,
  `loudness` double,
  `mode` bigint,
  `speechiness` double,
  `acousticness` double,
  `instrumentalness` double,
  `liveness` double,
  `valence` double,
  `tempo` double,
  `time_signature` bigint,
  `genre` string,
  `extra` string
)
partitioned by (`month` string)
stored as parquet
location 's3://BUCKET/PREFIX/processed/raw/raw_tracks/'
tblproperties (
  'classification' = 'parquet',
  'projection.enabled' = 'true',
  'projection.month.type' = 'date',
  'projection.month.format' = 'yyyy-MM',
  'projection.month.interval' = '1',
  'projection.month.interval.unit' = 'MONTHS',
  'projection.month.range' = '2000-01,NOW+1MONTHS',
  'storage.location.template' = 's3://BUCKET/PREFIX/processed/raw/raw_tracks/month=${month}'
);

create external table if not exists `listening_raw`.`raw_events` (
  `event_id` string,
  `user_id` string,
  `track_id` string,
  `started_at` timestamp,
  `ended_at` timestamp,
  `reported_at` timestamp,
  `event_date` date,
  `action` string,
  `ms_played` bigint,
  `skipped` boolean,
  `reason_start` string,
  `reason_end` string,
  `device` string,
  `country` string,
  `shuffle` boolean,
  `session_id` string,
  `source` string,
  `content_type` string,
  `track_name` string,
  `artist_name` string,
  `album_name` string,
  `extra` string,
  `source_file` string,
  `source_row` bigint
)
partitioned by (`month` string)
stored as parquet
location 's3://BUCKET/PREFIX/processed/raw/raw_events/'
tblproperties (
  'classification' = 'parquet',
  'projection.enabled' = 'true',
  'projection.month.type' = 'date',
  'projection.month.format' = 'yyyy-MM',
  'projection.month.interval' = '1',
  'projection.month.interval.unit' = 'MONTHS',
  'projection.month.range' = '2000-01,NOW+1MONTHS',
  'storage.location.template' = 's3://BUCKET/PREFIX/processed/raw/raw_events/month=${month}'
);

create external table if not exists `listening_core`.`tracks` (
  `snapshot_date` date,
  `track_id` string,
  `track_name` string,
  `artist_names` string,
  `primary_artist_id` string,
  `primary_artist_name` string,
  `artist_count` bigint,
  `album_name` string,
  `release_date` date,
  `release_precision` string,
  `isrc` string,
  `popularity` bigint,
  `popularity_spread` bigint,
  `duration_ms` bigint,
  `explicit` boolean,
  `danceability` double,
  `energy` double,
  `key` bigint,
  `loudness` double,
  `mode` bigint,
  `speechiness` double,
  `acousticness` double,
  `instrumentalness` double,
  `liveness` double,
  `valence` double,
  `tempo` double,
  `time_signature` bigint,
  `primary_genre` string,
  `genre_count` bigint,
  `source_rows` bigint
)
partitioned by (`month` string)
stored as parquet
location 's3://BUCKET/PREFIX/processed/core/tracks/'
tblproperties (
  'classification' = 'parquet',
  'projection.enabled' = 'true',
  'projection.month.type' = 'date',
  'projection.month.format' = 'yyyy-MM',
  'projection.month.interval' = '1',
  'projection.month.interval.unit' = 'MONTHS',
  'projection.month.range' = '2000-01,NOW+1MONTHS',
  'storage.location.template' = 's3://BUCKET/PREFIX/processed/core/tracks/month=${month}'
);

create external table if not exists `listening_core`.`artists` (
  `snapshot_date` date,
  `artist_id` string,
  `artist_name` string,
  `track_count` bigint,
  `mean_popularity` double,
  `popularity` bigint,
  `followers` bigint
)
partitioned by (`month` string)
stored as parquet
location 's3://BUCKET/PREFIX/processed/core/artists/'
tblproperties (
  'classification' = 'parquet',
  'projection.enabled' = 'true',
  'projection.month.type' = 'date',
  'projection.month.format' = 'yyyy-MM',
  'projection.month.interval' = '1',
  'projection.month.interval.unit' = 'MONTHS',
  'projection.month.range' = '2000-01,NOW+1MONTHS',
  'storage.location.template' = 's3://BUCKET/PREFIX/processed/core/artists/month=${month}'
);

create external table if not exists `listening_core`.`track_artists` (
  `snapshot_date` date,
  `track_id` string,
  `position` bigint,
  `artist_id` string
)
partitioned by (`month` string)
stored as parquet
location 's3://BUCKET/PREFIX/processed/core/track_artists/'
tblproperties (
  'classification' = 'parquet',
  'projection.enabled' = 'true',
  'projection.month.type' = 'date',
  'projection.month.format' = 'yyyy-MM',
  'projection.month.interval' = '1',
  'projection.month.interval.unit' = 'MONTHS',
  'projection.month.range' = '2000-01,NOW+1MONTHS',
  'storage.location.template' = 's3://BUCKET/PREFIX/processed/core/track_artists/month=${month}'
);

create external table if not exists `listening_core`.`track_genres` (
  `snapshot_date` date,
  `track_id` string,
  `genre` string,
  `weight` double
)
partitioned by (`month` string)
stored as parquet
location 's3://BUCKET/PREFIX/processed/core/track_genres/'
tblproperties (
  'classification' = 'parquet',
  'projection.enabled' = 'true',
  'projection.month.type' = 'date',
  'projection.month.format' = 'yyyy-MM',
  'projection.month.interval' = '1',
  'projection.month.interval.unit' = 'MONTHS',
  'projection.month.range' = '2000-01,NOW+1MONTHS',
  'storage.location.template' = 's3://BUCKET/PREFIX/processed/core/track_genres/month=${month}'
);

create external table if not exists `listening_core`.`listening_events` (
  `event_id` string,
  `user_id` string,
  `track_id` string,
  `started_at` timestamp,
  `ended_at` timestamp,
  `reported_at` timestamp,
  `event_date` date,
  `action` string,
  `ms_played` bigint,
  `skipped` boolean,
  `reason_start` string,
  `reason_end` string,
  `device` string,
  `country` string,
  `shuffle` boolean,
  `session_id` string,
  `source` string,
  `content_type` string,
  `track_name` string,
  `artist_name` string,
  `album_name` string,
  `extra` string,
  `filled_from` string,
  `track_key` string,
  `session_position` bigint,
  `track_duration_ms` bigint,
  `known_duration_ms` bigint,
  `outcome` string,
  `is_stream` boolean
)
partitioned by (`month` string)
stored as parquet
location 's3://BUCKET/PREFIX/processed/core/listening_events/'
tblproperties (
  'classification' = 'parquet',
  'projection.enabled' = 'true',
  'projection.month.type' = 'date',
  'projection.month.format' = 'yyyy-MM',
  'projection.month.interval' = '1',
  'projection.month.interval.unit' = 'MONTHS',
  'projection.month.range' = '2000-01,NOW+1MONTHS',
  'storage.location.template' = 's3://BUCKET/PREFIX/processed/core/listening_events/month=${month}'
);

create external table if not exists `listening_core`.`countries` (
  `country` string,
  `country_name` string,
  `region` string,
  `time_zone` string,
  `time_zone_count` bigint
)
stored as parquet
location 's3://BUCKET/PREFIX/processed/core/countries/'
tblproperties (
  'classification' = 'parquet'
);

create external table if not exists `listening_core`.`user_profiles` (
  `user_id` string,
  `time_zone` string,
  `follows_country` boolean
)
stored as parquet
location 's3://BUCKET/PREFIX/processed/core/user_profiles/'
tblproperties (
  'classification' = 'parquet'
);

create external table if not exists `listening_core`.`played_tracks` (
  `event_date` date,
  `track_key` string,
  `track_id` string,
  `content_type` string,
  `track_name` string,
  `artist_name` string,
  `album_name` string,
  `playbacks` bigint
)
partitioned by (`month` string)
stored as parquet
location 's3://BUCKET/PREFIX/processed/core/played_tracks/'
tblproperties (
  'classification' = 'parquet',
  'projection.enabled' = 'true',
  'projection.month.type' = 'date',
  'projection.month.format' = 'yyyy-MM',
  'projection.month.interval' = '1',
  'projection.month.interval.unit' = 'MONTHS',
  'projection.month.range' = '2000-01,NOW+1MONTHS',
  'storage.location.template' = 's3://BUCKET/PREFIX/processed/core/played_tracks/month=${month}'
);

create external table if not exists `listening_core`.`recordings` (
  `track_key` string,
  `track_id` string,
  `recording_id` string,
  `matched_by` string,
  `catalogue_track_id` string,
  `track_name` string,
  `artist_names` string,
  `duration_ms` bigint
)
stored as parquet
location 's3://BUCKET/PREFIX/processed/core/recordings/'
tblproperties (
  'classification' = 'parquet'
);

create external table if not exists `listening_core`.`listening_hours` (
  `event_date` date,
  `user_id` string,
  `hour_starts_at` timestamp,
  `time_zone` string,
  `local_date` date,
  `local_hour` bigint,
  `ms_listened` bigint,
  `ms_overlapping` bigint
)
partitioned by (`month` string)
stored as parquet
location 's3://BUCKET/PREFIX/processed/core/listening_hours/'
tblproperties (
  'classification' = 'parquet',
  'projection.enabled' = 'true',
  'projection.month.type' = 'date',
  'projection.month.format' = 'yyyy-MM',
  'projection.month.interval' = '1',
  'projection.month.interval.unit' = 'MONTHS',
  'projection.month.range' = '2000-01,NOW+1MONTHS',
  'storage.location.template' = 's3://BUCKET/PREFIX/processed/core/listening_hours/month=${month}'
);

create external table if not exists `listening_core`.`weather_hours` (
  `place_id` string,
  `place_name` string,
  `is_of_country` boolean,
  `latitude` double,
  `longitude` double,
  `hour_starts_at` timestamp,
  `event_date` date,
  `temperature_c` double,
  `rain_mm` double,
  `cloud_cover` double,
  `is_daylight` boolean
)
partitioned by (`month` string)
stored as parquet
location 's3://BUCKET/PREFIX/processed/core/weather_hours/'
tblproperties (
  'classification' = 'parquet',
  'projection.enabled' = 'true',
  'projection.month.type' = 'date',
  'projection.month.format' = 'yyyy-MM',
  'projection.month.interval' = '1',
  'projection.month.interval.unit' = 'MONTHS',
  'projection.month.range' = '2000-01,NOW+1MONTHS',
  'storage.location.template' = 's3://BUCKET/PREFIX/processed/core/weather_hours/month=${month}'
);

create external table if not exists `listening_core`.`weather_effects` (
  `user_id` string,
  `condition` string,
  `measure` string,
  `compares` string,
  `hours` bigint,
  `blocks` bigint,
  `mean` double,
  `estimate` double,
  `ci_low` double,
  `ci_high` double,
  `p_value` double,
  `adjusted_p_value` double,
  `is_positive` boolean,
  `rule_version` string
)
stored as parquet
location 's3://BUCKET/PREFIX/processed/core/weather_effects/'
tblproperties (
  'classification' = 'parquet'
);

create external table if not exists `listening_core`.`daily_track_metrics` (
  `event_date` date,
  `track_id` string,
  `plays` bigint,
  `streams` bigint,
  `skips` bigint,
  `completes` bigint,
  `abandons` bigint,
  `unknowns` bigint,
  `skip_rate` double,
  `listeners` bigint,
  `ms_played` bigint,
  `playlist_adds` bigint,
  `pauses` bigint
)
partitioned by (`month` string)
stored as parquet
location 's3://BUCKET/PREFIX/processed/core/daily_track_metrics/'
tblproperties (
  'classification' = 'parquet',
  'projection.enabled' = 'true',
  'projection.month.type' = 'date',
  'projection.month.format' = 'yyyy-MM',
  'projection.month.interval' = '1',
  'projection.month.interval.unit' = 'MONTHS',
  'projection.month.range' = '2000-01,NOW+1MONTHS',
  'storage.location.template' = 's3://BUCKET/PREFIX/processed/core/daily_track_metrics/month=${month}'
);

create external table if not exists `listening_ml`.`model_features` (
  `event_id` string,
  `event_date` date,
  `user_id` string,
  `track_id` string,
  `started_at` timestamp,
  `is_skip` boolean,
  `danceability` double,
  `energy` double,
  `key` bigint,
  `loudness` double,
  `mode` bigint,
  `speechiness` double,
  `acousticness` double,
  `instrumentalness` double,
  `liveness` double,
  `valence` double,
  `tempo` double,
  `time_signature` bigint,
  `popularity` bigint,
  `duration_ms` bigint,
  `explicit` boolean,
  `hour_utc` bigint,
  `weekday` bigint,
  `device` string,
  `shuffle` boolean,
  `reason_start` string,
  `session_position` bigint,
  `previous_is_skip` boolean,
  `recent_skip_rate` double,
  `gap_seconds` double,
  `user_plays` bigint,
  `user_skip_rate` double,
  `user_track_plays` bigint,
  `user_track_skip_rate` double,
  `user_artist_plays` bigint,
  `user_artist_skip_rate` double
)
partitioned by (`month` string)
stored as parquet
location 's3://BUCKET/PREFIX/processed/ml/model_features/'
tblproperties (
  'classification' = 'parquet',
  'projection.enabled' = 'true',
  'projection.month.type' = 'date',
  'projection.month.format' = 'yyyy-MM',
  'projection.month.interval' = '1',
  'projection.month.interval.unit' = 'MONTHS',
  'projection.month.range' = '2000-01,NOW+1MONTHS',
  'storage.location.template' = 's3://BUCKET/PREFIX/processed/ml/model_features/month=${month}'
);

create external table if not exists `listening_ml`.`skip_model` (
  `cutoff_date` date,
  `rule_version` string,
  `train_from` date,
  `train_to` date,
  `test_from` date,
  `test_to` date,
  `train_rows` bigint,
  `test_rows` bigint,
  `incomplete_rows` bigint,
  `users` bigint,
  `base_rate` double,
  `test_skip_rate` double,
  `auc` double,
  `accuracy` double,
  `base_accuracy` double,
  `log_loss` double,
  `base_log_loss` double,
  `pseudo_r2` double,
  `insight` string,
  `coefficient_plot` string
)
partitioned by (`month` string)
stored as parquet
location 's3://BUCKET/PREFIX/processed/ml/skip_model/'
tblproperties (
  'classification' = 'parquet',
  'projection.enabled' = 'true',
  'projection.month.type' = 'date',
  'projection.month.format' = 'yyyy-MM',
  'projection.month.interval' = '1',
  'projection.month.interval.unit' = 'MONTHS',
  'projection.month.range' = '2000-01,NOW+1MONTHS',
  'storage.location.template' = 's3://BUCKET/PREFIX/processed/ml/skip_model/month=${month}'
);

create external table if not exists `listening_ml`.`skip_model_coefficients` (
  `cutoff_date` date,
  `term` string,
  `coefficient` double,
  `standard_error` double,
  `ci_low` double,
  `ci_high` double,
  `p_value` double,
  `odds_ratio` double,
  `odds_ratio_low` double,
  `odds_ratio_high` double,
  `feature_mean` double,
  `feature_sd` double
)
partitioned by (`month` string)
stored as parquet
location 's3://BUCKET/PREFIX/processed/ml/skip_model_coefficients/'
tblproperties (
  'classification' = 'parquet',
  'projection.enabled' = 'true',
  'projection.month.type' = 'date',
  'projection.month.format' = 'yyyy-MM',
  'projection.month.interval' = '1',
  'projection.month.interval.unit' = 'MONTHS',
  'projection.month.range' = '2000-01,NOW+1MONTHS',
  'storage.location.template' = 's3://BUCKET/PREFIX/processed/ml/skip_model_coefficients/month=${month}'
);

create external table if not exists `listening_ml`.`skip_ladder` (
  `cutoff_date` date,
  `step` bigint,
  `rung` string,
  `estimator` string,
  `rule_version` string,
  `train_from` date,
  `train_to` date,
  `test_from` date,
  `test_to` date,
  `train_rows` bigint,
  `test_rows` bigint,
  `sampled_from` bigint,
  `cluster` string,
  `clusters` bigint,
  `columns` bigint,
  `auc` double,
  `auc_low` double,
  `auc_high` double,
  `log_loss` double,
  `log_loss_low` double,
  `log_loss_high` double,
  `brier` double,
  `brier_low` double,
  `brier_high` double,
  `accuracy` double,
  `accuracy_low` double,
  `accuracy_high` double,
  `calibration_error` double,
  `calibration_error_low` double,
  `calibration_error_high` double,
  `insight` string
)
partitioned by (`month` string)
stored as parquet
location 's3://BUCKET/PREFIX/processed/ml/skip_ladder/'
tblproperties (
  'classification' = 'parquet',
  'projection.enabled' = 'true',
  'projection.month.type' = 'date',
  'projection.month.format' = 'yyyy-MM',
  'projection.month.interval' = '1',
  'projection.month.interval.unit' = 'MONTHS',
  'projection.month.range' = '2000-01,NOW+1MONTHS',
  'storage.location.template' = 's3://BUCKET/PREFIX/processed/ml/skip_ladder/month=${month}'
);

create external table if not exists `listening_ml`.`skip_ladder_coefficients` (
  `cutoff_date` date,
  `rung` string,
  `term` string,
  `coefficient` double,
  `standard_error` double,
  `ci_low` double,
  `ci_high` double,
  `p_value` double,
  `odds_ratio` double,
  `odds_ratio_low` double,
  `odds_ratio_high` double,
  `column_mean` double,
  `column_sd` double
)
partitioned by (`month` string)
stored as parquet
location 's3://BUCKET/PREFIX/processed/ml/skip_ladder_coefficients/'
tblproperties (
  'classification' = 'parquet',
  'projection.enabled' = 'true',
  'projection.month.type' = 'date',
  'projection.month.format' = 'yyyy-MM',
  'projection.month.interval' = '1',
  'projection.month.interval.unit' = 'MONTHS',
  'projection.month.range' = '2000-01,NOW+1MONTHS',
  'storage.location.template' = 's3://BUCKET/PREFIX/processed/ml/skip_ladder_coefficients/month=${month}'
);

create external table if not exists `listening_ml`.`feature_drift` (
  `cutoff_date` date,
  `feature` string,
  `psi` double,
  `train_unknown` double,
  `test_unknown` double
)
partitioned by (`month` string)
stored as parquet
location 's3://BUCKET/PREFIX/processed/ml/feature_drift/'
tblproperties (
  'classification' = 'parquet',
  'projection.enabled' = 'true',
  'projection.month.type' = 'date',
  'projection.month.format' = 'yyyy-MM',
  'projection.month.interval' = '1',
  'projection.month.interval.unit' = 'MONTHS',
  'projection.month.range' = '2000-01,NOW+1MONTHS',
  'storage.location.template' = 's3://BUCKET/PREFIX/processed/ml/feature_drift/month=${month}'
);

create external table if not exists `listening_ml`.`skip_curves` (
  `cutoff_date` date,
  `curve` string,
  `rung` string,
  `estimator` string,
  `point` bigint,
  `x` double,
  `y` double,
  `playbacks` bigint
)
partitioned by (`month` string)
stored as parquet
location 's3://BUCKET/PREFIX/processed/ml/skip_curves/'
tblproperties (
  'classification' = 'parquet',
  'projection.enabled' = 'true',
  'projection.month.type' = 'date',
  'projection.month.format' = 'yyyy-MM',
  'projection.month.interval' = '1',
  'projection.month.interval.unit' = 'MONTHS',
  'projection.month.range' = '2000-01,NOW+1MONTHS',
  'storage.location.template' = 's3://BUCKET/PREFIX/processed/ml/skip_curves/month=${month}'
);

create external table if not exists `listening_ml`.`skip_predictions` (
  `cutoff_date` date,
  `track_id` string,
  `model_id` string,
  `playbacks` bigint,
  `skip_probability` double,
  `skip_rate` double,
  `popularity` bigint
)
partitioned by (`month` string)
stored as parquet
location 's3://BUCKET/PREFIX/processed/ml/skip_predictions/'
tblproperties (
  'classification' = 'parquet',
  'projection.enabled' = 'true',
  'projection.month.type' = 'date',
  'projection.month.format' = 'yyyy-MM',
  'projection.month.interval' = '1',
  'projection.month.interval.unit' = 'MONTHS',
  'projection.month.range' = '2000-01,NOW+1MONTHS',
  'storage.location.template' = 's3://BUCKET/PREFIX/processed/ml/skip_predictions/month=${month}'
);

create external table if not exists `listening_ml`.`model_registry` (
  `cutoff_date` date,
  `model_id` string,
  `target` string,
  `estimator` string,
  `rule_version` string,
  `train_from` date,
  `train_to` date,
  `test_from` date,
  `test_to` date,
  `log_loss` double,
  `auc` double,
  `previous_model_id` string,
  `previous_log_loss` double,
  `previous_auc` double,
  `challenged_model_id` string,
  `challenged_log_loss` double,
  `promoted` boolean,
  `current_model_id` string,
  `model` string
)
partitioned by (`month` string)
stored as parquet
location 's3://BUCKET/PREFIX/processed/ml/model_registry/'
tblproperties (
  'classification' = 'parquet',
  'projection.enabled' = 'true',
  'projection.month.type' = 'date',
  'projection.month.format' = 'yyyy-MM',
  'projection.month.interval' = '1',
  'projection.month.interval.unit' = 'MONTHS',
  'projection.month.range' = '2000-01,NOW+1MONTHS',
  'storage.location.template' = 's3://BUCKET/PREFIX/processed/ml/model_registry/month=${month}'
);

create external table if not exists `listening_ml`.`skip_survival` (
  `cutoff_date` date,
  `dimension` string,
  `value` string,
  `second` bigint,
  `playbacks` bigint,
  `survival` double,
  `survival_low` double,
  `survival_high` double,
  `grade` string
)
partitioned by (`month` string)
stored as parquet
location 's3://BUCKET/PREFIX/processed/ml/skip_survival/'
tblproperties (
  'classification' = 'parquet',
  'projection.enabled' = 'true',
  'projection.month.type' = 'date',
  'projection.month.format' = 'yyyy-MM',
  'projection.month.interval' = '1',
  'projection.month.interval.unit' = 'MONTHS',
  'projection.month.range' = '2000-01,NOW+1MONTHS',
  'storage.location.template' = 's3://BUCKET/PREFIX/processed/ml/skip_survival/month=${month}'
);

create external table if not exists `listening_ml`.`skip_flag_agreement` (
  `cutoff_date` date,
  `source` string,
  `reason_end` string,
  `outcome` string,
  `flag` string,
  `playbacks` bigint,
  `agrees` boolean
)
partitioned by (`month` string)
stored as parquet
location 's3://BUCKET/PREFIX/processed/ml/skip_flag_agreement/'
tblproperties (
  'classification' = 'parquet',
  'projection.enabled' = 'true',
  'projection.month.type' = 'date',
  'projection.month.format' = 'yyyy-MM',
  'projection.month.interval' = '1',
  'projection.month.interval.unit' = 'MONTHS',
  'projection.month.range' = '2000-01,NOW+1MONTHS',
  'storage.location.template' = 's3://BUCKET/PREFIX/processed/ml/skip_flag_agreement/month=${month}'
);

create external table if not exists `listening_ml`.`popularity_model` (
  `cutoff_date` date,
  `estimator` string,
  `rule_version` string,
  `snapshot_date` date,
  `train_rows` bigint,
  `test_rows` bigint,
  `artists` bigint,
  `middle_from` double,
  `high_from` double,
  `auc` double,
  `auc_low` double,
  `auc_high` double,
  `log_loss` double,
  `log_loss_low` double,
  `log_loss_high` double,
  `brier` double,
  `brier_low` double,
  `brier_high` double,
  `accuracy` double,
  `accuracy_low` double,
  `accuracy_high` double,
  `calibration_error` double,
  `calibration_error_low` double,
  `calibration_error_high` double,
  `insight` string
)
partitioned by (`month` string)
stored as parquet
location 's3://BUCKET/PREFIX/processed/ml/popularity_model/'
tblproperties (
  'classification' = 'parquet',
  'projection.enabled' = 'true',
  'projection.month.type' = 'date',
  'projection.month.format' = 'yyyy-MM',
  'projection.month.interval' = '1',
  'projection.month.interval.unit' = 'MONTHS',
  'projection.month.range' = '2000-01,NOW+1MONTHS',
  'storage.location.template' = 's3://BUCKET/PREFIX/processed/ml/popularity_model/month=${month}'
);

create external table if not exists `listening_ml`.`popularity_coefficients` (
  `cutoff_date` date,
  `bucket` string,
  `term` string,
  `coefficient` double,
  `standard_error` double,
  `ci_low` double,
  `ci_high` double,
  `p_value` double,
  `odds_ratio` double,
  `odds_ratio_low` double,
  `odds_ratio_high` double,
  `column_mean` double,
  `column_sd` double
)
partitioned by (`month` string)
stored as parquet
location 's3://BUCKET/PREFIX/processed/ml/popularity_coefficients/'
tblproperties (
  'classification' = 'parquet',
  'projection.enabled' = 'true',
  'projection.month.type' = 'date',
  'projection.month.format' = 'yyyy-MM',
  'projection.month.interval' = '1',
  'projection.month.interval.unit' = 'MONTHS',
  'projection.month.range' = '2000-01,NOW+1MONTHS',
  'storage.location.template' = 's3://BUCKET/PREFIX/processed/ml/popularity_coefficients/month=${month}'
);

create external table if not exists `listening_ml`.`recommendations` (
  `cutoff_date` date,
  `user_id` string,
  `task` string,
  `rank` bigint,
  `track_id` string,
  `score` double,
  `reason` string
)
partitioned by (`month` string)
stored as parquet
location 's3://BUCKET/PREFIX/processed/ml/recommendations/'
tblproperties (
  'classification' = 'parquet',
  'projection.enabled' = 'true',
  'projection.month.type' = 'date',
  'projection.month.format' = 'yyyy-MM',
  'projection.month.interval' = '1',
  'projection.month.interval.unit' = 'MONTHS',
  'projection.month.range' = '2000-01,NOW+1MONTHS',
  'storage.location.template' = 's3://BUCKET/PREFIX/processed/ml/recommendations/month=${month}'
);

create external table if not exists `listening_ml`.`recommendation_quality` (
  `cutoff_date` date,
  `task` string,
  `step` bigint,
  `rung` string,
  `rule_version` string,
  `train_from` date,
  `train_to` date,
  `test_from` date,
  `test_to` date,
  `listeners` bigint,
  `requests` bigint,
  `tracks` bigint,
  `recall_10` double,
  `recall_10_low` double,
  `recall_10_high` double,
  `recall_20` double,
  `recall_20_low` double,
  `recall_20_high` double,
  `ndcg_10` double,
  `ndcg_10_low` double,
  `ndcg_10_high` double,
  `mrr` double,
  `mrr_low` double,
  `mrr_high` double,
  `coverage` double,
  `novelty` double,
  `novelty_low` double,
  `novelty_high` double,
  `popularity_bias` double,
  `insight` string
)
partitioned by (`month` string)
stored as parquet
location 's3://BUCKET/PREFIX/processed/ml/recommendation_quality/'
tblproperties (
  'classification' = 'parquet',
  'projection.enabled' = 'true',
  'projection.month.type' = 'date',
  'projection.month.format' = 'yyyy-MM',
  'projection.month.interval' = '1',
  'projection.month.interval.unit' = 'MONTHS',
  'projection.month.range' = '2000-01,NOW+1MONTHS',
  'storage.location.template' = 's3://BUCKET/PREFIX/processed/ml/recommendation_quality/month=${month}'
);

create external table if not exists `listening_ml`.`unusual_listening` (
  `unusual_id` string,
  `event_date` date,
  `kind` string,
  `sign` string,
  `user_id` string,
  `source` string,
  `started_at` timestamp,
  `ended_at` timestamp,
  `device` string,
  `playbacks` bigint,
  `ms_played` bigint,
  `says` string,
  `rule_version` string
)
partitioned by (`month` string)
stored as parquet
location 's3://BUCKET/PREFIX/processed/ml/unusual_listening/'
tblproperties (
  'classification' = 'parquet',
  'projection.enabled' = 'true',
  'projection.month.type' = 'date',
  'projection.month.format' = 'yyyy-MM',
  'projection.month.interval' = '1',
  'projection.month.interval.unit' = 'MONTHS',
  'projection.month.range' = '2000-01,NOW+1MONTHS',
  'storage.location.template' = 's3://BUCKET/PREFIX/processed/ml/unusual_listening/month=${month}'
);

create external table if not exists `listening_ops`.`import_receipts` (
  `receipt_id` string,
  `landed_at` timestamp,
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
  `rows` bigint
)
stored as parquet
location 's3://BUCKET/PREFIX/processed/ops/import_receipts/'
tblproperties (
  'classification' = 'parquet'
);

create external table if not exists `listening_ops`.`rejected_rows` (
  `table_name` string,
  `slice_date` date,
  `source_file` string,
  `source_row` bigint,
  `reason` string,
  `detail` string,
  `original` string
)
stored as parquet
location 's3://BUCKET/PREFIX/processed/ops/rejected_rows/'
tblproperties (
  'classification' = 'parquet'
);

create external table if not exists `listening_ops`.`duplicate_plays` (
  `event_date` date,
  `event_id` string,
  `kept_event_id` string,
  `user_id` string,
  `reason` string,
  `source` string,
  `kept_source` string,
  `source_file` string,
  `source_row` bigint
)
partitioned by (`month` string)
stored as parquet
location 's3://BUCKET/PREFIX/processed/ops/duplicate_plays/'
tblproperties (
  'classification' = 'parquet',
  'projection.enabled' = 'true',
  'projection.month.type' = 'date',
  'projection.month.format' = 'yyyy-MM',
  'projection.month.interval' = '1',
  'projection.month.interval.unit' = 'MONTHS',
  'projection.month.range' = '2000-01,NOW+1MONTHS',
  'storage.location.template' = 's3://BUCKET/PREFIX/processed/ops/duplicate_plays/month=${month}'
);

create external table if not exists `listening_ops`.`row_counts` (
  `table_name` string,
  `slice_date` date,
  `slice_end` date,
  `outcome` string,
  `reason` string,
  `rows` bigint,
  `written_at` timestamp
)
stored as parquet
location 's3://BUCKET/PREFIX/processed/ops/row_counts/'
tblproperties (
  'classification' = 'parquet'
);

create external table if not exists `listening_ops`.`check_results` (
  `checked_at` timestamp,
  `table_name` string,
  `check_name` string,
  `slice_date` date,
  `passed` boolean,
  `severity` string,
  `failing_rows` bigint,
  `detail` string
)
stored as parquet
location 's3://BUCKET/PREFIX/processed/ops/check_results/'
tblproperties (
  'classification' = 'parquet'
);

create external table if not exists `listening_ops`.`run_costs` (
  `run_id` string,
  `step` string,
  `table_name` string,
  `started_at` timestamp,
  `wall_seconds` double,
  `cpu_seconds` double,
  `peak_memory_bytes` bigint,
  `rows_in` bigint,
  `rows_out` bigint,
  `bytes_in` bigint,
  `bytes_out` bigint,
  `stored_bytes` bigint
)
stored as parquet
location 's3://BUCKET/PREFIX/processed/ops/run_costs/'
tblproperties (
  'classification' = 'parquet'
);

create external table if not exists `listening_marts`.`cohort_retention` (
  `period` string,
  `cohort_start` date,
  `periods_since_start` bigint,
  `cohort_users` bigint,
  `users` bigint,
  `retention` double
)
stored as parquet
location 's3://BUCKET/PREFIX/processed/marts/cohort_retention/'
tblproperties (
  'classification' = 'parquet'
);

create external table if not exists `listening_marts`.`daily_active_users` (
  `local_date` date,
  `daily_active_users` bigint,
  `weekly_active_users` bigint,
  `monthly_active_users` bigint,
  `stickiness` double,
  `plays` bigint,
  `streams` bigint,
  `skips` bigint,
  `unknowns` bigint,
  `ms_played` bigint,
  `plays_per_active_user` double,
  `streams_per_active_user` double,
  `first_event_date` date,
  `last_event_date` date
)
stored as parquet
location 's3://BUCKET/PREFIX/processed/marts/daily_active_users/'
tblproperties (
  'classification' = 'parquet'
);

create external table if not exists `listening_marts`.`first_listens` (
  `user_id` string,
  `track_id` string,
  `event_date` date,
  `first_ended_at` timestamp
)
partitioned by (`month` string)
stored as parquet
location 's3://BUCKET/PREFIX/processed/marts/first_listens/'
tblproperties (
  'classification' = 'parquet',
  'projection.enabled' = 'true',
  'projection.month.type' = 'date',
  'projection.month.format' = 'yyyy-MM',
  'projection.month.interval' = '1',
  'projection.month.interval.unit' = 'MONTHS',
  'projection.month.range' = '2000-01,NOW+1MONTHS',
  'storage.location.template' = 's3://BUCKET/PREFIX/processed/marts/first_listens/month=${month}'
);

create external table if not exists `listening_marts`.`user_activity_periods` (
  `period` string,
  `period_start` date,
  `user_id` string,
  `active_days` bigint,
  `plays` bigint,
  `streams` bigint,
  `first_event_date` date,
  `last_event_date` date
)
stored as parquet
location 's3://BUCKET/PREFIX/processed/marts/user_activity_periods/'
tblproperties (
  'classification' = 'parquet'
);

create external table if not exists `listening_marts`.`user_lifetimes` (
  `user_id` string,
  `first_listen_date` date,
  `last_listen_date` date,
  `active_days` bigint,
  `longest_streak_days` bigint,
  `last_streak_days` bigint,
  `sessions` bigint,
  `plays` bigint,
  `streams` bigint,
  `skips` bigint,
  `unknowns` bigint,
  `skip_rate` double,
  `ms_played` bigint,
  `tracks_streamed` bigint,
  `repeat_share` double
)
stored as parquet
location 's3://BUCKET/PREFIX/processed/marts/user_lifetimes/'
tblproperties (
  'classification' = 'parquet'
);

create external table if not exists `listening_marts`.`album_totals` (
  `album_id` string,
  `album_name` string,
  `primary_artist_id` string,
  `primary_artist_name` string,
  `first_release_date` date,
  `track_count` bigint,
  `tracks_played` bigint,
  `plays` bigint,
  `streams` bigint,
  `skips` bigint,
  `unknowns` bigint,
  `skip_rate` double,
  `ms_played` bigint,
  `top_track_share` double,
  `mean_popularity` double,
  `mean_duration_ms` double,
  `first_event_date` date,
  `last_event_date` date,
  `album_rank` bigint
)
stored as parquet
location 's3://BUCKET/PREFIX/processed/marts/album_totals/'
tblproperties (
  'classification' = 'parquet'
);

create external table if not exists `listening_marts`.`artist_totals` (
  `artist_id` string,
  `artist_name` string,
  `mean_popularity` double,
  `plays` bigint,
  `streams` bigint,
  `stream_share` double,
  `skips` bigint,
  `unknowns` bigint,
  `skip_rate` double,
  `ms_played` bigint,
  `tracks_played` bigint,
  `first_event_date` date,
  `last_event_date` date,
  `artist_rank` bigint
)
stored as parquet
location 's3://BUCKET/PREFIX/processed/marts/artist_totals/'
tblproperties (
  'classification' = 'parquet'
);

create external table if not exists `listening_marts`.`monthly_genre_metrics` (
  `event_month` date,
  `genre` string,
  `weighted_plays` double,
  `weighted_streams` double,
  `stream_share` double,
  `weighted_skips` double,
  `weighted_unknowns` double,
  `skip_rate` double,
  `weighted_ms_played` double,
  `tracks_played` bigint,
  `first_event_date` date,
  `last_event_date` date
)
stored as parquet
location 's3://BUCKET/PREFIX/processed/marts/monthly_genre_metrics/'
tblproperties (
  'classification' = 'parquet'
);

create external table if not exists `listening_marts`.`monthly_taste` (
  `event_month` date,
  `streams` bigint,
  `tracks` bigint,
  `first_listens` bigint,
  `discovery_share` double,
  `mean_popularity` double,
  `mainstream_share` double,
  `niche_share` double,
  `mean_release_year` double,
  `mean_danceability` double,
  `mean_energy` double,
  `mean_valence` double,
  `mean_acousticness` double,
  `mean_instrumentalness` double,
  `mean_speechiness` double,
  `mean_tempo` double,
  `genre_distance` double,
  `audio_distance` double
)
stored as parquet
location 's3://BUCKET/PREFIX/processed/marts/monthly_taste/'
tblproperties (
  'classification' = 'parquet'
);

create external table if not exists `listening_marts`.`monthly_track_metrics` (
  `event_month` date,
  `track_id` string,
  `plays` bigint,
  `streams` bigint,
  `skips` bigint,
  `completes` bigint,
  `abandons` bigint,
  `unknowns` bigint,
  `listeners` bigint,
  `ms_played` bigint,
  `first_event_date` date,
  `last_event_date` date
)
stored as parquet
location 's3://BUCKET/PREFIX/processed/marts/monthly_track_metrics/'
tblproperties (
  'classification' = 'parquet'
);

create external table if not exists `listening_marts`.`new_release_trends` (
  `track_id` string,
  `track_name` string,
  `primary_artist_id` string,
  `primary_artist_name` string,
  `release_date` date,
  `newest_event_date` date,
  `days_since_release` bigint,
  `recent_streams` bigint,
  `previous_streams` bigint,
  `recent_skip_rate` double,
  `trending_score` double
)
stored as parquet
location 's3://BUCKET/PREFIX/processed/marts/new_release_trends/'
tblproperties (
  'classification' = 'parquet'
);

create external table if not exists `listening_marts`.`popularity_by_snapshot` (
  `snapshot_date` date,
  `popularity_from` bigint,
  `tracks` bigint,
  `track_share` double,
  `mean_popularity` double
)
stored as parquet
location 's3://BUCKET/PREFIX/processed/marts/popularity_by_snapshot/'
tblproperties (
  'classification' = 'parquet'
);

create external table if not exists `listening_marts`.`ranked_tracks` (
  `counted_by` string,
  `track_id` string,
  `recording_track_id` string,
  `track_ids` bigint,
  `track_name` string,
  `primary_artist_id` string,
  `primary_artist_name` string,
  `album_id` string,
  `album_name` string,
  `primary_genre` string,
  `release_date` date,
  `duration_ms` bigint,
  `popularity` bigint,
  `plays` bigint,
  `streams` bigint,
  `skips` bigint,
  `completes` bigint,
  `abandons` bigint,
  `unknowns` bigint,
  `skip_rate` double,
  `listeners` bigint,
  `ms_played` bigint,
  `first_event_date` date,
  `last_event_date` date,
  `track_rank` bigint,
  `rank_in_artist` bigint
)
stored as parquet
location 's3://BUCKET/PREFIX/processed/marts/ranked_tracks/'
tblproperties (
  'classification' = 'parquet'
);

create external table if not exists `listening_marts`.`recording_totals` (
  `track_id` string,
  `track_ids` bigint,
  `track_name` string,
  `primary_artist_id` string,
  `primary_artist_name` string,
  `album_id` string,
  `album_name` string,
  `primary_genre` string,
  `release_date` date,
  `duration_ms` bigint,
  `popularity` bigint,
  `plays` bigint,
  `streams` bigint,
  `skips` bigint,
  `completes` bigint,
  `abandons` bigint,
  `unknowns` bigint,
  `skip_rate` double,
  `listeners` bigint,
  `ms_played` bigint,
  `first_event_date` date,
  `last_event_date` date,
  `track_rank` bigint,
  `rank_in_artist` bigint
)
stored as parquet
location 's3://BUCKET/PREFIX/processed/marts/recording_totals/'
tblproperties (
  'classification' = 'parquet'
);

create external table if not exists `listening_marts`.`track_totals` (
  `track_id` string,
  `recording_track_id` string,
  `track_name` string,
  `primary_artist_id` string,
  `primary_artist_name` string,
  `album_id` string,
  `album_name` string,
  `primary_genre` string,
  `release_date` date,
  `duration_ms` bigint,
  `popularity` bigint,
  `plays` bigint,
  `streams` bigint,
  `skips` bigint,
  `completes` bigint,
  `abandons` bigint,
  `unknowns` bigint,
  `skip_rate` double,
  `listeners` bigint,
  `ms_played` bigint,
  `first_event_date` date,
  `last_event_date` date,
  `track_rank` bigint,
  `rank_in_artist` bigint
)
stored as parquet
location 's3://BUCKET/PREFIX/processed/marts/track_totals/'
tblproperties (
  'classification' = 'parquet'
);

create external table if not exists `listening_marts`.`bridge_track_artist` (
  `track_id` string,
  `artist_id` string,
  `position` bigint
)
stored as parquet
location 's3://BUCKET/PREFIX/processed/marts/bridge_track_artist/'
tblproperties (
  'classification' = 'parquet'
);

create external table if not exists `listening_marts`.`bridge_track_genre` (
  `track_id` string,
  `genre` string,
  `weight` double
)
stored as parquet
location 's3://BUCKET/PREFIX/processed/marts/bridge_track_genre/'
tblproperties (
  'classification' = 'parquet'
);

create external table if not exists `listening_marts`.`dim_album` (
  `album_id` string,
  `album_name` string,
  `primary_artist_id` string,
  `primary_artist_name` string,
  `first_release_date` date,
  `track_count` bigint,
  `is_in_catalogue` boolean
)
stored as parquet
location 's3://BUCKET/PREFIX/processed/marts/dim_album/'
tblproperties (
  'classification' = 'parquet'
);

create external table if not exists `listening_marts`.`dim_artist` (
  `artist_id` string,
  `artist_name` string,
  `track_count` bigint,
  `mean_popularity` double,
  `popularity` bigint,
  `followers` bigint,
  `is_in_catalogue` boolean,
  `first_snapshot_date` date,
  `last_snapshot_date` date
)
stored as parquet
location 's3://BUCKET/PREFIX/processed/marts/dim_artist/'
tblproperties (
  'classification' = 'parquet'
);

create external table if not exists `listening_marts`.`dim_artist_history` (
  `artist_id` string,
  `version` bigint,
  `valid_from` date,
  `valid_to` date,
  `is_current` boolean,
  `artist_name` string,
  `track_count` bigint,
  `mean_popularity` double,
  `snapshots` bigint,
  `last_snapshot_date` date
)
stored as parquet
location 's3://BUCKET/PREFIX/processed/marts/dim_artist_history/'
tblproperties (
  'classification' = 'parquet'
);

create external table if not exists `listening_marts`.`dim_country` (
  `country` string,
  `country_name` string,
  `region` string,
  `time_zone` string,
  `time_zone_count` bigint
)
stored as parquet
location 's3://BUCKET/PREFIX/processed/marts/dim_country/'
tblproperties (
  'classification' = 'parquet'
);

create external table if not exists `listening_marts`.`dim_date` (
  `date_day` date,
  `year` bigint,
  `quarter` bigint,
  `month` bigint,
  `month_name` string,
  `day_of_month` bigint,
  `day_of_year` bigint,
  `iso_year` bigint,
  `iso_week` bigint,
  `weekday` bigint,
  `weekday_name` string,
  `is_weekend` boolean,
  `week_starts_on` date,
  `month_starts_on` date,
  `quarter_starts_on` date,
  `year_starts_on` date
)
stored as parquet
location 's3://BUCKET/PREFIX/processed/marts/dim_date/'
tblproperties (
  'classification' = 'parquet'
);

create external table if not exists `listening_marts`.`dim_device` (
  `device` string,
  `device_name` string,
  `is_portable` boolean
)
stored as parquet
location 's3://BUCKET/PREFIX/processed/marts/dim_device/'
tblproperties (
  'classification' = 'parquet'
);

create external table if not exists `listening_marts`.`dim_time_of_day` (
  `hour` bigint,
  `hour_name` string,
  `part_of_day` string,
  `part_of_day_number` bigint
)
stored as parquet
location 's3://BUCKET/PREFIX/processed/marts/dim_time_of_day/'
tblproperties (
  'classification' = 'parquet'
);

create external table if not exists `listening_marts`.`dim_track` (
  `track_id` string,
  `recording_id` string,
  `recording_track_id` string,
  `catalogue_track_id` string,
  `content_type` string,
  `track_name` string,
  `artist_names` string,
  `primary_artist_id` string,
  `primary_artist_name` string,
  `artist_count` bigint,
  `album_id` string,
  `album_name` string,
  `release_date` date,
  `release_precision` string,
  `isrc` string,
  `popularity` bigint,
  `duration_ms` bigint,
  `is_explicit` boolean,
  `danceability` double,
  `energy` double,
  `key` bigint,
  `loudness` double,
  `mode` bigint,
  `speechiness` double,
  `acousticness` double,
  `instrumentalness` double,
  `liveness` double,
  `valence` double,
  `tempo` double,
  `time_signature` bigint,
  `primary_genre` string,
  `genre_count` bigint,
  `is_in_catalogue` boolean,
  `first_snapshot_date` date,
  `last_snapshot_date` date
)
stored as parquet
location 's3://BUCKET/PREFIX/processed/marts/dim_track/'
tblproperties (
  'classification' = 'parquet'
);

create external table if not exists `listening_marts`.`dim_track_history` (
  `track_id` string,
  `version` bigint,
  `valid_from` date,
  `valid_to` date,
  `is_current` boolean,
  `track_name` string,
  `artist_names` string,
  `primary_artist_id` string,
  `album_name` string,
  `release_date` date,
  `duration_ms` bigint,
  `is_explicit` boolean,
  `popularity` bigint,
  `genres` string,
  `snapshots` bigint,
  `last_snapshot_date` date
)
stored as parquet
location 's3://BUCKET/PREFIX/processed/marts/dim_track_history/'
tblproperties (
  'classification' = 'parquet'
);

create external table if not exists `listening_marts`.`dim_user` (
  `user_id` string,
  `home_country` string,
  `time_zone` string,
  `time_zone_source` string,
  `is_following_country` boolean,
  `first_listen_date` date,
  `last_listen_date` date,
  `listening_days` bigint
)
stored as parquet
location 's3://BUCKET/PREFIX/processed/marts/dim_user/'
tblproperties (
  'classification' = 'parquet'
);

create external table if not exists `listening_marts`.`fact_artist_popularity` (
  `snapshot_date` date,
  `artist_id` string,
  `popularity` bigint,
  `followers` bigint
)
stored as parquet
location 's3://BUCKET/PREFIX/processed/marts/fact_artist_popularity/'
tblproperties (
  'classification' = 'parquet'
);

create external table if not exists `listening_marts`.`fact_listening_hours` (
  `user_id` string,
  `hour_starts_at` timestamp,
  `time_zone` string,
  `local_date` date,
  `local_hour` bigint,
  `local_weekday` bigint,
  `ms_listened` bigint,
  `ms_overlapping` bigint,
  `first_event_date` date,
  `last_event_date` date
)
stored as parquet
location 's3://BUCKET/PREFIX/processed/marts/fact_listening_hours/'
tblproperties (
  'classification' = 'parquet'
);

create external table if not exists `listening_marts`.`fact_listens` (
  `event_id` string,
  `event_date` date,
  `user_id` string,
  `track_id` string,
  `session_id` string,
  `session_position` bigint,
  `started_at` timestamp,
  `ended_at` timestamp,
  `time_zone` string,
  `local_started_at` timestamp,
  `local_date` date,
  `local_hour` bigint,
  `local_weekday` bigint,
  `ms_played` bigint,
  `track_duration_ms` bigint,
  `known_duration_ms` bigint,
  `outcome` string,
  `is_stream` boolean,
  `is_skip` boolean,
  `is_complete` boolean,
  `is_abandoned` boolean,
  `is_outcome_unknown` boolean,
  `is_marked_skipped` boolean,
  `content_type` string,
  `is_music` boolean,
  `device` string,
  `country` string,
  `is_shuffle` boolean,
  `reason_start` string,
  `reason_end` string,
  `source` string
)
partitioned by (`month` string)
stored as parquet
location 's3://BUCKET/PREFIX/processed/marts/fact_listens/'
tblproperties (
  'classification' = 'parquet',
  'projection.enabled' = 'true',
  'projection.month.type' = 'date',
  'projection.month.format' = 'yyyy-MM',
  'projection.month.interval' = '1',
  'projection.month.interval.unit' = 'MONTHS',
  'projection.month.range' = '2000-01,NOW+1MONTHS',
  'storage.location.template' = 's3://BUCKET/PREFIX/processed/marts/fact_listens/month=${month}'
);

create external table if not exists `listening_marts`.`fact_sessions` (
  `session_id` string,
  `user_id` string,
  `started_at` timestamp,
  `ended_at` timestamp,
  `duration_ms` bigint,
  `time_zone` string,
  `local_started_at` timestamp,
  `local_date` date,
  `local_hour` bigint,
  `device` string,
  `country` string,
  `playbacks` bigint,
  `plays` bigint,
  `streams` bigint,
  `skips` bigint,
  `completes` bigint,
  `abandons` bigint,
  `unknowns` bigint,
  `tracks` bigint,
  `ms_played` bigint,
  `first_event_date` date,
  `last_event_date` date
)
stored as parquet
location 's3://BUCKET/PREFIX/processed/marts/fact_sessions/'
tblproperties (
  'classification' = 'parquet'
);

create external table if not exists `listening_marts`.`fact_track_popularity` (
  `snapshot_date` date,
  `track_id` string,
  `popularity` bigint,
  `previous_snapshot_date` date,
  `previous_popularity` bigint,
  `popularity_change` bigint,
  `days_since_previous` bigint
)
stored as parquet
location 's3://BUCKET/PREFIX/processed/marts/fact_track_popularity/'
tblproperties (
  'classification' = 'parquet'
);

create external table if not exists `listening_marts`.`fact_user_activity` (
  `user_id` string,
  `local_date` date,
  `country` string,
  `playbacks` bigint,
  `plays` bigint,
  `streams` bigint,
  `skips` bigint,
  `completes` bigint,
  `abandons` bigint,
  `unknowns` bigint,
  `skip_rate` double,
  `playlist_adds` bigint,
  `sessions` bigint,
  `tracks` bigint,
  `artists` bigint,
  `ms_played` bigint,
  `ms_listened` bigint,
  `minutes_listened` double,
  `first_event_date` date,
  `last_event_date` date,
  `engagement_score` bigint
)
stored as parquet
location 's3://BUCKET/PREFIX/processed/marts/fact_user_activity/'
tblproperties (
  'classification' = 'parquet'
);

create external table if not exists `listening_marts`.`fct_listening_hours` (
  `user_id` string,
  `hour_starts_at` timestamp,
  `time_zone` string,
  `local_date` date,
  `local_hour` bigint,
  `local_weekday` bigint,
  `ms_listened` bigint,
  `ms_overlapping` bigint,
  `first_event_date` date,
  `last_event_date` date
)
stored as parquet
location 's3://BUCKET/PREFIX/processed/marts/fct_listening_hours/'
tblproperties (
  'classification' = 'parquet'
);

create external table if not exists `listening_marts`.`fct_sessions` (
  `session_id` string,
  `user_id` string,
  `started_at` timestamp,
  `ended_at` timestamp,
  `duration_ms` bigint,
  `time_zone` string,
  `local_started_at` timestamp,
  `local_date` date,
  `local_hour` bigint,
  `device` string,
  `country` string,
  `playbacks` bigint,
  `plays` bigint,
  `streams` bigint,
  `skips` bigint,
  `completes` bigint,
  `abandons` bigint,
  `unknowns` bigint,
  `tracks` bigint,
  `ms_played` bigint,
  `first_event_date` date,
  `last_event_date` date
)
stored as parquet
location 's3://BUCKET/PREFIX/processed/marts/fct_sessions/'
tblproperties (
  'classification' = 'parquet'
);

create external table if not exists `listening_marts`.`fct_user_activity` (
  `user_id` string,
  `local_date` date,
  `country` string,
  `playbacks` bigint,
  `plays` bigint,
  `streams` bigint,
  `skips` bigint,
  `completes` bigint,
  `abandons` bigint,
  `unknowns` bigint,
  `skip_rate` double,
  `playlist_adds` bigint,
  `sessions` bigint,
  `tracks` bigint,
  `artists` bigint,
  `ms_played` bigint,
  `ms_listened` bigint,
  `minutes_listened` double,
  `first_event_date` date,
  `last_event_date` date,
  `engagement_score` bigint
)
stored as parquet
location 's3://BUCKET/PREFIX/processed/marts/fct_user_activity/'
tblproperties (
  'classification' = 'parquet'
);

create external table if not exists `listening_marts`.`daily_aggregates` (
  `event_date` date,
  `plays` bigint,
  `streams` bigint,
  `skipped_streams` bigint,
  `skips` bigint,
  `completes` bigint,
  `abandons` bigint,
  `unknowns` bigint,
  `skip_rate` double,
  `listeners` bigint,
  `tracks` bigint,
  `ms_played` bigint
)
partitioned by (`month` string)
stored as parquet
location 's3://BUCKET/PREFIX/processed/marts/daily_aggregates/'
tblproperties (
  'classification' = 'parquet',
  'projection.enabled' = 'true',
  'projection.month.type' = 'date',
  'projection.month.format' = 'yyyy-MM',
  'projection.month.interval' = '1',
  'projection.month.interval.unit' = 'MONTHS',
  'projection.month.range' = '2000-01,NOW+1MONTHS',
  'storage.location.template' = 's3://BUCKET/PREFIX/processed/marts/daily_aggregates/month=${month}'
);

create external table if not exists `listening_marts`.`daily_artist_metrics` (
  `event_date` date,
  `artist_id` string,
  `artist_name` string,
  `plays` bigint,
  `streams` bigint,
  `skips` bigint,
  `unknowns` bigint,
  `skip_rate` double,
  `listeners` bigint,
  `ms_played` bigint
)
partitioned by (`month` string)
stored as parquet
location 's3://BUCKET/PREFIX/processed/marts/daily_artist_metrics/'
tblproperties (
  'classification' = 'parquet',
  'projection.enabled' = 'true',
  'projection.month.type' = 'date',
  'projection.month.format' = 'yyyy-MM',
  'projection.month.interval' = '1',
  'projection.month.interval.unit' = 'MONTHS',
  'projection.month.range' = '2000-01,NOW+1MONTHS',
  'storage.location.template' = 's3://BUCKET/PREFIX/processed/marts/daily_artist_metrics/month=${month}'
);

create external table if not exists `listening_marts`.`daily_genre_metrics` (
  `event_date` date,
  `genre` string,
  `weighted_plays` double,
  `weighted_streams` double,
  `weighted_skips` double,
  `weighted_unknowns` double,
  `skip_rate` double,
  `weighted_ms_played` double,
  `listeners` bigint
)
partitioned by (`month` string)
stored as parquet
location 's3://BUCKET/PREFIX/processed/marts/daily_genre_metrics/'
tblproperties (
  'classification' = 'parquet',
  'projection.enabled' = 'true',
  'projection.month.type' = 'date',
  'projection.month.format' = 'yyyy-MM',
  'projection.month.interval' = '1',
  'projection.month.interval.unit' = 'MONTHS',
  'projection.month.range' = '2000-01,NOW+1MONTHS',
  'storage.location.template' = 's3://BUCKET/PREFIX/processed/marts/daily_genre_metrics/month=${month}'
);

create external table if not exists `listening_marts`.`daily_hour_metrics` (
  `event_date` date,
  `time_zone` string,
  `local_date` date,
  `local_hour` bigint,
  `local_weekday` bigint,
  `plays` bigint,
  `streams` bigint,
  `skips` bigint,
  `unknowns` bigint,
  `skip_rate` double,
  `ms_played` bigint
)
partitioned by (`month` string)
stored as parquet
location 's3://BUCKET/PREFIX/processed/marts/daily_hour_metrics/'
tblproperties (
  'classification' = 'parquet',
  'projection.enabled' = 'true',
  'projection.month.type' = 'date',
  'projection.month.format' = 'yyyy-MM',
  'projection.month.interval' = '1',
  'projection.month.interval.unit' = 'MONTHS',
  'projection.month.range' = '2000-01,NOW+1MONTHS',
  'storage.location.template' = 's3://BUCKET/PREFIX/processed/marts/daily_hour_metrics/month=${month}'
);

create external table if not exists `listening_marts`.`daily_location_metrics` (
  `event_date` date,
  `country` string,
  `device` string,
  `plays` bigint,
  `streams` bigint,
  `skips` bigint,
  `unknowns` bigint,
  `skip_rate` double,
  `listeners` bigint,
  `ms_played` bigint
)
partitioned by (`month` string)
stored as parquet
location 's3://BUCKET/PREFIX/processed/marts/daily_location_metrics/'
tblproperties (
  'classification' = 'parquet',
  'projection.enabled' = 'true',
  'projection.month.type' = 'date',
  'projection.month.format' = 'yyyy-MM',
  'projection.month.interval' = '1',
  'projection.month.interval.unit' = 'MONTHS',
  'projection.month.range' = '2000-01,NOW+1MONTHS',
  'storage.location.template' = 's3://BUCKET/PREFIX/processed/marts/daily_location_metrics/month=${month}'
);

create external table if not exists `listening_marts`.`daily_session_metrics` (
  `local_date` date,
  `sessions` bigint,
  `listeners` bigint,
  `plays` bigint,
  `streams` bigint,
  `skips` bigint,
  `unknowns` bigint,
  `mean_duration_ms` double,
  `median_duration_ms` double,
  `mean_plays` double,
  `first_event_date` date,
  `last_event_date` date
)
stored as parquet
location 's3://BUCKET/PREFIX/processed/marts/daily_session_metrics/'
tblproperties (
  'classification' = 'parquet'
);

create external table if not exists `listening_marts`.`daily_track_plays` (
  `event_date` date,
  `track_id` string,
  `plays` bigint,
  `streams` bigint,
  `skips` bigint,
  `completes` bigint,
  `abandons` bigint,
  `unknowns` bigint,
  `ms_played` bigint
)
partitioned by (`month` string)
stored as parquet
location 's3://BUCKET/PREFIX/processed/marts/daily_track_plays/'
tblproperties (
  'classification' = 'parquet',
  'projection.enabled' = 'true',
  'projection.month.type' = 'date',
  'projection.month.format' = 'yyyy-MM',
  'projection.month.interval' = '1',
  'projection.month.interval.unit' = 'MONTHS',
  'projection.month.range' = '2000-01,NOW+1MONTHS',
  'storage.location.template' = 's3://BUCKET/PREFIX/processed/marts/daily_track_plays/month=${month}'
);

create external table if not exists `listening_marts`.`listening_by_weather` (
  `user_id` string,
  `condition` string,
  `measure` string,
  `compares` string,
  `hours` bigint,
  `mean` double,
  `estimate` double,
  `ci_low` double,
  `ci_high` double,
  `relative_estimate` double,
  `p_value` double,
  `adjusted_p_value` double,
  `is_positive` boolean,
  `answer` string
)
stored as parquet
location 's3://BUCKET/PREFIX/processed/marts/listening_by_weather/'
tblproperties (
  'classification' = 'parquet'
);

create external table if not exists `listening_marts`.`daily_skip_flags` (
  `event_date` date,
  `country` string,
  `device` string,
  `outcome` string,
  `flag` string,
  `plays` bigint
)
partitioned by (`month` string)
stored as parquet
location 's3://BUCKET/PREFIX/processed/marts/daily_skip_flags/'
tblproperties (
  'classification' = 'parquet',
  'projection.enabled' = 'true',
  'projection.month.type' = 'date',
  'projection.month.format' = 'yyyy-MM',
  'projection.month.interval' = '1',
  'projection.month.interval.unit' = 'MONTHS',
  'projection.month.range' = '2000-01,NOW+1MONTHS',
  'storage.location.template' = 's3://BUCKET/PREFIX/processed/marts/daily_skip_flags/month=${month}'
);

create external table if not exists `listening_marts`.`daily_skip_metrics` (
  `event_date` date,
  `dimension` string,
  `value` string,
  `plays` bigint,
  `streams` bigint,
  `skips` bigint,
  `completes` bigint,
  `abandons` bigint,
  `unknowns` bigint,
  `skip_rate` double,
  `ms_played` bigint
)
partitioned by (`month` string)
stored as parquet
location 's3://BUCKET/PREFIX/processed/marts/daily_skip_metrics/'
tblproperties (
  'classification' = 'parquet',
  'projection.enabled' = 'true',
  'projection.month.type' = 'date',
  'projection.month.format' = 'yyyy-MM',
  'projection.month.interval' = '1',
  'projection.month.interval.unit' = 'MONTHS',
  'projection.month.range' = '2000-01,NOW+1MONTHS',
  'storage.location.template' = 's3://BUCKET/PREFIX/processed/marts/daily_skip_metrics/month=${month}'
);

create external table if not exists `listening_marts`.`daily_skip_seconds` (
  `event_date` date,
  `second` bigint,
  `plays` bigint,
  `skips` bigint,
  `completes` bigint,
  `abandons` bigint
)
partitioned by (`month` string)
stored as parquet
location 's3://BUCKET/PREFIX/processed/marts/daily_skip_seconds/'
tblproperties (
  'classification' = 'parquet',
  'projection.enabled' = 'true',
  'projection.month.type' = 'date',
  'projection.month.format' = 'yyyy-MM',
  'projection.month.interval' = '1',
  'projection.month.interval.unit' = 'MONTHS',
  'projection.month.range' = '2000-01,NOW+1MONTHS',
  'storage.location.template' = 's3://BUCKET/PREFIX/processed/marts/daily_skip_seconds/month=${month}'
);

create external table if not exists `listening_marts`.`genre_skip_rates` (
  `genre` string,
  `weighted_plays` double,
  `weighted_streams` double,
  `stream_share` double,
  `weighted_skips` double,
  `weighted_unknowns` double,
  `skip_rate` double,
  `first_event_date` date,
  `last_event_date` date
)
stored as parquet
location 's3://BUCKET/PREFIX/processed/marts/genre_skip_rates/'
tblproperties (
  'classification' = 'parquet'
);

create external table if not exists `listening_marts`.`skip_survival_by_second` (
  `second` bigint,
  `playing` bigint,
  `skips` bigint,
  `completes` bigint,
  `abandons` bigint,
  `hazard` double,
  `survival` double
)
stored as parquet
location 's3://BUCKET/PREFIX/processed/marts/skip_survival_by_second/'
tblproperties (
  'classification' = 'parquet'
);

create external table if not exists `listening_snapshots`.`recordings_history` (
  `track_key` string,
  `recording_id` string,
  `matched_by` string,
  `catalogue_track_id` string,
  `dbt_scd_id` string,
  `dbt_updated_at` timestamp,
  `dbt_valid_from` timestamp,
  `dbt_valid_to` timestamp
)
stored as parquet
location 's3://BUCKET/PREFIX/processed/snapshots/recordings_history/'
tblproperties (
  'classification' = 'parquet'
);
