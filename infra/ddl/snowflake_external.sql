-- Written by `make docs` from the table catalogue. The files stay where they are. LISTENING is a storage
-- integration that may read the bucket. After each publishing run: `alter external table … refresh` on what
-- is read.

create schema if not exists "LISTENING_RAW";

create schema if not exists "LISTENING_CORE";

create schema if not exists "LISTENING_ML";

create schema if not exists "LISTENING_OPS";

create schema if not exists "LISTENING_MARTS";

create schema if not exists "LISTENING_SNAPSHOTS";

create or replace stage "LISTENING_CORE".published
url = 's3://BUCKET/PREFIX/'
storage_integration = LISTENING
file_format = (type = parquet use_logical_type = true);

create or replace external table "LISTENING_RAW"."RAW_TRACKS" (
  "SNAPSHOT_DATE" date as (value:"snapshot_date"::date),
  "SOURCE_FILE" varchar as (value:"source_file"::varchar),
  "SOURCE_ROW" number(19, 0) as (value:"source_row"::number(19, 0)),
  "TRACK_ID" varchar as (value:"track_id"::varchar),
  "TRACK_NAME" varchar as (value:"track_name"::varchar),
  "ARTISTS" varchar as (value:"artists"::varchar),
  "ALBUM_NAME" varchar as (value:"album_name"::varchar),
  "RELEASE_DATE" varchar as (value:"release_date"::varchar),
  "ISRC" varchar as (value:"isrc"::varchar),
  "POPULARITY" number(19, 0) as (value:"popularity"::number(19, 0)),
  "ARTIST_POPULARITY" number(19, 0) as (value:"artist_popularity"::number(19, 0)),
  "ARTIST_FOLLOWERS" number(19, 0) as (value:"artist_followers"::number(19, 0)),
  "DURATION_MS" number(19, 0) as (value:"duration_ms"::number(19, 0)),
  "EXPLICIT" boolean as (value:"explicit"::boolean),
  "DANCEABILITY" double as (value:"danceability"::double),
  "ENERGY" double as (value:"energy"::double),
  "KEY" number(19, 0) as (value:"key"::number(19, 0)),
  "LOUDNESS" double as (value:"loudness"::double),
  "MODE" number(19, 0) as (value:"mode"::number(19, 0)),
  "SPEECHINESS" double as (value:"speechiness"::double),
  "ACOUSTICNESS" double as (value:"acousticness"::double),
  "INSTRUMENTALNESS" double as (value:"instrumentalness"::double),
  "LIVENESS" double as (value:"liveness"::double),
  "VALENCE" double as (value:"valence"::double),
  "TEMPO" double as (value:"tempo"::double),
  "TIME_SIGNATURE" number(19, 0) as (value:"time_signature"::number(19, 0)),
  "GENRE" varchar as (value:"genre"::varchar),
  "EXTRA" varchar as (value:"extra"::varchar),
  "MONTH" varchar as (split_part(split_part(metadata$filename, 'month=', 2), '/', 1))
)
partition by ("MONTH")
location = @"LISTENING_CORE".published/processed/raw/raw_tracks/
auto_refresh = false
file_format = (type = parquet use_logical_type = true);

create or replace external table "LISTENING_RAW"."RAW_EVENTS" (
  "EVENT_ID" varchar as (value:"event_id"::varchar),
  "USER_ID" varchar as (value:"user_id"::varchar),
  "TRACK_ID" varchar as (value:"track_id"::varchar),
  "STARTED_AT" timestamp_ntz(6) as (value:"started_at"::timestamp_ntz(6)),
  "ENDED_AT" timestamp_ntz(6) as (value:"ended_at"::timestamp_ntz(6)),
  "REPORTED_AT" timestamp_ntz(6) as (value:"reported_at"::timestamp_ntz(6)),
  "EVENT_DATE" date as (value:"event_date"::date),
  "ACTION" varchar as (value:"action"::varchar),
  "MS_PLAYED" number(19, 0) as (value:"ms_played"::number(19, 0)),
  "SKIPPED" boolean as (value:"skipped"::boolean),
  "REASON_START" varchar as (value:"reason_start"::varchar),
  "REASON_END" varchar as (value:"reason_end"::varchar),
  "DEVICE" varchar as (value:"device"::varchar),
  "COUNTRY" varchar as (value:"country"::varchar),
  "SHUFFLE" boolean as (value:"shuffle"::boolean),
  "SESSION_ID" varchar as (value:"session_id"::varchar),
  "SOURCE" varchar as (value:"source"::varchar),
  "CONTENT_TYPE" varchar as (value:"content_type"::varchar),
  "TRACK_NAME" varchar as (value:"track_name"::varchar),
  "ARTIST_NAME" varchar as (value:"artist_name"::varchar),
  "ALBUM_NAME" varchar as (value:"album_name"::varchar),
  "EXTRA" varchar as (value:"extra"::varchar),
  "SOURCE_FILE" varchar as (value:"source_file"::varchar),
  "SOURCE_ROW" number(19, 0) as (value:"source_row"::number(19, 0)),
  "MONTH" varchar as (split_part(split_part(metadata$filename, 'month=', 2), '/', 1))
)
partition by ("MONTH")
location = @"LISTENING_CORE".published/processed/raw/raw_events/
auto_refresh = false
file_format = (type = parquet use_logical_type = true);

create or replace external table "LISTENING_CORE"."TRACKS" (
  "SNAPSHOT_DATE" date as (value:"snapshot_date"::date),
  "TRACK_ID" varchar as (value:"track_id"::varchar),
  "TRACK_NAME" varchar as (value:"track_name"::varchar),
  "ARTIST_NAMES" varchar as (value:"artist_names"::varchar),
  "PRIMARY_ARTIST_ID" varchar as (value:"primary_artist_id"::varchar),
  "PRIMARY_ARTIST_NAME" varchar as (value:"primary_artist_name"::varchar),
  "ARTIST_COUNT" number(19, 0) as (value:"artist_count"::number(19, 0)),
  "ALBUM_NAME" varchar as (value:"album_name"::varchar),
  "RELEASE_DATE" date as (value:"release_date"::date),
  "RELEASE_PRECISION" varchar as (value:"release_precision"::varchar),
  "ISRC" varchar as (value:"isrc"::varchar),
  "POPULARITY" number(19, 0) as (value:"popularity"::number(19, 0)),
  "POPULARITY_SPREAD" number(19, 0) as (value:"popularity_spread"::number(19, 0)),
  "DURATION_MS" number(19, 0) as (value:"duration_ms"::number(19, 0)),
  "EXPLICIT" boolean as (value:"explicit"::boolean),
  "DANCEABILITY" double as (value:"danceability"::double),
  "ENERGY" double as (value:"energy"::double),
  "KEY" number(19, 0) as (value:"key"::number(19, 0)),
  "LOUDNESS" double as (value:"loudness"::double),
  "MODE" number(19, 0) as (value:"mode"::number(19, 0)),
  "SPEECHINESS" double as (value:"speechiness"::double),
  "ACOUSTICNESS" double as (value:"acousticness"::double),
  "INSTRUMENTALNESS" double as (value:"instrumentalness"::double),
  "LIVENESS" double as (value:"liveness"::double),
  "VALENCE" double as (value:"valence"::double),
  "TEMPO" double as (value:"tempo"::double),
  "TIME_SIGNATURE" number(19, 0) as (value:"time_signature"::number(19, 0)),
  "PRIMARY_GENRE" varchar as (value:"primary_genre"::varchar),
  "GENRE_COUNT" number(19, 0) as (value:"genre_count"::number(19, 0)),
  "SOURCE_ROWS" number(19, 0) as (value:"source_rows"::number(19, 0)),
  "MONTH" varchar as (split_part(split_part(metadata$filename, 'month=', 2), '/', 1))
)
partition by ("MONTH")
location = @"LISTENING_CORE".published/processed/core/tracks/
auto_refresh = false
file_format = (type = parquet use_logical_type = true);

create or replace external table "LISTENING_CORE"."ARTISTS" (
  "SNAPSHOT_DATE" date as (value:"snapshot_date"::date),
  "ARTIST_ID" varchar as (value:"artist_id"::varchar),
  "ARTIST_NAME" varchar as (value:"artist_name"::varchar),
  "TRACK_COUNT" number(19, 0) as (value:"track_count"::number(19, 0)),
  "MEAN_POPULARITY" double as (value:"mean_popularity"::double),
  "POPULARITY" number(19, 0) as (value:"popularity"::number(19, 0)),
  "FOLLOWERS" number(19, 0) as (value:"followers"::number(19, 0)),
  "MONTH" varchar as (split_part(split_part(metadata$filename, 'month=', 2), '/', 1))
)
partition by ("MONTH")
location = @"LISTENING_CORE".published/processed/core/artists/
auto_refresh = false
file_format = (type = parquet use_logical_type = true);

create or replace external table "LISTENING_CORE"."TRACK_ARTISTS" (
  "SNAPSHOT_DATE" date as (value:"snapshot_date"::date),
  "TRACK_ID" varchar as (value:"track_id"::varchar),
  "POSITION" number(19, 0) as (value:"position"::number(19, 0)),
  "ARTIST_ID" varchar as (value:"artist_id"::varchar),
  "MONTH" varchar as (split_part(split_part(metadata$filename, 'month=', 2), '/', 1))
)
partition by ("MONTH")
location = @"LISTENING_CORE".published/processed/core/track_artists/
auto_refresh = false
file_format = (type = parquet use_logical_type = true);

create or replace external table "LISTENING_CORE"."TRACK_GENRES" (
  "SNAPSHOT_DATE" date as (value:"snapshot_date"::date),
  "TRACK_ID" varchar as (value:"track_id"::varchar),
  "GENRE" varchar as (value:"genre"::varchar),
  "WEIGHT" double as (value:"weight"::double),
  "MONTH" varchar as (split_part(split_part(metadata$filename, 'month=', 2), '/', 1))
)
partition by ("MONTH")
location = @"LISTENING_CORE".published/processed/core/track_genres/
auto_refresh = false
file_format = (type = parquet use_logical_type = true);

create or replace external table "LISTENING_CORE"."LISTENING_EVENTS" (
  "EVENT_ID" varchar as (value:"event_id"::varchar),
  "USER_ID" varchar as (value:"user_id"::varchar),
  "TRACK_ID" varchar as (value:"track_id"::varchar),
  "STARTED_AT" timestamp_ntz(6) as (value:"started_at"::timestamp_ntz(6)),
  "ENDED_AT" timestamp_ntz(6) as (value:"ended_at"::timestamp_ntz(6)),
  "REPORTED_AT" timestamp_ntz(6) as (value:"reported_at"::timestamp_ntz(6)),
  "EVENT_DATE" date as (value:"event_date"::date),
  "ACTION" varchar as (value:"action"::varchar),
  "MS_PLAYED" number(19, 0) as (value:"ms_played"::number(19, 0)),
  "SKIPPED" boolean as (value:"skipped"::boolean),
  "REASON_START" varchar as (value:"reason_start"::varchar),
  "REASON_END" varchar as (value:"reason_end"::varchar),
  "DEVICE" varchar as (value:"device"::varchar),
  "COUNTRY" varchar as (value:"country"::varchar),
  "SHUFFLE" boolean as (value:"shuffle"::boolean),
  "SESSION_ID" varchar as (value:"session_id"::varchar),
  "SOURCE" varchar as (value:"source"::varchar),
  "CONTENT_TYPE" varchar as (value:"content_type"::varchar),
  "TRACK_NAME" varchar as (value:"track_name"::varchar),
  "ARTIST_NAME" varchar as (value:"artist_name"::varchar),
  "ALBUM_NAME" varchar as (value:"album_name"::varchar),
  "EXTRA" varchar as (value:"extra"::varchar),
  "FILLED_FROM" varchar as (value:"filled_from"::varchar),
  "TRACK_KEY" varchar as (value:"track_key"::varchar),
  "SESSION_POSITION" number(19, 0) as (value:"session_position"::number(19, 0)),
  "TRACK_DURATION_MS" number(19, 0) as (value:"track_duration_ms"::number(19, 0)),
  "KNOWN_DURATION_MS" number(19, 0) as (value:"known_duration_ms"::number(19, 0)),
  "OUTCOME" varchar as (value:"outcome"::varchar),
  "IS_STREAM" boolean as (value:"is_stream"::boolean),
  "MONTH" varchar as (split_part(split_part(metadata$filename, 'month=', 2), '/', 1))
)
partition by ("MONTH")
location = @"LISTENING_CORE".published/processed/core/listening_events/
auto_refresh = false
file_format = (type = parquet use_logical_type = true);

create or replace external table "LISTENING_CORE"."COUNTRIES" (
  "COUNTRY" varchar as (value:"country"::varchar),
  "COUNTRY_NAME" varchar as (value:"country_name"::varchar),
  "REGION" varchar as (value:"region"::varchar),
  "TIME_ZONE" varchar as (value:"time_zone"::varchar),
  "TIME_ZONE_COUNT" number(19, 0) as (value:"time_zone_count"::number(19, 0))
)
location = @"LISTENING_CORE".published/processed/core/countries/
auto_refresh = false
file_format = (type = parquet use_logical_type = true);

create or replace external table "LISTENING_CORE"."USER_PROFILES" (
  "USER_ID" varchar as (value:"user_id"::varchar),
  "TIME_ZONE" varchar as (value:"time_zone"::varchar),
  "FOLLOWS_COUNTRY" boolean as (value:"follows_country"::boolean)
)
location = @"LISTENING_CORE".published/processed/core/user_profiles/
auto_refresh = false
file_format = (type = parquet use_logical_type = true);

create or replace external table "LISTENING_CORE"."PLAYED_TRACKS" (
  "EVENT_DATE" date as (value:"event_date"::date),
  "TRACK_KEY" varchar as (value:"track_key"::varchar),
  "TRACK_ID" varchar as (value:"track_id"::varchar),
  "CONTENT_TYPE" varchar as (value:"content_type"::varchar),
  "TRACK_NAME" varchar as (value:"track_name"::varchar),
  "ARTIST_NAME" varchar as (value:"artist_name"::varchar),
  "ALBUM_NAME" varchar as (value:"album_name"::varchar),
  "PLAYBACKS" number(19, 0) as (value:"playbacks"::number(19, 0)),
  "MONTH" varchar as (split_part(split_part(metadata$filename, 'month=', 2), '/', 1))
)
partition by ("MONTH")
location = @"LISTENING_CORE".published/processed/core/played_tracks/
auto_refresh = false
file_format = (type = parquet use_logical_type = true);

create or replace external table "LISTENING_CORE"."RECORDINGS" (
  "TRACK_KEY" varchar as (value:"track_key"::varchar),
  "TRACK_ID" varchar as (value:"track_id"::varchar),
  "RECORDING_ID" varchar as (value:"recording_id"::varchar),
  "MATCHED_BY" varchar as (value:"matched_by"::varchar),
  "CATALOGUE_TRACK_ID" varchar as (value:"catalogue_track_id"::varchar),
  "TRACK_NAME" varchar as (value:"track_name"::varchar),
  "ARTIST_NAMES" varchar as (value:"artist_names"::varchar),
  "DURATION_MS" number(19, 0) as (value:"duration_ms"::number(19, 0))
)
location = @"LISTENING_CORE".published/processed/core/recordings/
auto_refresh = false
file_format = (type = parquet use_logical_type = true);

create or replace external table "LISTENING_CORE"."LISTENING_HOURS" (
  "EVENT_DATE" date as (value:"event_date"::date),
  "USER_ID" varchar as (value:"user_id"::varchar),
  "HOUR_STARTS_AT" timestamp_ntz(6) as (value:"hour_starts_at"::timestamp_ntz(6)),
  "TIME_ZONE" varchar as (value:"time_zone"::varchar),
  "LOCAL_DATE" date as (value:"local_date"::date),
  "LOCAL_HOUR" number(19, 0) as (value:"local_hour"::number(19, 0)),
  "MS_LISTENED" number(19, 0) as (value:"ms_listened"::number(19, 0)),
  "MS_OVERLAPPING" number(19, 0) as (value:"ms_overlapping"::number(19, 0)),
  "MONTH" varchar as (split_part(split_part(metadata$filename, 'month=', 2), '/', 1))
)
partition by ("MONTH")
location = @"LISTENING_CORE".published/processed/core/listening_hours/
auto_refresh = false
file_format = (type = parquet use_logical_type = true);

create or replace external table "LISTENING_CORE"."WEATHER_HOURS" (
  "PLACE_ID" varchar as (value:"place_id"::varchar),
  "PLACE_NAME" varchar as (value:"place_name"::varchar),
  "IS_OF_COUNTRY" boolean as (value:"is_of_country"::boolean),
  "LATITUDE" double as (value:"latitude"::double),
  "LONGITUDE" double as (value:"longitude"::double),
  "HOUR_STARTS_AT" timestamp_ntz(6) as (value:"hour_starts_at"::timestamp_ntz(6)),
  "EVENT_DATE" date as (value:"event_date"::date),
  "TEMPERATURE_C" double as (value:"temperature_c"::double),
  "RAIN_MM" double as (value:"rain_mm"::double),
  "CLOUD_COVER" double as (value:"cloud_cover"::double),
  "IS_DAYLIGHT" boolean as (value:"is_daylight"::boolean),
  "MONTH" varchar as (split_part(split_part(metadata$filename, 'month=', 2), '/', 1))
)
partition by ("MONTH")
location = @"LISTENING_CORE".published/processed/core/weather_hours/
auto_refresh = false
file_format = (type = parquet use_logical_type = true);

create or replace external table "LISTENING_CORE"."WEATHER_EFFECTS" (
  "USER_ID" varchar as (value:"user_id"::varchar),
  "CONDITION" varchar as (value:"condition"::varchar),
  "MEASURE" varchar as (value:"measure"::varchar),
  "COMPARES" varchar as (value:"compares"::varchar),
  "HOURS" number(19, 0) as (value:"hours"::number(19, 0)),
  "BLOCKS" number(19, 0) as (value:"blocks"::number(19, 0)),
  "MEAN" double as (value:"mean"::double),
  "ESTIMATE" double as (value:"estimate"::double),
  "CI_LOW" double as (value:"ci_low"::double),
  "CI_HIGH" double as (value:"ci_high"::double),
  "P_VALUE" double as (value:"p_value"::double),
  "ADJUSTED_P_VALUE" double as (value:"adjusted_p_value"::double),
  "IS_POSITIVE" boolean as (value:"is_positive"::boolean),
  "RULE_VERSION" varchar as (value:"rule_version"::varchar)
)
location = @"LISTENING_CORE".published/processed/core/weather_effects/
auto_refresh = false
file_format = (type = parquet use_logical_type = true);

create or replace external table "LISTENING_CORE"."DAILY_TRACK_METRICS" (
  "EVENT_DATE" date as (value:"event_date"::date),
  "TRACK_ID" varchar as (value:"track_id"::varchar),
  "PLAYS" number(19, 0) as (value:"plays"::number(19, 0)),
  "STREAMS" number(19, 0) as (value:"streams"::number(19, 0)),
  "SKIPS" number(19, 0) as (value:"skips"::number(19, 0)),
  "COMPLETES" number(19, 0) as (value:"completes"::number(19, 0)),
  "ABANDONS" number(19, 0) as (value:"abandons"::number(19, 0)),
  "UNKNOWNS" number(19, 0) as (value:"unknowns"::number(19, 0)),
  "SKIP_RATE" double as (value:"skip_rate"::double),
  "LISTENERS" number(19, 0) as (value:"listeners"::number(19, 0)),
  "MS_PLAYED" number(19, 0) as (value:"ms_played"::number(19, 0)),
  "PLAYLIST_ADDS" number(19, 0) as (value:"playlist_adds"::number(19, 0)),
  "PAUSES" number(19, 0) as (value:"pauses"::number(19, 0)),
  "MONTH" varchar as (split_part(split_part(metadata$filename, 'month=', 2), '/', 1))
)
partition by ("MONTH")
location = @"LISTENING_CORE".published/processed/core/daily_track_metrics/
auto_refresh = false
file_format = (type = parquet use_logical_type = true);

create or replace external table "LISTENING_ML"."MODEL_FEATURES" (
  "EVENT_ID" varchar as (value:"event_id"::varchar),
  "EVENT_DATE" date as (value:"event_date"::date),
  "USER_ID" varchar as (value:"user_id"::varchar),
  "TRACK_ID" varchar as (value:"track_id"::varchar),
  "STARTED_AT" timestamp_ntz(6) as (value:"started_at"::timestamp_ntz(6)),
  "IS_SKIP" boolean as (value:"is_skip"::boolean),
  "DANCEABILITY" double as (value:"danceability"::double),
  "ENERGY" double as (value:"energy"::double),
  "KEY" number(19, 0) as (value:"key"::number(19, 0)),
  "LOUDNESS" double as (value:"loudness"::double),
  "MODE" number(19, 0) as (value:"mode"::number(19, 0)),
  "SPEECHINESS" double as (value:"speechiness"::double),
  "ACOUSTICNESS" double as (value:"acousticness"::double),
  "INSTRUMENTALNESS" double as (value:"instrumentalness"::double),
  "LIVENESS" double as (value:"liveness"::double),
  "VALENCE" double as (value:"valence"::double),
  "TEMPO" double as (value:"tempo"::double),
  "TIME_SIGNATURE" number(19, 0) as (value:"time_signature"::number(19, 0)),
  "POPULARITY" number(19, 0) as (value:"popularity"::number(19, 0)),
  "DURATION_MS" number(19, 0) as (value:"duration_ms"::number(19, 0)),
  "EXPLICIT" boolean as (value:"explicit"::boolean),
  "HOUR_UTC" number(19, 0) as (value:"hour_utc"::number(19, 0)),
  "WEEKDAY" number(19, 0) as (value:"weekday"::number(19, 0)),
  "DEVICE" varchar as (value:"device"::varchar),
  "SHUFFLE" boolean as (value:"shuffle"::boolean),
  "REASON_START" varchar as (value:"reason_start"::varchar),
  "SESSION_POSITION" number(19, 0) as (value:"session_position"::number(19, 0)),
  "PREVIOUS_IS_SKIP" boolean as (value:"previous_is_skip"::boolean),
  "RECENT_SKIP_RATE" double as (value:"recent_skip_rate"::double),
  "GAP_SECONDS" double as (value:"gap_seconds"::double),
  "USER_PLAYS" number(19, 0) as (value:"user_plays"::number(19, 0)),
  "USER_SKIP_RATE" double as (value:"user_skip_rate"::double),
  "USER_TRACK_PLAYS" number(19, 0) as (value:"user_track_plays"::number(19, 0)),
  "USER_TRACK_SKIP_RATE" double as (value:"user_track_skip_rate"::double),
  "USER_ARTIST_PLAYS" number(19, 0) as (value:"user_artist_plays"::number(19, 0)),
  "USER_ARTIST_SKIP_RATE" double as (value:"user_artist_skip_rate"::double),
  "MONTH" varchar as (split_part(split_part(metadata$filename, 'month=', 2), '/', 1))
)
partition by ("MONTH")
location = @"LISTENING_CORE".published/processed/ml/model_features/
auto_refresh = false
file_format = (type = parquet use_logical_type = true);

create or replace external table "LISTENING_ML"."SKIP_MODEL" (
  "CUTOFF_DATE" date as (value:"cutoff_date"::date),
  "RULE_VERSION" varchar as (value:"rule_version"::varchar),
  "TRAIN_FROM" date as (value:"train_from"::date),
  "TRAIN_TO" date as (value:"train_to"::date),
  "TEST_FROM" date as (value:"test_from"::date),
  "TEST_TO" date as (value:"test_to"::date),
  "TRAIN_ROWS" number(19, 0) as (value:"train_rows"::number(19, 0)),
  "TEST_ROWS" number(19, 0) as (value:"test_rows"::number(19, 0)),
  "INCOMPLETE_ROWS" number(19, 0) as (value:"incomplete_rows"::number(19, 0)),
  "USERS" number(19, 0) as (value:"users"::number(19, 0)),
  "BASE_RATE" double as (value:"base_rate"::double),
  "TEST_SKIP_RATE" double as (value:"test_skip_rate"::double),
  "AUC" double as (value:"auc"::double),
  "ACCURACY" double as (value:"accuracy"::double),
  "BASE_ACCURACY" double as (value:"base_accuracy"::double),
  "LOG_LOSS" double as (value:"log_loss"::double),
  "BASE_LOG_LOSS" double as (value:"base_log_loss"::double),
  "PSEUDO_R2" double as (value:"pseudo_r2"::double),
  "INSIGHT" varchar as (value:"insight"::varchar),
  "COEFFICIENT_PLOT" varchar as (value:"coefficient_plot"::varchar),
  "MONTH" varchar as (split_part(split_part(metadata$filename, 'month=', 2), '/', 1))
)
partition by ("MONTH")
location = @"LISTENING_CORE".published/processed/ml/skip_model/
auto_refresh = false
file_format = (type = parquet use_logical_type = true);

create or replace external table "LISTENING_ML"."SKIP_MODEL_COEFFICIENTS" (
  "CUTOFF_DATE" date as (value:"cutoff_date"::date),
  "TERM" varchar as (value:"term"::varchar),
  "COEFFICIENT" double as (value:"coefficient"::double),
  "STANDARD_ERROR" double as (value:"standard_error"::double),
  "CI_LOW" double as (value:"ci_low"::double),
  "CI_HIGH" double as (value:"ci_high"::double),
  "P_VALUE" double as (value:"p_value"::double),
  "ODDS_RATIO" double as (value:"odds_ratio"::double),
  "ODDS_RATIO_LOW" double as (value:"odds_ratio_low"::double),
  "ODDS_RATIO_HIGH" double as (value:"odds_ratio_high"::double),
  "FEATURE_MEAN" double as (value:"feature_mean"::double),
  "FEATURE_SD" double as (value:"feature_sd"::double),
  "MONTH" varchar as (split_part(split_part(metadata$filename, 'month=', 2), '/', 1))
)
partition by ("MONTH")
location = @"LISTENING_CORE".published/processed/ml/skip_model_coefficients/
auto_refresh = false
file_format = (type = parquet use_logical_type = true);

create or replace external table "LISTENING_ML"."SKIP_LADDER" (
  "CUTOFF_DATE" date as (value:"cutoff_date"::date),
  "STEP" number(19, 0) as (value:"step"::number(19, 0)),
  "RUNG" varchar as (value:"rung"::varchar),
  "ESTIMATOR" varchar as (value:"estimator"::varchar),
  "RULE_VERSION" varchar as (value:"rule_version"::varchar),
  "TRAIN_FROM" date as (value:"train_from"::date),
  "TRAIN_TO" date as (value:"train_to"::date),
  "TEST_FROM" date as (value:"test_from"::date),
  "TEST_TO" date as (value:"test_to"::date),
  "TRAIN_ROWS" number(19, 0) as (value:"train_rows"::number(19, 0)),
  "TEST_ROWS" number(19, 0) as (value:"test_rows"::number(19, 0)),
  "SAMPLED_FROM" number(19, 0) as (value:"sampled_from"::number(19, 0)),
  "CLUSTER" varchar as (value:"cluster"::varchar),
  "CLUSTERS" number(19, 0) as (value:"clusters"::number(19, 0)),
  "COLUMNS" number(19, 0) as (value:"columns"::number(19, 0)),
  "AUC" double as (value:"auc"::double),
  "AUC_LOW" double as (value:"auc_low"::double),
  "AUC_HIGH" double as (value:"auc_high"::double),
  "LOG_LOSS" double as (value:"log_loss"::double),
  "LOG_LOSS_LOW" double as (value:"log_loss_low"::double),
  "LOG_LOSS_HIGH" double as (value:"log_loss_high"::double),
  "BRIER" double as (value:"brier"::double),
  "BRIER_LOW" double as (value:"brier_low"::double),
  "BRIER_HIGH" double as (value:"brier_high"::double),
  "ACCURACY" double as (value:"accuracy"::double),
  "ACCURACY_LOW" double as (value:"accuracy_low"::double),
  "ACCURACY_HIGH" double as (value:"accuracy_high"::double),
  "CALIBRATION_ERROR" double as (value:"calibration_error"::double),
  "CALIBRATION_ERROR_LOW" double as (value:"calibration_error_low"::double),
  "CALIBRATION_ERROR_HIGH" double as (value:"calibration_error_high"::double),
  "INSIGHT" varchar as (value:"insight"::varchar),
  "MONTH" varchar as (split_part(split_part(metadata$filename, 'month=', 2), '/', 1))
)
partition by ("MONTH")
location = @"LISTENING_CORE".published/processed/ml/skip_ladder/
auto_refresh = false
file_format = (type = parquet use_logical_type = true);

create or replace external table "LISTENING_ML"."SKIP_LADDER_COEFFICIENTS" (
  "CUTOFF_DATE" date as (value:"cutoff_date"::date),
  "RUNG" varchar as (value:"rung"::varchar),
  "TERM" varchar as (value:"term"::varchar),
  "COEFFICIENT" double as (value:"coefficient"::double),
  "STANDARD_ERROR" double as (value:"standard_error"::double),
  "CI_LOW" double as (value:"ci_low"::double),
  "CI_HIGH" double as (value:"ci_high"::double),
  "P_VALUE" double as (value:"p_value"::double),
  "ODDS_RATIO" double as (value:"odds_ratio"::double),
  "ODDS_RATIO_LOW" double as (value:"odds_ratio_low"::double),
  "ODDS_RATIO_HIGH" double as (value:"odds_ratio_high"::double),
  "COLUMN_MEAN" double as (value:"column_mean"::double),
  "COLUMN_SD" double as (value:"column_sd"::double),
  "MONTH" varchar as (split_part(split_part(metadata$filename, 'month=', 2), '/', 1))
)
partition by ("MONTH")
location = @"LISTENING_CORE".published/processed/ml/skip_ladder_coefficients/
auto_refresh = false
file_format = (type = parquet use_logical_type = true);

create or replace external table "LISTENING_ML"."FEATURE_DRIFT" (
  "CUTOFF_DATE" date as (value:"cutoff_date"::date),
  "FEATURE" varchar as (value:"feature"::varchar),
  "PSI" double as (value:"psi"::double),
  "TRAIN_UNKNOWN" double as (value:"train_unknown"::double),
  "TEST_UNKNOWN" double as (value:"test_unknown"::double),
  "MONTH" varchar as (split_part(split_part(metadata$filename, 'month=', 2), '/', 1))
)
partition by ("MONTH")
location = @"LISTENING_CORE".published/processed/ml/feature_drift/
auto_refresh = false
file_format = (type = parquet use_logical_type = true);

create or replace external table "LISTENING_ML"."SKIP_CURVES" (
  "CUTOFF_DATE" date as (value:"cutoff_date"::date),
  "CURVE" varchar as (value:"curve"::varchar),
  "RUNG" varchar as (value:"rung"::varchar),
  "ESTIMATOR" varchar as (value:"estimator"::varchar),
  "POINT" number(19, 0) as (value:"point"::number(19, 0)),
  "X" double as (value:"x"::double),
  "Y" double as (value:"y"::double),
  "PLAYBACKS" number(19, 0) as (value:"playbacks"::number(19, 0)),
  "MONTH" varchar as (split_part(split_part(metadata$filename, 'month=', 2), '/', 1))
)
partition by ("MONTH")
location = @"LISTENING_CORE".published/processed/ml/skip_curves/
auto_refresh = false
file_format = (type = parquet use_logical_type = true);

create or replace external table "LISTENING_ML"."SKIP_PREDICTIONS" (
  "CUTOFF_DATE" date as (value:"cutoff_date"::date),
  "TRACK_ID" varchar as (value:"track_id"::varchar),
  "MODEL_ID" varchar as (value:"model_id"::varchar),
  "PLAYBACKS" number(19, 0) as (value:"playbacks"::number(19, 0)),
  "SKIP_PROBABILITY" double as (value:"skip_probability"::double),
  "SKIP_RATE" double as (value:"skip_rate"::double),
  "POPULARITY" number(19, 0) as (value:"popularity"::number(19, 0)),
  "MONTH" varchar as (split_part(split_part(metadata$filename, 'month=', 2), '/', 1))
)
partition by ("MONTH")
location = @"LISTENING_CORE".published/processed/ml/skip_predictions/
auto_refresh = false
file_format = (type = parquet use_logical_type = true);

create or replace external table "LISTENING_ML"."MODEL_REGISTRY" (
  "CUTOFF_DATE" date as (value:"cutoff_date"::date),
  "MODEL_ID" varchar as (value:"model_id"::varchar),
  "TARGET" varchar as (value:"target"::varchar),
  "ESTIMATOR" varchar as (value:"estimator"::varchar),
  "RULE_VERSION" varchar as (value:"rule_version"::varchar),
  "TRAIN_FROM" date as (value:"train_from"::date),
  "TRAIN_TO" date as (value:"train_to"::date),
  "TEST_FROM" date as (value:"test_from"::date),
  "TEST_TO" date as (value:"test_to"::date),
  "LOG_LOSS" double as (value:"log_loss"::double),
  "AUC" double as (value:"auc"::double),
  "PREVIOUS_MODEL_ID" varchar as (value:"previous_model_id"::varchar),
  "PREVIOUS_LOG_LOSS" double as (value:"previous_log_loss"::double),
  "PREVIOUS_AUC" double as (value:"previous_auc"::double),
  "CHALLENGED_MODEL_ID" varchar as (value:"challenged_model_id"::varchar),
  "CHALLENGED_LOG_LOSS" double as (value:"challenged_log_loss"::double),
  "PROMOTED" boolean as (value:"promoted"::boolean),
  "CURRENT_MODEL_ID" varchar as (value:"current_model_id"::varchar),
  "MODEL" varchar as (value:"model"::varchar),
  "MONTH" varchar as (split_part(split_part(metadata$filename, 'month=', 2), '/', 1))
)
partition by ("MONTH")
location = @"LISTENING_CORE".published/processed/ml/model_registry/
auto_refresh = false
file_format = (type = parquet use_logical_type = true);

create or replace external table "LISTENING_ML"."SKIP_SURVIVAL" (
  "CUTOFF_DATE" date as (value:"cutoff_date"::date),
  "DIMENSION" varchar as (value:"dimension"::varchar),
  "VALUE" varchar as (value:"value"::varchar),
  "SECOND" number(19, 0) as (value:"second"::number(19, 0)),
  "PLAYBACKS" number(19, 0) as (value:"playbacks"::number(19, 0)),
  "SURVIVAL" double as (value:"survival"::double),
  "SURVIVAL_LOW" double as (value:"survival_low"::double),
  "SURVIVAL_HIGH" double as (value:"survival_high"::double),
  "GRADE" varchar as (value:"grade"::varchar),
  "MONTH" varchar as (split_part(split_part(metadata$filename, 'month=', 2), '/', 1))
)
partition by ("MONTH")
location = @"LISTENING_CORE".published/processed/ml/skip_survival/
auto_refresh = false
file_format = (type = parquet use_logical_type = true);

create or replace external table "LISTENING_ML"."SKIP_FLAG_AGREEMENT" (
  "CUTOFF_DATE" date as (value:"cutoff_date"::date),
  "SOURCE" varchar as (value:"source"::varchar),
  "REASON_END" varchar as (value:"reason_end"::varchar),
  "OUTCOME" varchar as (value:"outcome"::varchar),
  "FLAG" varchar as (value:"flag"::varchar),
  "PLAYBACKS" number(19, 0) as (value:"playbacks"::number(19, 0)),
  "AGREES" boolean as (value:"agrees"::boolean),
  "MONTH" varchar as (split_part(split_part(metadata$filename, 'month=', 2), '/', 1))
)
partition by ("MONTH")
location = @"LISTENING_CORE".published/processed/ml/skip_flag_agreement/
auto_refresh = false
file_format = (type = parquet use_logical_type = true);

create or replace external table "LISTENING_ML"."POPULARITY_MODEL" (
  "CUTOFF_DATE" date as (value:"cutoff_date"::date),
  "ESTIMATOR" varchar as (value:"estimator"::varchar),
  "RULE_VERSION" varchar as (value:"rule_version"::varchar),
  "SNAPSHOT_DATE" date as (value:"snapshot_date"::date),
  "TRAIN_ROWS" number(19, 0) as (value:"train_rows"::number(19, 0)),
  "TEST_ROWS" number(19, 0) as (value:"test_rows"::number(19, 0)),
  "ARTISTS" number(19, 0) as (value:"artists"::number(19, 0)),
  "MIDDLE_FROM" double as (value:"middle_from"::double),
  "HIGH_FROM" double as (value:"high_from"::double),
  "AUC" double as (value:"auc"::double),
  "AUC_LOW" double as (value:"auc_low"::double),
  "AUC_HIGH" double as (value:"auc_high"::double),
  "LOG_LOSS" double as (value:"log_loss"::double),
  "LOG_LOSS_LOW" double as (value:"log_loss_low"::double),
  "LOG_LOSS_HIGH" double as (value:"log_loss_high"::double),
  "BRIER" double as (value:"brier"::double),
  "BRIER_LOW" double as (value:"brier_low"::double),
  "BRIER_HIGH" double as (value:"brier_high"::double),
  "ACCURACY" double as (value:"accuracy"::double),
  "ACCURACY_LOW" double as (value:"accuracy_low"::double),
  "ACCURACY_HIGH" double as (value:"accuracy_high"::double),
  "CALIBRATION_ERROR" double as (value:"calibration_error"::double),
  "CALIBRATION_ERROR_LOW" double as (value:"calibration_error_low"::double),
  "CALIBRATION_ERROR_HIGH" double as (value:"calibration_error_high"::double),
  "INSIGHT" varchar as (value:"insight"::varchar),
  "MONTH" varchar as (split_part(split_part(metadata$filename, 'month=', 2), '/', 1))
)
partition by ("MONTH")
location = @"LISTENING_CORE".published/processed/ml/popularity_model/
auto_refresh = false
file_format = (type = parquet use_logical_type = true);

create or replace external table "LISTENING_ML"."POPULARITY_COEFFICIENTS" (
  "CUTOFF_DATE" date as (value:"cutoff_date"::date),
  "BUCKET" varchar as (value:"bucket"::varchar),
  "TERM" varchar as (value:"term"::varchar),
  "COEFFICIENT" double as (value:"coefficient"::double),
  "STANDARD_ERROR" double as (value:"standard_error"::double),
  "CI_LOW" double as (value:"ci_low"::double),
  "CI_HIGH" double as (value:"ci_high"::double),
  "P_VALUE" double as (value:"p_value"::double),
  "ODDS_RATIO" double as (value:"odds_ratio"::double),
  "ODDS_RATIO_LOW" double as (value:"odds_ratio_low"::double),
  "ODDS_RATIO_HIGH" double as (value:"odds_ratio_high"::double),
  "COLUMN_MEAN" double as (value:"column_mean"::double),
  "COLUMN_SD" double as (value:"column_sd"::double),
  "MONTH" varchar as (split_part(split_part(metadata$filename, 'month=', 2), '/', 1))
)
partition by ("MONTH")
location = @"LISTENING_CORE".published/processed/ml/popularity_coefficients/
auto_refresh = false
file_format = (type = parquet use_logical_type = true);

create or replace external table "LISTENING_ML"."RECOMMENDATIONS" (
  "CUTOFF_DATE" date as (value:"cutoff_date"::date),
  "USER_ID" varchar as (value:"user_id"::varchar),
  "TASK" varchar as (value:"task"::varchar),
  "RANK" number(19, 0) as (value:"rank"::number(19, 0)),
  "TRACK_ID" varchar as (value:"track_id"::varchar),
  "SCORE" double as (value:"score"::double),
  "REASON" varchar as (value:"reason"::varchar),
  "MONTH" varchar as (split_part(split_part(metadata$filename, 'month=', 2), '/', 1))
)
partition by ("MONTH")
location = @"LISTENING_CORE".published/processed/ml/recommendations/
auto_refresh = false
file_format = (type = parquet use_logical_type = true);

create or replace external table "LISTENING_ML"."RECOMMENDATION_QUALITY" (
  "CUTOFF_DATE" date as (value:"cutoff_date"::date),
  "TASK" varchar as (value:"task"::varchar),
  "STEP" number(19, 0) as (value:"step"::number(19, 0)),
  "RUNG" varchar as (value:"rung"::varchar),
  "RULE_VERSION" varchar as (value:"rule_version"::varchar),
  "TRAIN_FROM" date as (value:"train_from"::date),
  "TRAIN_TO" date as (value:"train_to"::date),
  "TEST_FROM" date as (value:"test_from"::date),
  "TEST_TO" date as (value:"test_to"::date),
  "LISTENERS" number(19, 0) as (value:"listeners"::number(19, 0)),
  "REQUESTS" number(19, 0) as (value:"requests"::number(19, 0)),
  "TRACKS" number(19, 0) as (value:"tracks"::number(19, 0)),
  "RECALL_10" double as (value:"recall_10"::double),
  "RECALL_10_LOW" double as (value:"recall_10_low"::double),
  "RECALL_10_HIGH" double as (value:"recall_10_high"::double),
  "RECALL_20" double as (value:"recall_20"::double),
  "RECALL_20_LOW" double as (value:"recall_20_low"::double),
  "RECALL_20_HIGH" double as (value:"recall_20_high"::double),
  "NDCG_10" double as (value:"ndcg_10"::double),
  "NDCG_10_LOW" double as (value:"ndcg_10_low"::double),
  "NDCG_10_HIGH" double as (value:"ndcg_10_high"::double),
  "MRR" double as (value:"mrr"::double),
  "MRR_LOW" double as (value:"mrr_low"::double),
  "MRR_HIGH" double as (value:"mrr_high"::double),
  "COVERAGE" double as (value:"coverage"::double),
  "NOVELTY" double as (value:"novelty"::double),
  "NOVELTY_LOW" double as (value:"novelty_low"::double),
  "NOVELTY_HIGH" double as (value:"novelty_high"::double),
  "POPULARITY_BIAS" double as (value:"popularity_bias"::double),
  "INSIGHT" varchar as (value:"insight"::varchar),
  "MONTH" varchar as (split_part(split_part(metadata$filename, 'month=', 2), '/', 1))
)
partition by ("MONTH")
location = @"LISTENING_CORE".published/processed/ml/recommendation_quality/
auto_refresh = false
file_format = (type = parquet use_logical_type = true);

create or replace external table "LISTENING_ML"."UNUSUAL_LISTENING" (
  "UNUSUAL_ID" varchar as (value:"unusual_id"::varchar),
  "EVENT_DATE" date as (value:"event_date"::date),
  "KIND" varchar as (value:"kind"::varchar),
  "SIGN" varchar as (value:"sign"::varchar),
  "USER_ID" varchar as (value:"user_id"::varchar),
  "SOURCE" varchar as (value:"source"::varchar),
  "STARTED_AT" timestamp_ntz(6) as (value:"started_at"::timestamp_ntz(6)),
  "ENDED_AT" timestamp_ntz(6) as (value:"ended_at"::timestamp_ntz(6)),
  "DEVICE" varchar as (value:"device"::varchar),
  "PLAYBACKS" number(19, 0) as (value:"playbacks"::number(19, 0)),
  "MS_PLAYED" number(19, 0) as (value:"ms_played"::number(19, 0)),
  "SAYS" varchar as (value:"says"::varchar),
  "RULE_VERSION" varchar as (value:"rule_version"::varchar),
  "MONTH" varchar as (split_part(split_part(metadata$filename, 'month=', 2), '/', 1))
)
partition by ("MONTH")
location = @"LISTENING_CORE".published/processed/ml/unusual_listening/
auto_refresh = false
file_format = (type = parquet use_logical_type = true);

create or replace external table "LISTENING_OPS"."IMPORT_RECEIPTS" (
  "RECEIPT_ID" varchar as (value:"receipt_id"::varchar),
  "LANDED_AT" timestamp_ntz(6) as (value:"landed_at"::timestamp_ntz(6)),
  "INPUT_FILE" varchar as (value:"input_file"::varchar),
  "INPUT_SHA256" varchar as (value:"input_sha256"::varchar),
  "KIND" varchar as (value:"kind"::varchar),
  "TARGET" varchar as (value:"target"::varchar),
  "USER_ID" varchar as (value:"user_id"::varchar),
  "SOURCE_FILE" varchar as (value:"source_file"::varchar),
  "FIRST_DATE" date as (value:"first_date"::date),
  "LAST_DATE" date as (value:"last_date"::date),
  "BOOKS_DATE" date as (value:"books_date"::date),
  "DIALECT" varchar as (value:"dialect"::varchar),
  "OUTCOME" varchar as (value:"outcome"::varchar),
  "REASON" varchar as (value:"reason"::varchar),
  "ROWS" number(19, 0) as (value:"rows"::number(19, 0))
)
location = @"LISTENING_CORE".published/processed/ops/import_receipts/
auto_refresh = false
file_format = (type = parquet use_logical_type = true);

create or replace external table "LISTENING_OPS"."REJECTED_ROWS" (
  "TABLE_NAME" varchar as (value:"table_name"::varchar),
  "SLICE_DATE" date as (value:"slice_date"::date),
  "SOURCE_FILE" varchar as (value:"source_file"::varchar),
  "SOURCE_ROW" number(19, 0) as (value:"source_row"::number(19, 0)),
  "REASON" varchar as (value:"reason"::varchar),
  "DETAIL" varchar as (value:"detail"::varchar),
  "ORIGINAL" varchar as (value:"original"::varchar)
)
location = @"LISTENING_CORE".published/processed/ops/rejected_rows/
auto_refresh = false
file_format = (type = parquet use_logical_type = true);

create or replace external table "LISTENING_OPS"."DUPLICATE_PLAYS" (
  "EVENT_DATE" date as (value:"event_date"::date),
  "EVENT_ID" varchar as (value:"event_id"::varchar),
  "KEPT_EVENT_ID" varchar as (value:"kept_event_id"::varchar),
  "USER_ID" varchar as (value:"user_id"::varchar),
  "REASON" varchar as (value:"reason"::varchar),
  "SOURCE" varchar as (value:"source"::varchar),
  "KEPT_SOURCE" varchar as (value:"kept_source"::varchar),
  "SOURCE_FILE" varchar as (value:"source_file"::varchar),
  "SOURCE_ROW" number(19, 0) as (value:"source_row"::number(19, 0)),
  "MONTH" varchar as (split_part(split_part(metadata$filename, 'month=', 2), '/', 1))
)
partition by ("MONTH")
location = @"LISTENING_CORE".published/processed/ops/duplicate_plays/
auto_refresh = false
file_format = (type = parquet use_logical_type = true);

create or replace external table "LISTENING_OPS"."ROW_COUNTS" (
  "TABLE_NAME" varchar as (value:"table_name"::varchar),
  "SLICE_DATE" date as (value:"slice_date"::date),
  "SLICE_END" date as (value:"slice_end"::date),
  "OUTCOME" varchar as (value:"outcome"::varchar),
  "REASON" varchar as (value:"reason"::varchar),
  "ROWS" number(19, 0) as (value:"rows"::number(19, 0)),
  "WRITTEN_AT" timestamp_ntz(6) as (value:"written_at"::timestamp_ntz(6))
)
location = @"LISTENING_CORE".published/processed/ops/row_counts/
auto_refresh = false
file_format = (type = parquet use_logical_type = true);

create or replace external table "LISTENING_OPS"."CHECK_RESULTS" (
  "CHECKED_AT" timestamp_ntz(6) as (value:"checked_at"::timestamp_ntz(6)),
  "TABLE_NAME" varchar as (value:"table_name"::varchar),
  "CHECK_NAME" varchar as (value:"check_name"::varchar),
  "SLICE_DATE" date as (value:"slice_date"::date),
  "PASSED" boolean as (value:"passed"::boolean),
  "SEVERITY" varchar as (value:"severity"::varchar),
  "FAILING_ROWS" number(19, 0) as (value:"failing_rows"::number(19, 0)),
  "DETAIL" varchar as (value:"detail"::varchar)
)
location = @"LISTENING_CORE".published/processed/ops/check_results/
auto_refresh = false
file_format = (type = parquet use_logical_type = true);

create or replace external table "LISTENING_OPS"."RUN_COSTS" (
  "RUN_ID" varchar as (value:"run_id"::varchar),
  "STEP" varchar as (value:"step"::varchar),
  "TABLE_NAME" varchar as (value:"table_name"::varchar),
  "STARTED_AT" timestamp_ntz(6) as (value:"started_at"::timestamp_ntz(6)),
  "WALL_SECONDS" double as (value:"wall_seconds"::double),
  "CPU_SECONDS" double as (value:"cpu_seconds"::double),
  "PEAK_MEMORY_BYTES" number(19, 0) as (value:"peak_memory_bytes"::number(19, 0)),
  "ROWS_IN" number(19, 0) as (value:"rows_in"::number(19, 0)),
  "ROWS_OUT" number(19, 0) as (value:"rows_out"::number(19, 0)),
  "BYTES_IN" number(19, 0) as (value:"bytes_in"::number(19, 0)),
  "BYTES_OUT" number(19, 0) as (value:"bytes_out"::number(19, 0)),
  "STORED_BYTES" number(19, 0) as (value:"stored_bytes"::number(19, 0))
)
location = @"LISTENING_CORE".published/processed/ops/run_costs/
auto_refresh = false
file_format = (type = parquet use_logical_type = true);

create or replace external table "LISTENING_MARTS"."COHORT_RETENTION" (
  "PERIOD" varchar as (value:"period"::varchar),
  "COHORT_START" date as (value:"cohort_start"::date),
  "PERIODS_SINCE_START" number(19, 0) as (value:"periods_since_start"::number(19, 0)),
  "COHORT_USERS" number(19, 0) as (value:"cohort_users"::number(19, 0)),
  "USERS" number(19, 0) as (value:"users"::number(19, 0)),
  "RETENTION" double as (value:"retention"::double)
)
location = @"LISTENING_CORE".published/processed/marts/cohort_retention/
auto_refresh = false
file_format = (type = parquet use_logical_type = true);

create or replace external table "LISTENING_MARTS"."DAILY_ACTIVE_USERS" (
  "LOCAL_DATE" date as (value:"local_date"::date),
  "DAILY_ACTIVE_USERS" number(19, 0) as (value:"daily_active_users"::number(19, 0)),
  "WEEKLY_ACTIVE_USERS" number(19, 0) as (value:"weekly_active_users"::number(19, 0)),
  "MONTHLY_ACTIVE_USERS" number(19, 0) as (value:"monthly_active_users"::number(19, 0)),
  "STICKINESS" double as (value:"stickiness"::double),
  "PLAYS" number(19, 0) as (value:"plays"::number(19, 0)),
  "STREAMS" number(19, 0) as (value:"streams"::number(19, 0)),
  "SKIPS" number(19, 0) as (value:"skips"::number(19, 0)),
  "UNKNOWNS" number(19, 0) as (value:"unknowns"::number(19, 0)),
  "MS_PLAYED" number(19, 0) as (value:"ms_played"::number(19, 0)),
  "PLAYS_PER_ACTIVE_USER" double as (value:"plays_per_active_user"::double),
  "STREAMS_PER_ACTIVE_USER" double as (value:"streams_per_active_user"::double),
  "FIRST_EVENT_DATE" date as (value:"first_event_date"::date),
  "LAST_EVENT_DATE" date as (value:"last_event_date"::date)
)
location = @"LISTENING_CORE".published/processed/marts/daily_active_users/
auto_refresh = false
file_format = (type = parquet use_logical_type = true);

create or replace external table "LISTENING_MARTS"."FIRST_LISTENS" (
  "USER_ID" varchar as (value:"user_id"::varchar),
  "TRACK_ID" varchar as (value:"track_id"::varchar),
  "EVENT_DATE" date as (value:"event_date"::date),
  "FIRST_ENDED_AT" timestamp_ntz(6) as (value:"first_ended_at"::timestamp_ntz(6)),
  "MONTH" varchar as (split_part(split_part(metadata$filename, 'month=', 2), '/', 1))
)
partition by ("MONTH")
location = @"LISTENING_CORE".published/processed/marts/first_listens/
auto_refresh = false
file_format = (type = parquet use_logical_type = true);

create or replace external table "LISTENING_MARTS"."USER_ACTIVITY_PERIODS" (
  "PERIOD" varchar as (value:"period"::varchar),
  "PERIOD_START" date as (value:"period_start"::date),
  "USER_ID" varchar as (value:"user_id"::varchar),
  "ACTIVE_DAYS" number(19, 0) as (value:"active_days"::number(19, 0)),
  "PLAYS" number(19, 0) as (value:"plays"::number(19, 0)),
  "STREAMS" number(19, 0) as (value:"streams"::number(19, 0)),
  "FIRST_EVENT_DATE" date as (value:"first_event_date"::date),
  "LAST_EVENT_DATE" date as (value:"last_event_date"::date)
)
location = @"LISTENING_CORE".published/processed/marts/user_activity_periods/
auto_refresh = false
file_format = (type = parquet use_logical_type = true);

create or replace external table "LISTENING_MARTS"."USER_LIFETIMES" (
  "USER_ID" varchar as (value:"user_id"::varchar),
  "FIRST_LISTEN_DATE" date as (value:"first_listen_date"::date),
  "LAST_LISTEN_DATE" date as (value:"last_listen_date"::date),
  "ACTIVE_DAYS" number(19, 0) as (value:"active_days"::number(19, 0)),
  "LONGEST_STREAK_DAYS" number(19, 0) as (value:"longest_streak_days"::number(19, 0)),
  "LAST_STREAK_DAYS" number(19, 0) as (value:"last_streak_days"::number(19, 0)),
  "SESSIONS" number(19, 0) as (value:"sessions"::number(19, 0)),
  "PLAYS" number(19, 0) as (value:"plays"::number(19, 0)),
  "STREAMS" number(19, 0) as (value:"streams"::number(19, 0)),
  "SKIPS" number(19, 0) as (value:"skips"::number(19, 0)),
  "UNKNOWNS" number(19, 0) as (value:"unknowns"::number(19, 0)),
  "SKIP_RATE" double as (value:"skip_rate"::double),
  "MS_PLAYED" number(19, 0) as (value:"ms_played"::number(19, 0)),
  "TRACKS_STREAMED" number(19, 0) as (value:"tracks_streamed"::number(19, 0)),
  "REPEAT_SHARE" double as (value:"repeat_share"::double)
)
location = @"LISTENING_CORE".published/processed/marts/user_lifetimes/
auto_refresh = false
file_format = (type = parquet use_logical_type = true);

create or replace external table "LISTENING_MARTS"."ALBUM_TOTALS" (
  "ALBUM_ID" varchar as (value:"album_id"::varchar),
  "ALBUM_NAME" varchar as (value:"album_name"::varchar),
  "PRIMARY_ARTIST_ID" varchar as (value:"primary_artist_id"::varchar),
  "PRIMARY_ARTIST_NAME" varchar as (value:"primary_artist_name"::varchar),
  "FIRST_RELEASE_DATE" date as (value:"first_release_date"::date),
  "TRACK_COUNT" number(19, 0) as (value:"track_count"::number(19, 0)),
  "TRACKS_PLAYED" number(19, 0) as (value:"tracks_played"::number(19, 0)),
  "PLAYS" number(19, 0) as (value:"plays"::number(19, 0)),
  "STREAMS" number(19, 0) as (value:"streams"::number(19, 0)),
  "SKIPS" number(19, 0) as (value:"skips"::number(19, 0)),
  "UNKNOWNS" number(19, 0) as (value:"unknowns"::number(19, 0)),
  "SKIP_RATE" double as (value:"skip_rate"::double),
  "MS_PLAYED" number(19, 0) as (value:"ms_played"::number(19, 0)),
  "TOP_TRACK_SHARE" double as (value:"top_track_share"::double),
  "MEAN_POPULARITY" double as (value:"mean_popularity"::double),
  "MEAN_DURATION_MS" double as (value:"mean_duration_ms"::double),
  "FIRST_EVENT_DATE" date as (value:"first_event_date"::date),
  "LAST_EVENT_DATE" date as (value:"last_event_date"::date),
  "ALBUM_RANK" number(19, 0) as (value:"album_rank"::number(19, 0))
)
location = @"LISTENING_CORE".published/processed/marts/album_totals/
auto_refresh = false
file_format = (type = parquet use_logical_type = true);

create or replace external table "LISTENING_MARTS"."ARTIST_TOTALS" (
  "ARTIST_ID" varchar as (value:"artist_id"::varchar),
  "ARTIST_NAME" varchar as (value:"artist_name"::varchar),
  "MEAN_POPULARITY" double as (value:"mean_popularity"::double),
  "PLAYS" number(19, 0) as (value:"plays"::number(19, 0)),
  "STREAMS" number(19, 0) as (value:"streams"::number(19, 0)),
  "STREAM_SHARE" double as (value:"stream_share"::double),
  "SKIPS" number(19, 0) as (value:"skips"::number(19, 0)),
  "UNKNOWNS" number(19, 0) as (value:"unknowns"::number(19, 0)),
  "SKIP_RATE" double as (value:"skip_rate"::double),
  "MS_PLAYED" number(19, 0) as (value:"ms_played"::number(19, 0)),
  "TRACKS_PLAYED" number(19, 0) as (value:"tracks_played"::number(19, 0)),
  "FIRST_EVENT_DATE" date as (value:"first_event_date"::date),
  "LAST_EVENT_DATE" date as (value:"last_event_date"::date),
  "ARTIST_RANK" number(19, 0) as (value:"artist_rank"::number(19, 0))
)
location = @"LISTENING_CORE".published/processed/marts/artist_totals/
auto_refresh = false
file_format = (type = parquet use_logical_type = true);

create or replace external table "LISTENING_MARTS"."MONTHLY_GENRE_METRICS" (
  "EVENT_MONTH" date as (value:"event_month"::date),
  "GENRE" varchar as (value:"genre"::varchar),
  "WEIGHTED_PLAYS" double as (value:"weighted_plays"::double),
  "WEIGHTED_STREAMS" double as (value:"weighted_streams"::double),
  "STREAM_SHARE" double as (value:"stream_share"::double),
  "WEIGHTED_SKIPS" double as (value:"weighted_skips"::double),
  "WEIGHTED_UNKNOWNS" double as (value:"weighted_unknowns"::double),
  "SKIP_RATE" double as (value:"skip_rate"::double),
  "WEIGHTED_MS_PLAYED" double as (value:"weighted_ms_played"::double),
  "TRACKS_PLAYED" number(19, 0) as (value:"tracks_played"::number(19, 0)),
  "FIRST_EVENT_DATE" date as (value:"first_event_date"::date),
  "LAST_EVENT_DATE" date as (value:"last_event_date"::date)
)
location = @"LISTENING_CORE".published/processed/marts/monthly_genre_metrics/
auto_refresh = false
file_format = (type = parquet use_logical_type = true);

create or replace external table "LISTENING_MARTS"."MONTHLY_TASTE" (
  "EVENT_MONTH" date as (value:"event_month"::date),
  "STREAMS" number(19, 0) as (value:"streams"::number(19, 0)),
  "TRACKS" number(19, 0) as (value:"tracks"::number(19, 0)),
  "FIRST_LISTENS" number(19, 0) as (value:"first_listens"::number(19, 0)),
  "DISCOVERY_SHARE" double as (value:"discovery_share"::double),
  "MEAN_POPULARITY" double as (value:"mean_popularity"::double),
  "MAINSTREAM_SHARE" double as (value:"mainstream_share"::double),
  "NICHE_SHARE" double as (value:"niche_share"::double),
  "MEAN_RELEASE_YEAR" double as (value:"mean_release_year"::double),
  "MEAN_DANCEABILITY" double as (value:"mean_danceability"::double),
  "MEAN_ENERGY" double as (value:"mean_energy"::double),
  "MEAN_VALENCE" double as (value:"mean_valence"::double),
  "MEAN_ACOUSTICNESS" double as (value:"mean_acousticness"::double),
  "MEAN_INSTRUMENTALNESS" double as (value:"mean_instrumentalness"::double),
  "MEAN_SPEECHINESS" double as (value:"mean_speechiness"::double),
  "MEAN_TEMPO" double as (value:"mean_tempo"::double),
  "GENRE_DISTANCE" double as (value:"genre_distance"::double),
  "AUDIO_DISTANCE" double as (value:"audio_distance"::double)
)
location = @"LISTENING_CORE".published/processed/marts/monthly_taste/
auto_refresh = false
file_format = (type = parquet use_logical_type = true);

create or replace external table "LISTENING_MARTS"."MONTHLY_TRACK_METRICS" (
  "EVENT_MONTH" date as (value:"event_month"::date),
  "TRACK_ID" varchar as (value:"track_id"::varchar),
  "PLAYS" number(19, 0) as (value:"plays"::number(19, 0)),
  "STREAMS" number(19, 0) as (value:"streams"::number(19, 0)),
  "SKIPS" number(19, 0) as (value:"skips"::number(19, 0)),
  "COMPLETES" number(19, 0) as (value:"completes"::number(19, 0)),
  "ABANDONS" number(19, 0) as (value:"abandons"::number(19, 0)),
  "UNKNOWNS" number(19, 0) as (value:"unknowns"::number(19, 0)),
  "LISTENERS" number(19, 0) as (value:"listeners"::number(19, 0)),
  "MS_PLAYED" number(19, 0) as (value:"ms_played"::number(19, 0)),
  "FIRST_EVENT_DATE" date as (value:"first_event_date"::date),
  "LAST_EVENT_DATE" date as (value:"last_event_date"::date)
)
location = @"LISTENING_CORE".published/processed/marts/monthly_track_metrics/
auto_refresh = false
file_format = (type = parquet use_logical_type = true);

create or replace external table "LISTENING_MARTS"."NEW_RELEASE_TRENDS" (
  "TRACK_ID" varchar as (value:"track_id"::varchar),
  "TRACK_NAME" varchar as (value:"track_name"::varchar),
  "PRIMARY_ARTIST_ID" varchar as (value:"primary_artist_id"::varchar),
  "PRIMARY_ARTIST_NAME" varchar as (value:"primary_artist_name"::varchar),
  "RELEASE_DATE" date as (value:"release_date"::date),
  "NEWEST_EVENT_DATE" date as (value:"newest_event_date"::date),
  "DAYS_SINCE_RELEASE" number(19, 0) as (value:"days_since_release"::number(19, 0)),
  "RECENT_STREAMS" number(19, 0) as (value:"recent_streams"::number(19, 0)),
  "PREVIOUS_STREAMS" number(19, 0) as (value:"previous_streams"::number(19, 0)),
  "RECENT_SKIP_RATE" double as (value:"recent_skip_rate"::double),
  "TRENDING_SCORE" double as (value:"trending_score"::double)
)
location = @"LISTENING_CORE".published/processed/marts/new_release_trends/
auto_refresh = false
file_format = (type = parquet use_logical_type = true);

create or replace external table "LISTENING_MARTS"."POPULARITY_BY_SNAPSHOT" (
  "SNAPSHOT_DATE" date as (value:"snapshot_date"::date),
  "POPULARITY_FROM" number(19, 0) as (value:"popularity_from"::number(19, 0)),
  "TRACKS" number(19, 0) as (value:"tracks"::number(19, 0)),
  "TRACK_SHARE" double as (value:"track_share"::double),
  "MEAN_POPULARITY" double as (value:"mean_popularity"::double)
)
location = @"LISTENING_CORE".published/processed/marts/popularity_by_snapshot/
auto_refresh = false
file_format = (type = parquet use_logical_type = true);

create or replace external table "LISTENING_MARTS"."RANKED_TRACKS" (
  "COUNTED_BY" varchar as (value:"counted_by"::varchar),
  "TRACK_ID" varchar as (value:"track_id"::varchar),
  "RECORDING_TRACK_ID" varchar as (value:"recording_track_id"::varchar),
  "TRACK_IDS" number(19, 0) as (value:"track_ids"::number(19, 0)),
  "TRACK_NAME" varchar as (value:"track_name"::varchar),
  "PRIMARY_ARTIST_ID" varchar as (value:"primary_artist_id"::varchar),
  "PRIMARY_ARTIST_NAME" varchar as (value:"primary_artist_name"::varchar),
  "ALBUM_ID" varchar as (value:"album_id"::varchar),
  "ALBUM_NAME" varchar as (value:"album_name"::varchar),
  "PRIMARY_GENRE" varchar as (value:"primary_genre"::varchar),
  "RELEASE_DATE" date as (value:"release_date"::date),
  "DURATION_MS" number(19, 0) as (value:"duration_ms"::number(19, 0)),
  "POPULARITY" number(19, 0) as (value:"popularity"::number(19, 0)),
  "PLAYS" number(19, 0) as (value:"plays"::number(19, 0)),
  "STREAMS" number(19, 0) as (value:"streams"::number(19, 0)),
  "SKIPS" number(19, 0) as (value:"skips"::number(19, 0)),
  "COMPLETES" number(19, 0) as (value:"completes"::number(19, 0)),
  "ABANDONS" number(19, 0) as (value:"abandons"::number(19, 0)),
  "UNKNOWNS" number(19, 0) as (value:"unknowns"::number(19, 0)),
  "SKIP_RATE" double as (value:"skip_rate"::double),
  "LISTENERS" number(19, 0) as (value:"listeners"::number(19, 0)),
  "MS_PLAYED" number(19, 0) as (value:"ms_played"::number(19, 0)),
  "FIRST_EVENT_DATE" date as (value:"first_event_date"::date),
  "LAST_EVENT_DATE" date as (value:"last_event_date"::date),
  "TRACK_RANK" number(19, 0) as (value:"track_rank"::number(19, 0)),
  "RANK_IN_ARTIST" number(19, 0) as (value:"rank_in_artist"::number(19, 0))
)
location = @"LISTENING_CORE".published/processed/marts/ranked_tracks/
auto_refresh = false
file_format = (type = parquet use_logical_type = true);

create or replace external table "LISTENING_MARTS"."RECORDING_TOTALS" (
  "TRACK_ID" varchar as (value:"track_id"::varchar),
  "TRACK_IDS" number(19, 0) as (value:"track_ids"::number(19, 0)),
  "TRACK_NAME" varchar as (value:"track_name"::varchar),
  "PRIMARY_ARTIST_ID" varchar as (value:"primary_artist_id"::varchar),
  "PRIMARY_ARTIST_NAME" varchar as (value:"primary_artist_name"::varchar),
  "ALBUM_ID" varchar as (value:"album_id"::varchar),
  "ALBUM_NAME" varchar as (value:"album_name"::varchar),
  "PRIMARY_GENRE" varchar as (value:"primary_genre"::varchar),
  "RELEASE_DATE" date as (value:"release_date"::date),
  "DURATION_MS" number(19, 0) as (value:"duration_ms"::number(19, 0)),
  "POPULARITY" number(19, 0) as (value:"popularity"::number(19, 0)),
  "PLAYS" number(19, 0) as (value:"plays"::number(19, 0)),
  "STREAMS" number(19, 0) as (value:"streams"::number(19, 0)),
  "SKIPS" number(19, 0) as (value:"skips"::number(19, 0)),
  "COMPLETES" number(19, 0) as (value:"completes"::number(19, 0)),
  "ABANDONS" number(19, 0) as (value:"abandons"::number(19, 0)),
  "UNKNOWNS" number(19, 0) as (value:"unknowns"::number(19, 0)),
  "SKIP_RATE" double as (value:"skip_rate"::double),
  "LISTENERS" number(19, 0) as (value:"listeners"::number(19, 0)),
  "MS_PLAYED" number(19, 0) as (value:"ms_played"::number(19, 0)),
  "FIRST_EVENT_DATE" date as (value:"first_event_date"::date),
  "LAST_EVENT_DATE" date as (value:"last_event_date"::date),
  "TRACK_RANK" number(19, 0) as (value:"track_rank"::number(19, 0)),
  "RANK_IN_ARTIST" number(19, 0) as (value:"rank_in_artist"::number(19, 0))
)
location = @"LISTENING_CORE".published/processed/marts/recording_totals/
auto_refresh = false
file_format = (type = parquet use_logical_type = true);

create or replace external table "LISTENING_MARTS"."TRACK_TOTALS" (
  "TRACK_ID" varchar as (value:"track_id"::varchar),
  "RECORDING_TRACK_ID" varchar as (value:"recording_track_id"::varchar),
  "TRACK_NAME" varchar as (value:"track_name"::varchar),
  "PRIMARY_ARTIST_ID" varchar as (value:"primary_artist_id"::varchar),
  "PRIMARY_ARTIST_NAME" varchar as (value:"primary_artist_name"::varchar),
  "ALBUM_ID" varchar as (value:"album_id"::varchar),
  "ALBUM_NAME" varchar as (value:"album_name"::varchar),
  "PRIMARY_GENRE" varchar as (value:"primary_genre"::varchar),
  "RELEASE_DATE" date as (value:"release_date"::date),
  "DURATION_MS" number(19, 0) as (value:"duration_ms"::number(19, 0)),
  "POPULARITY" number(19, 0) as (value:"popularity"::number(19, 0)),
  "PLAYS" number(19, 0) as (value:"plays"::number(19, 0)),
  "STREAMS" number(19, 0) as (value:"streams"::number(19, 0)),
  "SKIPS" number(19, 0) as (value:"skips"::number(19, 0)),
  "COMPLETES" number(19, 0) as (value:"completes"::number(19, 0)),
  "ABANDONS" number(19, 0) as (value:"abandons"::number(19, 0)),
  "UNKNOWNS" number(19, 0) as (value:"unknowns"::number(19, 0)),
  "SKIP_RATE" double as (value:"skip_rate"::double),
  "LISTENERS" number(19, 0) as (value:"listeners"::number(19, 0)),
  "MS_PLAYED" number(19, 0) as (value:"ms_played"::number(19, 0)),
  "FIRST_EVENT_DATE" date as (value:"first_event_date"::date),
  "LAST_EVENT_DATE" date as (value:"last_event_date"::date),
  "TRACK_RANK" number(19, 0) as (value:"track_rank"::number(19, 0)),
  "RANK_IN_ARTIST" number(19, 0) as (value:"rank_in_artist"::number(19, 0))
)
location = @"LISTENING_CORE".published/processed/marts/track_totals/
auto_refresh = false
file_format = (type = parquet use_logical_type = true);

create or replace external table "LISTENING_MARTS"."BRIDGE_TRACK_ARTIST" (
  "TRACK_ID" varchar as (value:"track_id"::varchar),
  "ARTIST_ID" varchar as (value:"artist_id"::varchar),
  "POSITION" number(19, 0) as (value:"position"::number(19, 0))
)
location = @"LISTENING_CORE".published/processed/marts/bridge_track_artist/
auto_refresh = false
file_format = (type = parquet use_logical_type = true);

create or replace external table "LISTENING_MARTS"."BRIDGE_TRACK_GENRE" (
  "TRACK_ID" varchar as (value:"track_id"::varchar),
  "GENRE" varchar as (value:"genre"::varchar),
  "WEIGHT" double as (value:"weight"::double)
)
location = @"LISTENING_CORE".published/processed/marts/bridge_track_genre/
auto_refresh = false
file_format = (type = parquet use_logical_type = true);

create or replace external table "LISTENING_MARTS"."DIM_ALBUM" (
  "ALBUM_ID" varchar as (value:"album_id"::varchar),
  "ALBUM_NAME" varchar as (value:"album_name"::varchar),
  "PRIMARY_ARTIST_ID" varchar as (value:"primary_artist_id"::varchar),
  "PRIMARY_ARTIST_NAME" varchar as (value:"primary_artist_name"::varchar),
  "FIRST_RELEASE_DATE" date as (value:"first_release_date"::date),
  "TRACK_COUNT" number(19, 0) as (value:"track_count"::number(19, 0)),
  "IS_IN_CATALOGUE" boolean as (value:"is_in_catalogue"::boolean)
)
location = @"LISTENING_CORE".published/processed/marts/dim_album/
auto_refresh = false
file_format = (type = parquet use_logical_type = true);

create or replace external table "LISTENING_MARTS"."DIM_ARTIST" (
  "ARTIST_ID" varchar as (value:"artist_id"::varchar),
  "ARTIST_NAME" varchar as (value:"artist_name"::varchar),
  "TRACK_COUNT" number(19, 0) as (value:"track_count"::number(19, 0)),
  "MEAN_POPULARITY" double as (value:"mean_popularity"::double),
  "POPULARITY" number(19, 0) as (value:"popularity"::number(19, 0)),
  "FOLLOWERS" number(19, 0) as (value:"followers"::number(19, 0)),
  "IS_IN_CATALOGUE" boolean as (value:"is_in_catalogue"::boolean),
  "FIRST_SNAPSHOT_DATE" date as (value:"first_snapshot_date"::date),
  "LAST_SNAPSHOT_DATE" date as (value:"last_snapshot_date"::date)
)
location = @"LISTENING_CORE".published/processed/marts/dim_artist/
auto_refresh = false
file_format = (type = parquet use_logical_type = true);

create or replace external table "LISTENING_MARTS"."DIM_ARTIST_HISTORY" (
  "ARTIST_ID" varchar as (value:"artist_id"::varchar),
  "VERSION" number(19, 0) as (value:"version"::number(19, 0)),
  "VALID_FROM" date as (value:"valid_from"::date),
  "VALID_TO" date as (value:"valid_to"::date),
  "IS_CURRENT" boolean as (value:"is_current"::boolean),
  "ARTIST_NAME" varchar as (value:"artist_name"::varchar),
  "TRACK_COUNT" number(19, 0) as (value:"track_count"::number(19, 0)),
  "MEAN_POPULARITY" double as (value:"mean_popularity"::double),
  "SNAPSHOTS" number(19, 0) as (value:"snapshots"::number(19, 0)),
  "LAST_SNAPSHOT_DATE" date as (value:"last_snapshot_date"::date)
)
location = @"LISTENING_CORE".published/processed/marts/dim_artist_history/
auto_refresh = false
file_format = (type = parquet use_logical_type = true);

create or replace external table "LISTENING_MARTS"."DIM_COUNTRY" (
  "COUNTRY" varchar as (value:"country"::varchar),
  "COUNTRY_NAME" varchar as (value:"country_name"::varchar),
  "REGION" varchar as (value:"region"::varchar),
  "TIME_ZONE" varchar as (value:"time_zone"::varchar),
  "TIME_ZONE_COUNT" number(19, 0) as (value:"time_zone_count"::number(19, 0))
)
location = @"LISTENING_CORE".published/processed/marts/dim_country/
auto_refresh = false
file_format = (type = parquet use_logical_type = true);

create or replace external table "LISTENING_MARTS"."DIM_DATE" (
  "DATE_DAY" date as (value:"date_day"::date),
  "YEAR" number(19, 0) as (value:"year"::number(19, 0)),
  "QUARTER" number(19, 0) as (value:"quarter"::number(19, 0)),
  "MONTH" number(19, 0) as (value:"month"::number(19, 0)),
  "MONTH_NAME" varchar as (value:"month_name"::varchar),
  "DAY_OF_MONTH" number(19, 0) as (value:"day_of_month"::number(19, 0)),
  "DAY_OF_YEAR" number(19, 0) as (value:"day_of_year"::number(19, 0)),
  "ISO_YEAR" number(19, 0) as (value:"iso_year"::number(19, 0)),
  "ISO_WEEK" number(19, 0) as (value:"iso_week"::number(19, 0)),
  "WEEKDAY" number(19, 0) as (value:"weekday"::number(19, 0)),
  "WEEKDAY_NAME" varchar as (value:"weekday_name"::varchar),
  "IS_WEEKEND" boolean as (value:"is_weekend"::boolean),
  "WEEK_STARTS_ON" date as (value:"week_starts_on"::date),
  "MONTH_STARTS_ON" date as (value:"month_starts_on"::date),
  "QUARTER_STARTS_ON" date as (value:"quarter_starts_on"::date),
  "YEAR_STARTS_ON" date as (value:"year_starts_on"::date)
)
location = @"LISTENING_CORE".published/processed/marts/dim_date/
auto_refresh = false
file_format = (type = parquet use_logical_type = true);

create or replace external table "LISTENING_MARTS"."DIM_DEVICE" (
  "DEVICE" varchar as (value:"device"::varchar),
  "DEVICE_NAME" varchar as (value:"device_name"::varchar),
  "IS_PORTABLE" boolean as (value:"is_portable"::boolean)
)
location = @"LISTENING_CORE".published/processed/marts/dim_device/
auto_refresh = false
file_format = (type = parquet use_logical_type = true);

create or replace external table "LISTENING_MARTS"."DIM_TIME_OF_DAY" (
  "HOUR" number(19, 0) as (value:"hour"::number(19, 0)),
  "HOUR_NAME" varchar as (value:"hour_name"::varchar),
  "PART_OF_DAY" varchar as (value:"part_of_day"::varchar),
  "PART_OF_DAY_NUMBER" number(19, 0) as (value:"part_of_day_number"::number(19, 0))
)
location = @"LISTENING_CORE".published/processed/marts/dim_time_of_day/
auto_refresh = false
file_format = (type = parquet use_logical_type = true);

create or replace external table "LISTENING_MARTS"."DIM_TRACK" (
  "TRACK_ID" varchar as (value:"track_id"::varchar),
  "RECORDING_ID" varchar as (value:"recording_id"::varchar),
  "RECORDING_TRACK_ID" varchar as (value:"recording_track_id"::varchar),
  "CATALOGUE_TRACK_ID" varchar as (value:"catalogue_track_id"::varchar),
  "CONTENT_TYPE" varchar as (value:"content_type"::varchar),
  "TRACK_NAME" varchar as (value:"track_name"::varchar),
  "ARTIST_NAMES" varchar as (value:"artist_names"::varchar),
  "PRIMARY_ARTIST_ID" varchar as (value:"primary_artist_id"::varchar),
  "PRIMARY_ARTIST_NAME" varchar as (value:"primary_artist_name"::varchar),
  "ARTIST_COUNT" number(19, 0) as (value:"artist_count"::number(19, 0)),
  "ALBUM_ID" varchar as (value:"album_id"::varchar),
  "ALBUM_NAME" varchar as (value:"album_name"::varchar),
  "RELEASE_DATE" date as (value:"release_date"::date),
  "RELEASE_PRECISION" varchar as (value:"release_precision"::varchar),
  "ISRC" varchar as (value:"isrc"::varchar),
  "POPULARITY" number(19, 0) as (value:"popularity"::number(19, 0)),
  "DURATION_MS" number(19, 0) as (value:"duration_ms"::number(19, 0)),
  "IS_EXPLICIT" boolean as (value:"is_explicit"::boolean),
  "DANCEABILITY" double as (value:"danceability"::double),
  "ENERGY" double as (value:"energy"::double),
  "KEY" number(19, 0) as (value:"key"::number(19, 0)),
  "LOUDNESS" double as (value:"loudness"::double),
  "MODE" number(19, 0) as (value:"mode"::number(19, 0)),
  "SPEECHINESS" double as (value:"speechiness"::double),
  "ACOUSTICNESS" double as (value:"acousticness"::double),
  "INSTRUMENTALNESS" double as (value:"instrumentalness"::double),
  "LIVENESS" double as (value:"liveness"::double),
  "VALENCE" double as (value:"valence"::double),
  "TEMPO" double as (value:"tempo"::double),
  "TIME_SIGNATURE" number(19, 0) as (value:"time_signature"::number(19, 0)),
  "PRIMARY_GENRE" varchar as (value:"primary_genre"::varchar),
  "GENRE_COUNT" number(19, 0) as (value:"genre_count"::number(19, 0)),
  "IS_IN_CATALOGUE" boolean as (value:"is_in_catalogue"::boolean),
  "FIRST_SNAPSHOT_DATE" date as (value:"first_snapshot_date"::date),
  "LAST_SNAPSHOT_DATE" date as (value:"last_snapshot_date"::date)
)
location = @"LISTENING_CORE".published/processed/marts/dim_track/
auto_refresh = false
file_format = (type = parquet use_logical_type = true);

create or replace external table "LISTENING_MARTS"."DIM_TRACK_HISTORY" (
  "TRACK_ID" varchar as (value:"track_id"::varchar),
  "VERSION" number(19, 0) as (value:"version"::number(19, 0)),
  "VALID_FROM" date as (value:"valid_from"::date),
  "VALID_TO" date as (value:"valid_to"::date),
  "IS_CURRENT" boolean as (value:"is_current"::boolean),
  "TRACK_NAME" varchar as (value:"track_name"::varchar),
  "ARTIST_NAMES" varchar as (value:"artist_names"::varchar),
  "PRIMARY_ARTIST_ID" varchar as (value:"primary_artist_id"::varchar),
  "ALBUM_NAME" varchar as (value:"album_name"::varchar),
  "RELEASE_DATE" date as (value:"release_date"::date),
  "DURATION_MS" number(19, 0) as (value:"duration_ms"::number(19, 0)),
  "IS_EXPLICIT" boolean as (value:"is_explicit"::boolean),
  "POPULARITY" number(19, 0) as (value:"popularity"::number(19, 0)),
  "GENRES" varchar as (value:"genres"::varchar),
  "SNAPSHOTS" number(19, 0) as (value:"snapshots"::number(19, 0)),
  "LAST_SNAPSHOT_DATE" date as (value:"last_snapshot_date"::date)
)
location = @"LISTENING_CORE".published/processed/marts/dim_track_history/
auto_refresh = false
file_format = (type = parquet use_logical_type = true);

create or replace external table "LISTENING_MARTS"."DIM_USER" (
  "USER_ID" varchar as (value:"user_id"::varchar),
  "HOME_COUNTRY" varchar as (value:"home_country"::varchar),
  "TIME_ZONE" varchar as (value:"time_zone"::varchar),
  "TIME_ZONE_SOURCE" varchar as (value:"time_zone_source"::varchar),
  "IS_FOLLOWING_COUNTRY" boolean as (value:"is_following_country"::boolean),
  "FIRST_LISTEN_DATE" date as (value:"first_listen_date"::date),
  "LAST_LISTEN_DATE" date as (value:"last_listen_date"::date),
  "LISTENING_DAYS" number(19, 0) as (value:"listening_days"::number(19, 0))
)
location = @"LISTENING_CORE".published/processed/marts/dim_user/
auto_refresh = false
file_format = (type = parquet use_logical_type = true);

create or replace external table "LISTENING_MARTS"."FACT_ARTIST_POPULARITY" (
  "SNAPSHOT_DATE" date as (value:"snapshot_date"::date),
  "ARTIST_ID" varchar as (value:"artist_id"::varchar),
  "POPULARITY" number(19, 0) as (value:"popularity"::number(19, 0)),
  "FOLLOWERS" number(19, 0) as (value:"followers"::number(19, 0))
)
location = @"LISTENING_CORE".published/processed/marts/fact_artist_popularity/
auto_refresh = false
file_format = (type = parquet use_logical_type = true);

create or replace external table "LISTENING_MARTS"."FACT_LISTENING_HOURS" (
  "USER_ID" varchar as (value:"user_id"::varchar),
  "HOUR_STARTS_AT" timestamp_ntz(6) as (value:"hour_starts_at"::timestamp_ntz(6)),
  "TIME_ZONE" varchar as (value:"time_zone"::varchar),
  "LOCAL_DATE" date as (value:"local_date"::date),
  "LOCAL_HOUR" number(19, 0) as (value:"local_hour"::number(19, 0)),
  "LOCAL_WEEKDAY" number(19, 0) as (value:"local_weekday"::number(19, 0)),
  "MS_LISTENED" number(19, 0) as (value:"ms_listened"::number(19, 0)),
  "MS_OVERLAPPING" number(19, 0) as (value:"ms_overlapping"::number(19, 0)),
  "FIRST_EVENT_DATE" date as (value:"first_event_date"::date),
  "LAST_EVENT_DATE" date as (value:"last_event_date"::date)
)
location = @"LISTENING_CORE".published/processed/marts/fact_listening_hours/
auto_refresh = false
file_format = (type = parquet use_logical_type = true);

create or replace external table "LISTENING_MARTS"."FACT_LISTENS" (
  "EVENT_ID" varchar as (value:"event_id"::varchar),
  "EVENT_DATE" date as (value:"event_date"::date),
  "USER_ID" varchar as (value:"user_id"::varchar),
  "TRACK_ID" varchar as (value:"track_id"::varchar),
  "SESSION_ID" varchar as (value:"session_id"::varchar),
  "SESSION_POSITION" number(19, 0) as (value:"session_position"::number(19, 0)),
  "STARTED_AT" timestamp_ntz(6) as (value:"started_at"::timestamp_ntz(6)),
  "ENDED_AT" timestamp_ntz(6) as (value:"ended_at"::timestamp_ntz(6)),
  "TIME_ZONE" varchar as (value:"time_zone"::varchar),
  "LOCAL_STARTED_AT" timestamp_ntz(6) as (value:"local_started_at"::timestamp_ntz(6)),
  "LOCAL_DATE" date as (value:"local_date"::date),
  "LOCAL_HOUR" number(19, 0) as (value:"local_hour"::number(19, 0)),
  "LOCAL_WEEKDAY" number(19, 0) as (value:"local_weekday"::number(19, 0)),
  "MS_PLAYED" number(19, 0) as (value:"ms_played"::number(19, 0)),
  "TRACK_DURATION_MS" number(19, 0) as (value:"track_duration_ms"::number(19, 0)),
  "KNOWN_DURATION_MS" number(19, 0) as (value:"known_duration_ms"::number(19, 0)),
  "OUTCOME" varchar as (value:"outcome"::varchar),
  "IS_STREAM" boolean as (value:"is_stream"::boolean),
  "IS_SKIP" boolean as (value:"is_skip"::boolean),
  "IS_COMPLETE" boolean as (value:"is_complete"::boolean),
  "IS_ABANDONED" boolean as (value:"is_abandoned"::boolean),
  "IS_OUTCOME_UNKNOWN" boolean as (value:"is_outcome_unknown"::boolean),
  "IS_MARKED_SKIPPED" boolean as (value:"is_marked_skipped"::boolean),
  "CONTENT_TYPE" varchar as (value:"content_type"::varchar),
  "IS_MUSIC" boolean as (value:"is_music"::boolean),
  "DEVICE" varchar as (value:"device"::varchar),
  "COUNTRY" varchar as (value:"country"::varchar),
  "IS_SHUFFLE" boolean as (value:"is_shuffle"::boolean),
  "REASON_START" varchar as (value:"reason_start"::varchar),
  "REASON_END" varchar as (value:"reason_end"::varchar),
  "SOURCE" varchar as (value:"source"::varchar),
  "MONTH" varchar as (split_part(split_part(metadata$filename, 'month=', 2), '/', 1))
)
partition by ("MONTH")
location = @"LISTENING_CORE".published/processed/marts/fact_listens/
auto_refresh = false
file_format = (type = parquet use_logical_type = true);

create or replace external table "LISTENING_MARTS"."FACT_SESSIONS" (
  "SESSION_ID" varchar as (value:"session_id"::varchar),
  "USER_ID" varchar as (value:"user_id"::varchar),
  "STARTED_AT" timestamp_ntz(6) as (value:"started_at"::timestamp_ntz(6)),
  "ENDED_AT" timestamp_ntz(6) as (value:"ended_at"::timestamp_ntz(6)),
  "DURATION_MS" number(19, 0) as (value:"duration_ms"::number(19, 0)),
  "TIME_ZONE" varchar as (value:"time_zone"::varchar),
  "LOCAL_STARTED_AT" timestamp_ntz(6) as (value:"local_started_at"::timestamp_ntz(6)),
  "LOCAL_DATE" date as (value:"local_date"::date),
  "LOCAL_HOUR" number(19, 0) as (value:"local_hour"::number(19, 0)),
  "DEVICE" varchar as (value:"device"::varchar),
  "COUNTRY" varchar as (value:"country"::varchar),
  "PLAYBACKS" number(19, 0) as (value:"playbacks"::number(19, 0)),
  "PLAYS" number(19, 0) as (value:"plays"::number(19, 0)),
  "STREAMS" number(19, 0) as (value:"streams"::number(19, 0)),
  "SKIPS" number(19, 0) as (value:"skips"::number(19, 0)),
  "COMPLETES" number(19, 0) as (value:"completes"::number(19, 0)),
  "ABANDONS" number(19, 0) as (value:"abandons"::number(19, 0)),
  "UNKNOWNS" number(19, 0) as (value:"unknowns"::number(19, 0)),
  "TRACKS" number(19, 0) as (value:"tracks"::number(19, 0)),
  "MS_PLAYED" number(19, 0) as (value:"ms_played"::number(19, 0)),
  "FIRST_EVENT_DATE" date as (value:"first_event_date"::date),
  "LAST_EVENT_DATE" date as (value:"last_event_date"::date)
)
location = @"LISTENING_CORE".published/processed/marts/fact_sessions/
auto_refresh = false
file_format = (type = parquet use_logical_type = true);

create or replace external table "LISTENING_MARTS"."FACT_TRACK_POPULARITY" (
  "SNAPSHOT_DATE" date as (value:"snapshot_date"::date),
  "TRACK_ID" varchar as (value:"track_id"::varchar),
  "POPULARITY" number(19, 0) as (value:"popularity"::number(19, 0)),
  "PREVIOUS_SNAPSHOT_DATE" date as (value:"previous_snapshot_date"::date),
  "PREVIOUS_POPULARITY" number(19, 0) as (value:"previous_popularity"::number(19, 0)),
  "POPULARITY_CHANGE" number(19, 0) as (value:"popularity_change"::number(19, 0)),
  "DAYS_SINCE_PREVIOUS" number(19, 0) as (value:"days_since_previous"::number(19, 0))
)
location = @"LISTENING_CORE".published/processed/marts/fact_track_popularity/
auto_refresh = false
file_format = (type = parquet use_logical_type = true);

create or replace external table "LISTENING_MARTS"."FACT_USER_ACTIVITY" (
  "USER_ID" varchar as (value:"user_id"::varchar),
  "LOCAL_DATE" date as (value:"local_date"::date),
  "COUNTRY" varchar as (value:"country"::varchar),
  "PLAYBACKS" number(19, 0) as (value:"playbacks"::number(19, 0)),
  "PLAYS" number(19, 0) as (value:"plays"::number(19, 0)),
  "STREAMS" number(19, 0) as (value:"streams"::number(19, 0)),
  "SKIPS" number(19, 0) as (value:"skips"::number(19, 0)),
  "COMPLETES" number(19, 0) as (value:"completes"::number(19, 0)),
  "ABANDONS" number(19, 0) as (value:"abandons"::number(19, 0)),
  "UNKNOWNS" number(19, 0) as (value:"unknowns"::number(19, 0)),
  "SKIP_RATE" double as (value:"skip_rate"::double),
  "PLAYLIST_ADDS" number(19, 0) as (value:"playlist_adds"::number(19, 0)),
  "SESSIONS" number(19, 0) as (value:"sessions"::number(19, 0)),
  "TRACKS" number(19, 0) as (value:"tracks"::number(19, 0)),
  "ARTISTS" number(19, 0) as (value:"artists"::number(19, 0)),
  "MS_PLAYED" number(19, 0) as (value:"ms_played"::number(19, 0)),
  "MS_LISTENED" number(19, 0) as (value:"ms_listened"::number(19, 0)),
  "MINUTES_LISTENED" double as (value:"minutes_listened"::double),
  "FIRST_EVENT_DATE" date as (value:"first_event_date"::date),
  "LAST_EVENT_DATE" date as (value:"last_event_date"::date),
  "ENGAGEMENT_SCORE" number(19, 0) as (value:"engagement_score"::number(19, 0))
)
location = @"LISTENING_CORE".published/processed/marts/fact_user_activity/
auto_refresh = false
file_format = (type = parquet use_logical_type = true);

create or replace external table "LISTENING_MARTS"."FCT_LISTENING_HOURS" (
  "USER_ID" varchar as (value:"user_id"::varchar),
  "HOUR_STARTS_AT" timestamp_ntz(6) as (value:"hour_starts_at"::timestamp_ntz(6)),
  "TIME_ZONE" varchar as (value:"time_zone"::varchar),
  "LOCAL_DATE" date as (value:"local_date"::date),
  "LOCAL_HOUR" number(19, 0) as (value:"local_hour"::number(19, 0)),
  "LOCAL_WEEKDAY" number(19, 0) as (value:"local_weekday"::number(19, 0)),
  "MS_LISTENED" number(19, 0) as (value:"ms_listened"::number(19, 0)),
  "MS_OVERLAPPING" number(19, 0) as (value:"ms_overlapping"::number(19, 0)),
  "FIRST_EVENT_DATE" date as (value:"first_event_date"::date),
  "LAST_EVENT_DATE" date as (value:"last_event_date"::date)
)
location = @"LISTENING_CORE".published/processed/marts/fct_listening_hours/
auto_refresh = false
file_format = (type = parquet use_logical_type = true);

create or replace external table "LISTENING_MARTS"."FCT_SESSIONS" (
  "SESSION_ID" varchar as (value:"session_id"::varchar),
  "USER_ID" varchar as (value:"user_id"::varchar),
  "STARTED_AT" timestamp_ntz(6) as (value:"started_at"::timestamp_ntz(6)),
  "ENDED_AT" timestamp_ntz(6) as (value:"ended_at"::timestamp_ntz(6)),
  "DURATION_MS" number(19, 0) as (value:"duration_ms"::number(19, 0)),
  "TIME_ZONE" varchar as (value:"time_zone"::varchar),
  "LOCAL_STARTED_AT" timestamp_ntz(6) as (value:"local_started_at"::timestamp_ntz(6)),
  "LOCAL_DATE" date as (value:"local_date"::date),
  "LOCAL_HOUR" number(19, 0) as (value:"local_hour"::number(19, 0)),
  "DEVICE" varchar as (value:"device"::varchar),
  "COUNTRY" varchar as (value:"country"::varchar),
  "PLAYBACKS" number(19, 0) as (value:"playbacks"::number(19, 0)),
  "PLAYS" number(19, 0) as (value:"plays"::number(19, 0)),
  "STREAMS" number(19, 0) as (value:"streams"::number(19, 0)),
  "SKIPS" number(19, 0) as (value:"skips"::number(19, 0)),
  "COMPLETES" number(19, 0) as (value:"completes"::number(19, 0)),
  "ABANDONS" number(19, 0) as (value:"abandons"::number(19, 0)),
  "UNKNOWNS" number(19, 0) as (value:"unknowns"::number(19, 0)),
  "TRACKS" number(19, 0) as (value:"tracks"::number(19, 0)),
  "MS_PLAYED" number(19, 0) as (value:"ms_played"::number(19, 0)),
  "FIRST_EVENT_DATE" date as (value:"first_event_date"::date),
  "LAST_EVENT_DATE" date as (value:"last_event_date"::date)
)
location = @"LISTENING_CORE".published/processed/marts/fct_sessions/
auto_refresh = false
file_format = (type = parquet use_logical_type = true);

create or replace external table "LISTENING_MARTS"."FCT_USER_ACTIVITY" (
  "USER_ID" varchar as (value:"user_id"::varchar),
  "LOCAL_DATE" date as (value:"local_date"::date),
  "COUNTRY" varchar as (value:"country"::varchar),
  "PLAYBACKS" number(19, 0) as (value:"playbacks"::number(19, 0)),
  "PLAYS" number(19, 0) as (value:"plays"::number(19, 0)),
  "STREAMS" number(19, 0) as (value:"streams"::number(19, 0)),
  "SKIPS" number(19, 0) as (value:"skips"::number(19, 0)),
  "COMPLETES" number(19, 0) as (value:"completes"::number(19, 0)),
  "ABANDONS" number(19, 0) as (value:"abandons"::number(19, 0)),
  "UNKNOWNS" number(19, 0) as (value:"unknowns"::number(19, 0)),
  "SKIP_RATE" double as (value:"skip_rate"::double),
  "PLAYLIST_ADDS" number(19, 0) as (value:"playlist_adds"::number(19, 0)),
  "SESSIONS" number(19, 0) as (value:"sessions"::number(19, 0)),
  "TRACKS" number(19, 0) as (value:"tracks"::number(19, 0)),
  "ARTISTS" number(19, 0) as (value:"artists"::number(19, 0)),
  "MS_PLAYED" number(19, 0) as (value:"ms_played"::number(19, 0)),
  "MS_LISTENED" number(19, 0) as (value:"ms_listened"::number(19, 0)),
  "MINUTES_LISTENED" double as (value:"minutes_listened"::double),
  "FIRST_EVENT_DATE" date as (value:"first_event_date"::date),
  "LAST_EVENT_DATE" date as (value:"last_event_date"::date),
  "ENGAGEMENT_SCORE" number(19, 0) as (value:"engagement_score"::number(19, 0))
)
location = @"LISTENING_CORE".published/processed/marts/fct_user_activity/
auto_refresh = false
file_format = (type = parquet use_logical_type = true);

create or replace external table "LISTENING_MARTS"."DAILY_AGGREGATES" (
  "EVENT_DATE" date as (value:"event_date"::date),
  "PLAYS" number(19, 0) as (value:"plays"::number(19, 0)),
  "STREAMS" number(19, 0) as (value:"streams"::number(19, 0)),
  "SKIPPED_STREAMS" number(19, 0) as (value:"skipped_streams"::number(19, 0)),
  "SKIPS" number(19, 0) as (value:"skips"::number(19, 0)),
  "COMPLETES" number(19, 0) as (value:"completes"::number(19, 0)),
  "ABANDONS" number(19, 0) as (value:"abandons"::number(19, 0)),
  "UNKNOWNS" number(19, 0) as (value:"unknowns"::number(19, 0)),
  "SKIP_RATE" double as (value:"skip_rate"::double),
  "LISTENERS" number(19, 0) as (value:"listeners"::number(19, 0)),
  "TRACKS" number(19, 0) as (value:"tracks"::number(19, 0)),
  "MS_PLAYED" number(19, 0) as (value:"ms_played"::number(19, 0)),
  "MONTH" varchar as (split_part(split_part(metadata$filename, 'month=', 2), '/', 1))
)
partition by ("MONTH")
location = @"LISTENING_CORE".published/processed/marts/daily_aggregates/
auto_refresh = false
file_format = (type = parquet use_logical_type = true);

create or replace external table "LISTENING_MARTS"."DAILY_ARTIST_METRICS" (
  "EVENT_DATE" date as (value:"event_date"::date),
  "ARTIST_ID" varchar as (value:"artist_id"::varchar),
  "ARTIST_NAME" varchar as (value:"artist_name"::varchar),
  "PLAYS" number(19, 0) as (value:"plays"::number(19, 0)),
  "STREAMS" number(19, 0) as (value:"streams"::number(19, 0)),
  "SKIPS" number(19, 0) as (value:"skips"::number(19, 0)),
  "UNKNOWNS" number(19, 0) as (value:"unknowns"::number(19, 0)),
  "SKIP_RATE" double as (value:"skip_rate"::double),
  "LISTENERS" number(19, 0) as (value:"listeners"::number(19, 0)),
  "MS_PLAYED" number(19, 0) as (value:"ms_played"::number(19, 0)),
  "MONTH" varchar as (split_part(split_part(metadata$filename, 'month=', 2), '/', 1))
)
partition by ("MONTH")
location = @"LISTENING_CORE".published/processed/marts/daily_artist_metrics/
auto_refresh = false
file_format = (type = parquet use_logical_type = true);

create or replace external table "LISTENING_MARTS"."DAILY_GENRE_METRICS" (
  "EVENT_DATE" date as (value:"event_date"::date),
  "GENRE" varchar as (value:"genre"::varchar),
  "WEIGHTED_PLAYS" double as (value:"weighted_plays"::double),
  "WEIGHTED_STREAMS" double as (value:"weighted_streams"::double),
  "WEIGHTED_SKIPS" double as (value:"weighted_skips"::double),
  "WEIGHTED_UNKNOWNS" double as (value:"weighted_unknowns"::double),
  "SKIP_RATE" double as (value:"skip_rate"::double),
  "WEIGHTED_MS_PLAYED" double as (value:"weighted_ms_played"::double),
  "LISTENERS" number(19, 0) as (value:"listeners"::number(19, 0)),
  "MONTH" varchar as (split_part(split_part(metadata$filename, 'month=', 2), '/', 1))
)
partition by ("MONTH")
location = @"LISTENING_CORE".published/processed/marts/daily_genre_metrics/
auto_refresh = false
file_format = (type = parquet use_logical_type = true);

create or replace external table "LISTENING_MARTS"."DAILY_HOUR_METRICS" (
  "EVENT_DATE" date as (value:"event_date"::date),
  "TIME_ZONE" varchar as (value:"time_zone"::varchar),
  "LOCAL_DATE" date as (value:"local_date"::date),
  "LOCAL_HOUR" number(19, 0) as (value:"local_hour"::number(19, 0)),
  "LOCAL_WEEKDAY" number(19, 0) as (value:"local_weekday"::number(19, 0)),
  "PLAYS" number(19, 0) as (value:"plays"::number(19, 0)),
  "STREAMS" number(19, 0) as (value:"streams"::number(19, 0)),
  "SKIPS" number(19, 0) as (value:"skips"::number(19, 0)),
  "UNKNOWNS" number(19, 0) as (value:"unknowns"::number(19, 0)),
  "SKIP_RATE" double as (value:"skip_rate"::double),
  "MS_PLAYED" number(19, 0) as (value:"ms_played"::number(19, 0)),
  "MONTH" varchar as (split_part(split_part(metadata$filename, 'month=', 2), '/', 1))
)
partition by ("MONTH")
location = @"LISTENING_CORE".published/processed/marts/daily_hour_metrics/
auto_refresh = false
file_format = (type = parquet use_logical_type = true);

create or replace external table "LISTENING_MARTS"."DAILY_LOCATION_METRICS" (
  "EVENT_DATE" date as (value:"event_date"::date),
  "COUNTRY" varchar as (value:"country"::varchar),
  "DEVICE" varchar as (value:"device"::varchar),
  "PLAYS" number(19, 0) as (value:"plays"::number(19, 0)),
  "STREAMS" number(19, 0) as (value:"streams"::number(19, 0)),
  "SKIPS" number(19, 0) as (value:"skips"::number(19, 0)),
  "UNKNOWNS" number(19, 0) as (value:"unknowns"::number(19, 0)),
  "SKIP_RATE" double as (value:"skip_rate"::double),
  "LISTENERS" number(19, 0) as (value:"listeners"::number(19, 0)),
  "MS_PLAYED" number(19, 0) as (value:"ms_played"::number(19, 0)),
  "MONTH" varchar as (split_part(split_part(metadata$filename, 'month=', 2), '/', 1))
)
partition by ("MONTH")
location = @"LISTENING_CORE".published/processed/marts/daily_location_metrics/
auto_refresh = false
file_format = (type = parquet use_logical_type = true);

create or replace external table "LISTENING_MARTS"."DAILY_SESSION_METRICS" (
  "LOCAL_DATE" date as (value:"local_date"::date),
  "SESSIONS" number(19, 0) as (value:"sessions"::number(19, 0)),
  "LISTENERS" number(19, 0) as (value:"listeners"::number(19, 0)),
  "PLAYS" number(19, 0) as (value:"plays"::number(19, 0)),
  "STREAMS" number(19, 0) as (value:"streams"::number(19, 0)),
  "SKIPS" number(19, 0) as (value:"skips"::number(19, 0)),
  "UNKNOWNS" number(19, 0) as (value:"unknowns"::number(19, 0)),
  "MEAN_DURATION_MS" double as (value:"mean_duration_ms"::double),
  "MEDIAN_DURATION_MS" double as (value:"median_duration_ms"::double),
  "MEAN_PLAYS" double as (value:"mean_plays"::double),
  "FIRST_EVENT_DATE" date as (value:"first_event_date"::date),
  "LAST_EVENT_DATE" date as (value:"last_event_date"::date)
)
location = @"LISTENING_CORE".published/processed/marts/daily_session_metrics/
auto_refresh = false
file_format = (type = parquet use_logical_type = true);

create or replace external table "LISTENING_MARTS"."DAILY_TRACK_PLAYS" (
  "EVENT_DATE" date as (value:"event_date"::date),
  "TRACK_ID" varchar as (value:"track_id"::varchar),
  "PLAYS" number(19, 0) as (value:"plays"::number(19, 0)),
  "STREAMS" number(19, 0) as (value:"streams"::number(19, 0)),
  "SKIPS" number(19, 0) as (value:"skips"::number(19, 0)),
  "COMPLETES" number(19, 0) as (value:"completes"::number(19, 0)),
  "ABANDONS" number(19, 0) as (value:"abandons"::number(19, 0)),
  "UNKNOWNS" number(19, 0) as (value:"unknowns"::number(19, 0)),
  "MS_PLAYED" number(19, 0) as (value:"ms_played"::number(19, 0)),
  "MONTH" varchar as (split_part(split_part(metadata$filename, 'month=', 2), '/', 1))
)
partition by ("MONTH")
location = @"LISTENING_CORE".published/processed/marts/daily_track_plays/
auto_refresh = false
file_format = (type = parquet use_logical_type = true);

create or replace external table "LISTENING_MARTS"."LISTENING_BY_WEATHER" (
  "USER_ID" varchar as (value:"user_id"::varchar),
  "CONDITION" varchar as (value:"condition"::varchar),
  "MEASURE" varchar as (value:"measure"::varchar),
  "COMPARES" varchar as (value:"compares"::varchar),
  "HOURS" number(19, 0) as (value:"hours"::number(19, 0)),
  "MEAN" double as (value:"mean"::double),
  "ESTIMATE" double as (value:"estimate"::double),
  "CI_LOW" double as (value:"ci_low"::double),
  "CI_HIGH" double as (value:"ci_high"::double),
  "RELATIVE_ESTIMATE" double as (value:"relative_estimate"::double),
  "P_VALUE" double as (value:"p_value"::double),
  "ADJUSTED_P_VALUE" double as (value:"adjusted_p_value"::double),
  "IS_POSITIVE" boolean as (value:"is_positive"::boolean),
  "ANSWER" varchar as (value:"answer"::varchar)
)
location = @"LISTENING_CORE".published/processed/marts/listening_by_weather/
auto_refresh = false
file_format = (type = parquet use_logical_type = true);

create or replace external table "LISTENING_MARTS"."DAILY_SKIP_FLAGS" (
  "EVENT_DATE" date as (value:"event_date"::date),
  "COUNTRY" varchar as (value:"country"::varchar),
  "DEVICE" varchar as (value:"device"::varchar),
  "OUTCOME" varchar as (value:"outcome"::varchar),
  "FLAG" varchar as (value:"flag"::varchar),
  "PLAYS" number(19, 0) as (value:"plays"::number(19, 0)),
  "MONTH" varchar as (split_part(split_part(metadata$filename, 'month=', 2), '/', 1))
)
partition by ("MONTH")
location = @"LISTENING_CORE".published/processed/marts/daily_skip_flags/
auto_refresh = false
file_format = (type = parquet use_logical_type = true);

create or replace external table "LISTENING_MARTS"."DAILY_SKIP_METRICS" (
  "EVENT_DATE" date as (value:"event_date"::date),
  "DIMENSION" varchar as (value:"dimension"::varchar),
  "VALUE" varchar as (value:"value"::varchar),
  "PLAYS" number(19, 0) as (value:"plays"::number(19, 0)),
  "STREAMS" number(19, 0) as (value:"streams"::number(19, 0)),
  "SKIPS" number(19, 0) as (value:"skips"::number(19, 0)),
  "COMPLETES" number(19, 0) as (value:"completes"::number(19, 0)),
  "ABANDONS" number(19, 0) as (value:"abandons"::number(19, 0)),
  "UNKNOWNS" number(19, 0) as (value:"unknowns"::number(19, 0)),
  "SKIP_RATE" double as (value:"skip_rate"::double),
  "MS_PLAYED" number(19, 0) as (value:"ms_played"::number(19, 0)),
  "MONTH" varchar as (split_part(split_part(metadata$filename, 'month=', 2), '/', 1))
)
partition by ("MONTH")
location = @"LISTENING_CORE".published/processed/marts/daily_skip_metrics/
auto_refresh = false
file_format = (type = parquet use_logical_type = true);

create or replace external table "LISTENING_MARTS"."DAILY_SKIP_SECONDS" (
  "EVENT_DATE" date as (value:"event_date"::date),
  "SECOND" number(19, 0) as (value:"second"::number(19, 0)),
  "PLAYS" number(19, 0) as (value:"plays"::number(19, 0)),
  "SKIPS" number(19, 0) as (value:"skips"::number(19, 0)),
  "COMPLETES" number(19, 0) as (value:"completes"::number(19, 0)),
  "ABANDONS" number(19, 0) as (value:"abandons"::number(19, 0)),
  "MONTH" varchar as (split_part(split_part(metadata$filename, 'month=', 2), '/', 1))
)
partition by ("MONTH")
location = @"LISTENING_CORE".published/processed/marts/daily_skip_seconds/
auto_refresh = false
file_format = (type = parquet use_logical_type = true);

create or replace external table "LISTENING_MARTS"."GENRE_SKIP_RATES" (
  "GENRE" varchar as (value:"genre"::varchar),
  "WEIGHTED_PLAYS" double as (value:"weighted_plays"::double),
  "WEIGHTED_STREAMS" double as (value:"weighted_streams"::double),
  "STREAM_SHARE" double as (value:"stream_share"::double),
  "WEIGHTED_SKIPS" double as (value:"weighted_skips"::double),
  "WEIGHTED_UNKNOWNS" double as (value:"weighted_unknowns"::double),
  "SKIP_RATE" double as (value:"skip_rate"::double),
  "FIRST_EVENT_DATE" date as (value:"first_event_date"::date),
  "LAST_EVENT_DATE" date as (value:"last_event_date"::date)
)
location = @"LISTENING_CORE".published/processed/marts/genre_skip_rates/
auto_refresh = false
file_format = (type = parquet use_logical_type = true);

create or replace external table "LISTENING_MARTS"."SKIP_SURVIVAL_BY_SECOND" (
  "SECOND" number(19, 0) as (value:"second"::number(19, 0)),
  "PLAYING" number(19, 0) as (value:"playing"::number(19, 0)),
  "SKIPS" number(19, 0) as (value:"skips"::number(19, 0)),
  "COMPLETES" number(19, 0) as (value:"completes"::number(19, 0)),
  "ABANDONS" number(19, 0) as (value:"abandons"::number(19, 0)),
  "HAZARD" double as (value:"hazard"::double),
  "SURVIVAL" double as (value:"survival"::double)
)
location = @"LISTENING_CORE".published/processed/marts/skip_survival_by_second/
auto_refresh = false
file_format = (type = parquet use_logical_type = true);

create or replace external table "LISTENING_SNAPSHOTS"."RECORDINGS_HISTORY" (
  "TRACK_KEY" varchar as (value:"track_key"::varchar),
  "RECORDING_ID" varchar as (value:"recording_id"::varchar),
  "MATCHED_BY" varchar as (value:"matched_by"::varchar),
  "CATALOGUE_TRACK_ID" varchar as (value:"catalogue_track_id"::varchar),
  "DBT_SCD_ID" varchar as (value:"dbt_scd_id"::varchar),
  "DBT_UPDATED_AT" timestamp_ntz(6) as (value:"dbt_updated_at"::timestamp_ntz(6)),
  "DBT_VALID_FROM" timestamp_ntz(6) as (value:"dbt_valid_from"::timestamp_ntz(6)),
  "DBT_VALID_TO" timestamp_ntz(6) as (value:"dbt_valid_to"::timestamp_ntz(6))
)
location = @"LISTENING_CORE".published/processed/snapshots/recordings_history/
auto_refresh = false
file_format = (type = parquet use_logical_type = true);
