-- Written by `make docs` from the table catalogue. The rows are copied, anew each time it is run. LISTENING
-- is a storage integration that may read the bucket.

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

create or replace table "LISTENING_RAW"."RAW_TRACKS" (
  "SNAPSHOT_DATE" date,
  "SOURCE_FILE" varchar,
  "SOURCE_ROW" number(19, 0),
  "TRACK_ID" varchar,
  "TRACK_NAME" varchar,
  "ARTISTS" varchar,
  "ALBUM_NAME" varchar,
  "RELEASE_DATE" varchar,
  "ISRC" varchar,
  "POPULARITY" number(19, 0),
  "ARTIST_POPULARITY" number(19, 0),
  "ARTIST_FOLLOWERS" number(19, 0),
  "DURATION_MS" number(19, 0),
  "EXPLICIT" boolean,
  "DANCEABILITY" double,
  "ENERGY" double,
  "KEY" number(19, 0),
  "LOUDNESS" double,
  "MODE" number(19, 0),
  "SPEECHINESS" double,
  "ACOUSTICNESS" double,
  "INSTRUMENTALNESS" double,
  "LIVENESS" double,
  "VALENCE" double,
  "TEMPO" double,
  "TIME_SIGNATURE" number(19, 0),
  "GENRE" varchar,
  "EXTRA" varchar
);

copy into "LISTENING_RAW"."RAW_TRACKS"
from @"LISTENING_CORE".published/processed/raw/raw_tracks/
file_format = (type = parquet use_logical_type = true)
match_by_column_name = case_insensitive;

create or replace table "LISTENING_RAW"."RAW_EVENTS" (
  "EVENT_ID" varchar,
  "USER_ID" varchar,
  "TRACK_ID" varchar,
  "STARTED_AT" timestamp_ntz(6),
  "ENDED_AT" timestamp_ntz(6),
  "REPORTED_AT" timestamp_ntz(6),
  "EVENT_DATE" date,
  "ACTION" varchar,
  "MS_PLAYED" number(19, 0),
  "SKIPPED" boolean,
  "REASON_START" varchar,
  "REASON_END" varchar,
  "DEVICE" varchar,
  "COUNTRY" varchar,
  "SHUFFLE" boolean,
  "SESSION_ID" varchar,
  "SOURCE" varchar,
  "CONTENT_TYPE" varchar,
  "TRACK_NAME" varchar,
  "ARTIST_NAME" varchar,
  "ALBUM_NAME" varchar,
  "EXTRA" varchar,
  "SOURCE_FILE" varchar,
  "SOURCE_ROW" number(19, 0)
);

copy into "LISTENING_RAW"."RAW_EVENTS"
from @"LISTENING_CORE".published/processed/raw/raw_events/
file_format = (type = parquet use_logical_type = true)
match_by_column_name = case_insensitive;

create or replace table "LISTENING_CORE"."TRACKS" (
  "SNAPSHOT_DATE" date,
  "TRACK_ID" varchar,
  "TRACK_NAME" varchar,
  "ARTIST_NAMES" varchar,
  "PRIMARY_ARTIST_ID" varchar,
  "PRIMARY_ARTIST_NAME" varchar,
  "ARTIST_COUNT" number(19, 0),
  "ALBUM_NAME" varchar,
  "RELEASE_DATE" date,
  "RELEASE_PRECISION" varchar,
  "ISRC" varchar,
  "POPULARITY" number(19, 0),
  "POPULARITY_SPREAD" number(19, 0),
  "DURATION_MS" number(19, 0),
  "EXPLICIT" boolean,
  "DANCEABILITY" double,
  "ENERGY" double,
  "KEY" number(19, 0),
  "LOUDNESS" double,
  "MODE" number(19, 0),
  "SPEECHINESS" double,
  "ACOUSTICNESS" double,
  "INSTRUMENTALNESS" double,
  "LIVENESS" double,
  "VALENCE" double,
  "TEMPO" double,
  "TIME_SIGNATURE" number(19, 0),
  "PRIMARY_GENRE" varchar,
  "GENRE_COUNT" number(19, 0),
  "SOURCE_ROWS" number(19, 0)
);

copy into "LISTENING_CORE"."TRACKS"
from @"LISTENING_CORE".published/processed/core/tracks/
file_format = (type = parquet use_logical_type = true)
match_by_column_name = case_insensitive;

create or replace table "LISTENING_CORE"."ARTISTS" (
  "SNAPSHOT_DATE" date,
  "ARTIST_ID" varchar,
  "ARTIST_NAME" varchar,
  "TRACK_COUNT" number(19, 0),
  "MEAN_POPULARITY" double,
  "POPULARITY" number(19, 0),
  "FOLLOWERS" number(19, 0)
);

copy into "LISTENING_CORE"."ARTISTS"
from @"LISTENING_CORE".published/processed/core/artists/
file_format = (type = parquet use_logical_type = true)
match_by_column_name = case_insensitive;

create or replace table "LISTENING_CORE"."TRACK_ARTISTS" (
  "SNAPSHOT_DATE" date,
  "TRACK_ID" varchar,
  "POSITION" number(19, 0),
  "ARTIST_ID" varchar
);

copy into "LISTENING_CORE"."TRACK_ARTISTS"
from @"LISTENING_CORE".published/processed/core/track_artists/
file_format = (type = parquet use_logical_type = true)
match_by_column_name = case_insensitive;

create or replace table "LISTENING_CORE"."TRACK_GENRES" (
  "SNAPSHOT_DATE" date,
  "TRACK_ID" varchar,
  "GENRE" varchar,
  "WEIGHT" double
);

copy into "LISTENING_CORE"."TRACK_GENRES"
from @"LISTENING_CORE".published/processed/core/track_genres/
file_format = (type = parquet use_logical_type = true)
match_by_column_name = case_insensitive;

create or replace table "LISTENING_CORE"."LISTENING_EVENTS" (
  "EVENT_ID" varchar,
  "USER_ID" varchar,
  "TRACK_ID" varchar,
  "STARTED_AT" timestamp_ntz(6),
  "ENDED_AT" timestamp_ntz(6),
  "REPORTED_AT" timestamp_ntz(6),
  "EVENT_DATE" date,
  "ACTION" varchar,
  "MS_PLAYED" number(19, 0),
  "SKIPPED" boolean,
  "REASON_START" varchar,
  "REASON_END" varchar,
  "DEVICE" varchar,
  "COUNTRY" varchar,
  "SHUFFLE" boolean,
  "SESSION_ID" varchar,
  "SOURCE" varchar,
  "CONTENT_TYPE" varchar,
  "TRACK_NAME" varchar,
  "ARTIST_NAME" varchar,
  "ALBUM_NAME" varchar,
  "EXTRA" varchar,
  "FILLED_FROM" varchar,
  "TRACK_KEY" varchar,
  "SESSION_POSITION" number(19, 0),
  "TRACK_DURATION_MS" number(19, 0),
  "KNOWN_DURATION_MS" number(19, 0),
  "OUTCOME" varchar,
  "IS_STREAM" boolean
);

copy into "LISTENING_CORE"."LISTENING_EVENTS"
from @"LISTENING_CORE".published/processed/core/listening_events/
file_format = (type = parquet use_logical_type = true)
match_by_column_name = case_insensitive;

create or replace table "LISTENING_CORE"."COUNTRIES" (
  "COUNTRY" varchar,
  "COUNTRY_NAME" varchar,
  "REGION" varchar,
  "TIME_ZONE" varchar,
  "TIME_ZONE_COUNT" number(19, 0)
);

copy into "LISTENING_CORE"."COUNTRIES"
from @"LISTENING_CORE".published/processed/core/countries/
file_format = (type = parquet use_logical_type = true)
match_by_column_name = case_insensitive;

create or replace table "LISTENING_CORE"."USER_PROFILES" (
  "USER_ID" varchar,
  "TIME_ZONE" varchar,
  "FOLLOWS_COUNTRY" boolean
);

copy into "LISTENING_CORE"."USER_PROFILES"
from @"LISTENING_CORE".published/processed/core/user_profiles/
file_format = (type = parquet use_logical_type = true)
match_by_column_name = case_insensitive;

create or replace table "LISTENING_CORE"."PLAYED_TRACKS" (
  "EVENT_DATE" date,
  "TRACK_KEY" varchar,
  "TRACK_ID" varchar,
  "CONTENT_TYPE" varchar,
  "TRACK_NAME" varchar,
  "ARTIST_NAME" varchar,
  "ALBUM_NAME" varchar,
  "PLAYBACKS" number(19, 0)
);

copy into "LISTENING_CORE"."PLAYED_TRACKS"
from @"LISTENING_CORE".published/processed/core/played_tracks/
file_format = (type = parquet use_logical_type = true)
match_by_column_name = case_insensitive;

create or replace table "LISTENING_CORE"."RECORDINGS" (
  "TRACK_KEY" varchar,
  "TRACK_ID" varchar,
  "RECORDING_ID" varchar,
  "MATCHED_BY" varchar,
  "CATALOGUE_TRACK_ID" varchar,
  "TRACK_NAME" varchar,
  "ARTIST_NAMES" varchar,
  "DURATION_MS" number(19, 0)
);

copy into "LISTENING_CORE"."RECORDINGS"
from @"LISTENING_CORE".published/processed/core/recordings/
file_format = (type = parquet use_logical_type = true)
match_by_column_name = case_insensitive;

create or replace table "LISTENING_CORE"."LISTENING_HOURS" (
  "EVENT_DATE" date,
  "USER_ID" varchar,
  "HOUR_STARTS_AT" timestamp_ntz(6),
  "TIME_ZONE" varchar,
  "LOCAL_DATE" date,
  "LOCAL_HOUR" number(19, 0),
  "MS_LISTENED" number(19, 0),
  "MS_OVERLAPPING" number(19, 0)
);

copy into "LISTENING_CORE"."LISTENING_HOURS"
from @"LISTENING_CORE".published/processed/core/listening_hours/
file_format = (type = parquet use_logical_type = true)
match_by_column_name = case_insensitive;

create or replace table "LISTENING_CORE"."WEATHER_HOURS" (
  "PLACE_ID" varchar,
  "PLACE_NAME" varchar,
  "IS_OF_COUNTRY" boolean,
  "LATITUDE" double,
  "LONGITUDE" double,
  "HOUR_STARTS_AT" timestamp_ntz(6),
  "EVENT_DATE" date,
  "TEMPERATURE_C" double,
  "RAIN_MM" double,
  "CLOUD_COVER" double,
  "IS_DAYLIGHT" boolean
);

copy into "LISTENING_CORE"."WEATHER_HOURS"
from @"LISTENING_CORE".published/processed/core/weather_hours/
file_format = (type = parquet use_logical_type = true)
match_by_column_name = case_insensitive;

create or replace table "LISTENING_CORE"."WEATHER_EFFECTS" (
  "USER_ID" varchar,
  "CONDITION" varchar,
  "MEASURE" varchar,
  "COMPARES" varchar,
  "HOURS" number(19, 0),
  "BLOCKS" number(19, 0),
  "MEAN" double,
  "ESTIMATE" double,
  "CI_LOW" double,
  "CI_HIGH" double,
  "P_VALUE" double,
  "ADJUSTED_P_VALUE" double,
  "IS_POSITIVE" boolean,
  "RULE_VERSION" varchar
);

copy into "LISTENING_CORE"."WEATHER_EFFECTS"
from @"LISTENING_CORE".published/processed/core/weather_effects/
file_format = (type = parquet use_logical_type = true)
match_by_column_name = case_insensitive;

create or replace table "LISTENING_CORE"."DAILY_TRACK_METRICS" (
  "EVENT_DATE" date,
  "TRACK_ID" varchar,
  "PLAYS" number(19, 0),
  "STREAMS" number(19, 0),
  "SKIPS" number(19, 0),
  "COMPLETES" number(19, 0),
  "ABANDONS" number(19, 0),
  "UNKNOWNS" number(19, 0),
  "SKIP_RATE" double,
  "LISTENERS" number(19, 0),
  "MS_PLAYED" number(19, 0),
  "PLAYLIST_ADDS" number(19, 0),
  "PAUSES" number(19, 0)
);

copy into "LISTENING_CORE"."DAILY_TRACK_METRICS"
from @"LISTENING_CORE".published/processed/core/daily_track_metrics/
file_format = (type = parquet use_logical_type = true)
match_by_column_name = case_insensitive;

create or replace table "LISTENING_ML"."MODEL_FEATURES" (
  "EVENT_ID" varchar,
  "EVENT_DATE" date,
  "USER_ID" varchar,
  "TRACK_ID" varchar,
  "STARTED_AT" timestamp_ntz(6),
  "IS_SKIP" boolean,
  "DANCEABILITY" double,
  "ENERGY" double,
  "KEY" number(19, 0),
  "LOUDNESS" double,
  "MODE" number(19, 0),
  "SPEECHINESS" double,
  "ACOUSTICNESS" double,
  "INSTRUMENTALNESS" double,
  "LIVENESS" double,
  "VALENCE" double,
  "TEMPO" double,
  "TIME_SIGNATURE" number(19, 0),
  "POPULARITY" number(19, 0),
  "DURATION_MS" number(19, 0),
  "EXPLICIT" boolean,
  "HOUR_UTC" number(19, 0),
  "WEEKDAY" number(19, 0),
  "DEVICE" varchar,
  "SHUFFLE" boolean,
  "REASON_START" varchar,
  "SESSION_POSITION" number(19, 0),
  "PREVIOUS_IS_SKIP" boolean,
  "RECENT_SKIP_RATE" double,
  "GAP_SECONDS" double,
  "USER_PLAYS" number(19, 0),
  "USER_SKIP_RATE" double,
  "USER_TRACK_PLAYS" number(19, 0),
  "USER_TRACK_SKIP_RATE" double,
  "USER_ARTIST_PLAYS" number(19, 0),
  "USER_ARTIST_SKIP_RATE" double
);

copy into "LISTENING_ML"."MODEL_FEATURES"
from @"LISTENING_CORE".published/processed/ml/model_features/
file_format = (type = parquet use_logical_type = true)
match_by_column_name = case_insensitive;

create or replace table "LISTENING_ML"."SKIP_MODEL" (
  "CUTOFF_DATE" date,
  "RULE_VERSION" varchar,
  "TRAIN_FROM" date,
  "TRAIN_TO" date,
  "TEST_FROM" date,
  "TEST_TO" date,
  "TRAIN_ROWS" number(19, 0),
  "TEST_ROWS" number(19, 0),
  "INCOMPLETE_ROWS" number(19, 0),
  "USERS" number(19, 0),
  "BASE_RATE" double,
  "TEST_SKIP_RATE" double,
  "AUC" double,
  "ACCURACY" double,
  "BASE_ACCURACY" double,
  "LOG_LOSS" double,
  "BASE_LOG_LOSS" double,
  "PSEUDO_R2" double,
  "INSIGHT" varchar,
  "COEFFICIENT_PLOT" varchar
);

copy into "LISTENING_ML"."SKIP_MODEL"
from @"LISTENING_CORE".published/processed/ml/skip_model/
file_format = (type = parquet use_logical_type = true)
match_by_column_name = case_insensitive;

create or replace table "LISTENING_ML"."SKIP_MODEL_COEFFICIENTS" (
  "CUTOFF_DATE" date,
  "TERM" varchar,
  "COEFFICIENT" double,
  "STANDARD_ERROR" double,
  "CI_LOW" double,
  "CI_HIGH" double,
  "P_VALUE" double,
  "ODDS_RATIO" double,
  "ODDS_RATIO_LOW" double,
  "ODDS_RATIO_HIGH" double,
  "FEATURE_MEAN" double,
  "FEATURE_SD" double
);

copy into "LISTENING_ML"."SKIP_MODEL_COEFFICIENTS"
from @"LISTENING_CORE".published/processed/ml/skip_model_coefficients/
file_format = (type = parquet use_logical_type = true)
match_by_column_name = case_insensitive;

create or replace table "LISTENING_ML"."SKIP_LADDER" (
  "CUTOFF_DATE" date,
  "STEP" number(19, 0),
  "RUNG" varchar,
  "ESTIMATOR" varchar,
  "RULE_VERSION" varchar,
  "TRAIN_FROM" date,
  "TRAIN_TO" date,
  "TEST_FROM" date,
  "TEST_TO" date,
  "TRAIN_ROWS" number(19, 0),
  "TEST_ROWS" number(19, 0),
  "SAMPLED_FROM" number(19, 0),
  "CLUSTER" varchar,
  "CLUSTERS" number(19, 0),
  "COLUMNS" number(19, 0),
  "AUC" double,
  "AUC_LOW" double,
  "AUC_HIGH" double,
  "LOG_LOSS" double,
  "LOG_LOSS_LOW" double,
  "LOG_LOSS_HIGH" double,
  "BRIER" double,
  "BRIER_LOW" double,
  "BRIER_HIGH" double,
  "ACCURACY" double,
  "ACCURACY_LOW" double,
  "ACCURACY_HIGH" double,
  "CALIBRATION_ERROR" double,
  "CALIBRATION_ERROR_LOW" double,
  "CALIBRATION_ERROR_HIGH" double,
  "INSIGHT" varchar
);

copy into "LISTENING_ML"."SKIP_LADDER"
from @"LISTENING_CORE".published/processed/ml/skip_ladder/
file_format = (type = parquet use_logical_type = true)
match_by_column_name = case_insensitive;

create or replace table "LISTENING_ML"."SKIP_LADDER_COEFFICIENTS" (
  "CUTOFF_DATE" date,
  "RUNG" varchar,
  "TERM" varchar,
  "COEFFICIENT" double,
  "STANDARD_ERROR" double,
  "CI_LOW" double,
  "CI_HIGH" double,
  "P_VALUE" double,
  "ODDS_RATIO" double,
  "ODDS_RATIO_LOW" double,
  "ODDS_RATIO_HIGH" double,
  "COLUMN_MEAN" double,
  "COLUMN_SD" double
);

copy into "LISTENING_ML"."SKIP_LADDER_COEFFICIENTS"
from @"LISTENING_CORE".published/processed/ml/skip_ladder_coefficients/
file_format = (type = parquet use_logical_type = true)
match_by_column_name = case_insensitive;

create or replace table "LISTENING_ML"."FEATURE_DRIFT" (
  "CUTOFF_DATE" date,
  "FEATURE" varchar,
  "PSI" double,
  "TRAIN_UNKNOWN" double,
  "TEST_UNKNOWN" double
);

copy into "LISTENING_ML"."FEATURE_DRIFT"
from @"LISTENING_CORE".published/processed/ml/feature_drift/
file_format = (type = parquet use_logical_type = true)
match_by_column_name = case_insensitive;

create or replace table "LISTENING_ML"."SKIP_CURVES" (
  "CUTOFF_DATE" date,
  "CURVE" varchar,
  "RUNG" varchar,
  "ESTIMATOR" varchar,
  "POINT" number(19, 0),
  "X" double,
  "Y" double,
  "PLAYBACKS" number(19, 0)
);

copy into "LISTENING_ML"."SKIP_CURVES"
from @"LISTENING_CORE".published/processed/ml/skip_curves/
file_format = (type = parquet use_logical_type = true)
match_by_column_name = case_insensitive;

create or replace table "LISTENING_ML"."SKIP_PREDICTIONS" (
  "CUTOFF_DATE" date,
  "TRACK_ID" varchar,
  "MODEL_ID" varchar,
  "PLAYBACKS" number(19, 0),
  "SKIP_PROBABILITY" double,
  "SKIP_RATE" double,
  "POPULARITY" number(19, 0)
);

copy into "LISTENING_ML"."SKIP_PREDICTIONS"
from @"LISTENING_CORE".published/processed/ml/skip_predictions/
file_format = (type = parquet use_logical_type = true)
match_by_column_name = case_insensitive;

create or replace table "LISTENING_ML"."MODEL_REGISTRY" (
  "CUTOFF_DATE" date,
  "MODEL_ID" varchar,
  "TARGET" varchar,
  "ESTIMATOR" varchar,
  "RULE_VERSION" varchar,
  "TRAIN_FROM" date,
  "TRAIN_TO" date,
  "TEST_FROM" date,
  "TEST_TO" date,
  "LOG_LOSS" double,
  "AUC" double,
  "PREVIOUS_MODEL_ID" varchar,
  "PREVIOUS_LOG_LOSS" double,
  "PREVIOUS_AUC" double,
  "CHALLENGED_MODEL_ID" varchar,
  "CHALLENGED_LOG_LOSS" double,
  "PROMOTED" boolean,
  "CURRENT_MODEL_ID" varchar,
  "MODEL" varchar
);

copy into "LISTENING_ML"."MODEL_REGISTRY"
from @"LISTENING_CORE".published/processed/ml/model_registry/
file_format = (type = parquet use_logical_type = true)
match_by_column_name = case_insensitive;

create or replace table "LISTENING_ML"."SKIP_SURVIVAL" (
  "CUTOFF_DATE" date,
  "DIMENSION" varchar,
  "VALUE" varchar,
  "SECOND" number(19, 0),
  "PLAYBACKS" number(19, 0),
  "SURVIVAL" double,
  "SURVIVAL_LOW" double,
  "SURVIVAL_HIGH" double,
  "GRADE" varchar
);

copy into "LISTENING_ML"."SKIP_SURVIVAL"
from @"LISTENING_CORE".published/processed/ml/skip_survival/
file_format = (type = parquet use_logical_type = true)
match_by_column_name = case_insensitive;

create or replace table "LISTENING_ML"."SKIP_FLAG_AGREEMENT" (
  "CUTOFF_DATE" date,
  "SOURCE" varchar,
  "REASON_END" varchar,
  "OUTCOME" varchar,
  "FLAG" varchar,
  "PLAYBACKS" number(19, 0),
  "AGREES" boolean
);

copy into "LISTENING_ML"."SKIP_FLAG_AGREEMENT"
from @"LISTENING_CORE".published/processed/ml/skip_flag_agreement/
file_format = (type = parquet use_logical_type = true)
match_by_column_name = case_insensitive;

create or replace table "LISTENING_ML"."POPULARITY_MODEL" (
  "CUTOFF_DATE" date,
  "ESTIMATOR" varchar,
  "RULE_VERSION" varchar,
  "SNAPSHOT_DATE" date,
  "TRAIN_ROWS" number(19, 0),
  "TEST_ROWS" number(19, 0),
  "ARTISTS" number(19, 0),
  "MIDDLE_FROM" double,
  "HIGH_FROM" double,
  "AUC" double,
  "AUC_LOW" double,
  "AUC_HIGH" double,
  "LOG_LOSS" double,
  "LOG_LOSS_LOW" double,
  "LOG_LOSS_HIGH" double,
  "BRIER" double,
  "BRIER_LOW" double,
  "BRIER_HIGH" double,
  "ACCURACY" double,
  "ACCURACY_LOW" double,
  "ACCURACY_HIGH" double,
  "CALIBRATION_ERROR" double,
  "CALIBRATION_ERROR_LOW" double,
  "CALIBRATION_ERROR_HIGH" double,
  "INSIGHT" varchar
);

copy into "LISTENING_ML"."POPULARITY_MODEL"
from @"LISTENING_CORE".published/processed/ml/popularity_model/
file_format = (type = parquet use_logical_type = true)
match_by_column_name = case_insensitive;

create or replace table "LISTENING_ML"."POPULARITY_COEFFICIENTS" (
  "CUTOFF_DATE" date,
  "BUCKET" varchar,
  "TERM" varchar,
  "COEFFICIENT" double,
  "STANDARD_ERROR" double,
  "CI_LOW" double,
  "CI_HIGH" double,
  "P_VALUE" double,
  "ODDS_RATIO" double,
  "ODDS_RATIO_LOW" double,
  "ODDS_RATIO_HIGH" double,
  "COLUMN_MEAN" double,
  "COLUMN_SD" double
);

copy into "LISTENING_ML"."POPULARITY_COEFFICIENTS"
from @"LISTENING_CORE".published/processed/ml/popularity_coefficients/
file_format = (type = parquet use_logical_type = true)
match_by_column_name = case_insensitive;

create or replace table "LISTENING_ML"."RECOMMENDATIONS" (
  "CUTOFF_DATE" date,
  "USER_ID" varchar,
  "TASK" varchar,
  "RANK" number(19, 0),
  "TRACK_ID" varchar,
  "SCORE" double,
  "REASON" varchar
);

copy into "LISTENING_ML"."RECOMMENDATIONS"
from @"LISTENING_CORE".published/processed/ml/recommendations/
file_format = (type = parquet use_logical_type = true)
match_by_column_name = case_insensitive;

create or replace table "LISTENING_ML"."RECOMMENDATION_QUALITY" (
  "CUTOFF_DATE" date,
  "TASK" varchar,
  "STEP" number(19, 0),
  "RUNG" varchar,
  "RULE_VERSION" varchar,
  "TRAIN_FROM" date,
  "TRAIN_TO" date,
  "TEST_FROM" date,
  "TEST_TO" date,
  "LISTENERS" number(19, 0),
  "REQUESTS" number(19, 0),
  "TRACKS" number(19, 0),
  "RECALL_10" double,
  "RECALL_10_LOW" double,
  "RECALL_10_HIGH" double,
  "RECALL_20" double,
  "RECALL_20_LOW" double,
  "RECALL_20_HIGH" double,
  "NDCG_10" double,
  "NDCG_10_LOW" double,
  "NDCG_10_HIGH" double,
  "MRR" double,
  "MRR_LOW" double,
  "MRR_HIGH" double,
  "COVERAGE" double,
  "NOVELTY" double,
  "NOVELTY_LOW" double,
  "NOVELTY_HIGH" double,
  "POPULARITY_BIAS" double,
  "INSIGHT" varchar
);

copy into "LISTENING_ML"."RECOMMENDATION_QUALITY"
from @"LISTENING_CORE".published/processed/ml/recommendation_quality/
file_format = (type = parquet use_logical_type = true)
match_by_column_name = case_insensitive;

create or replace table "LISTENING_ML"."UNUSUAL_LISTENING" (
  "UNUSUAL_ID" varchar,
  "EVENT_DATE" date,
  "KIND" varchar,
  "SIGN" varchar,
  "USER_ID" varchar,
  "SOURCE" varchar,
  "STARTED_AT" timestamp_ntz(6),
  "ENDED_AT" timestamp_ntz(6),
  "DEVICE" varchar,
  "PLAYBACKS" number(19, 0),
  "MS_PLAYED" number(19, 0),
  "SAYS" varchar,
  "RULE_VERSION" varchar
);

copy into "LISTENING_ML"."UNUSUAL_LISTENING"
from @"LISTENING_CORE".published/processed/ml/unusual_listening/
file_format = (type = parquet use_logical_type = true)
match_by_column_name = case_insensitive;

create or replace table "LISTENING_OPS"."IMPORT_RECEIPTS" (
  "RECEIPT_ID" varchar,
  "LANDED_AT" timestamp_ntz(6),
  "INPUT_FILE" varchar,
  "INPUT_SHA256" varchar,
  "KIND" varchar,
  "TARGET" varchar,
  "USER_ID" varchar,
  "SOURCE_FILE" varchar,
  "FIRST_DATE" date,
  "LAST_DATE" date,
  "BOOKS_DATE" date,
  "DIALECT" varchar,
  "OUTCOME" varchar,
  "REASON" varchar,
  "ROWS" number(19, 0)
);

copy into "LISTENING_OPS"."IMPORT_RECEIPTS"
from @"LISTENING_CORE".published/processed/ops/import_receipts/
file_format = (type = parquet use_logical_type = true)
match_by_column_name = case_insensitive;

create or replace table "LISTENING_OPS"."REJECTED_ROWS" (
  "TABLE_NAME" varchar,
  "SLICE_DATE" date,
  "SOURCE_FILE" varchar,
  "SOURCE_ROW" number(19, 0),
  "REASON" varchar,
  "DETAIL" varchar,
  "ORIGINAL" varchar
);

copy into "LISTENING_OPS"."REJECTED_ROWS"
from @"LISTENING_CORE".published/processed/ops/rejected_rows/
file_format = (type = parquet use_logical_type = true)
match_by_column_name = case_insensitive;

create or replace table "LISTENING_OPS"."DUPLICATE_PLAYS" (
  "EVENT_DATE" date,
  "EVENT_ID" varchar,
  "KEPT_EVENT_ID" varchar,
  "USER_ID" varchar,
  "REASON" varchar,
  "SOURCE" varchar,
  "KEPT_SOURCE" varchar,
  "SOURCE_FILE" varchar,
  "SOURCE_ROW" number(19, 0)
);

copy into "LISTENING_OPS"."DUPLICATE_PLAYS"
from @"LISTENING_CORE".published/processed/ops/duplicate_plays/
file_format = (type = parquet use_logical_type = true)
match_by_column_name = case_insensitive;

create or replace table "LISTENING_OPS"."ROW_COUNTS" (
  "TABLE_NAME" varchar,
  "SLICE_DATE" date,
  "SLICE_END" date,
  "OUTCOME" varchar,
  "REASON" varchar,
  "ROWS" number(19, 0),
  "WRITTEN_AT" timestamp_ntz(6)
);

copy into "LISTENING_OPS"."ROW_COUNTS"
from @"LISTENING_CORE".published/processed/ops/row_counts/
file_format = (type = parquet use_logical_type = true)
match_by_column_name = case_insensitive;

create or replace table "LISTENING_OPS"."CHECK_RESULTS" (
  "CHECKED_AT" timestamp_ntz(6),
  "TABLE_NAME" varchar,
  "CHECK_NAME" varchar,
  "SLICE_DATE" date,
  "PASSED" boolean,
  "SEVERITY" varchar,
  "FAILING_ROWS" number(19, 0),
  "DETAIL" varchar
);

copy into "LISTENING_OPS"."CHECK_RESULTS"
from @"LISTENING_CORE".published/processed/ops/check_results/
file_format = (type = parquet use_logical_type = true)
match_by_column_name = case_insensitive;

create or replace table "LISTENING_OPS"."RUN_COSTS" (
  "RUN_ID" varchar,
  "STEP" varchar,
  "TABLE_NAME" varchar,
  "STARTED_AT" timestamp_ntz(6),
  "WALL_SECONDS" double,
  "CPU_SECONDS" double,
  "PEAK_MEMORY_BYTES" number(19, 0),
  "ROWS_IN" number(19, 0),
  "ROWS_OUT" number(19, 0),
  "BYTES_IN" number(19, 0),
  "BYTES_OUT" number(19, 0),
  "STORED_BYTES" number(19, 0)
);

copy into "LISTENING_OPS"."RUN_COSTS"
from @"LISTENING_CORE".published/processed/ops/run_costs/
file_format = (type = parquet use_logical_type = true)
match_by_column_name = case_insensitive;

create or replace table "LISTENING_MARTS"."COHORT_RETENTION" (
  "PERIOD" varchar,
  "COHORT_START" date,
  "PERIODS_SINCE_START" number(19, 0),
  "COHORT_USERS" number(19, 0),
  "USERS" number(19, 0),
  "RETENTION" double
);

copy into "LISTENING_MARTS"."COHORT_RETENTION"
from @"LISTENING_CORE".published/processed/marts/cohort_retention/
file_format = (type = parquet use_logical_type = true)
match_by_column_name = case_insensitive;

create or replace table "LISTENING_MARTS"."DAILY_ACTIVE_USERS" (
  "LOCAL_DATE" date,
  "DAILY_ACTIVE_USERS" number(19, 0),
  "WEEKLY_ACTIVE_USERS" number(19, 0),
  "MONTHLY_ACTIVE_USERS" number(19, 0),
  "STICKINESS" double,
  "PLAYS" number(19, 0),
  "STREAMS" number(19, 0),
  "SKIPS" number(19, 0),
  "UNKNOWNS" number(19, 0),
  "MS_PLAYED" number(19, 0),
  "PLAYS_PER_ACTIVE_USER" double,
  "STREAMS_PER_ACTIVE_USER" double,
  "FIRST_EVENT_DATE" date,
  "LAST_EVENT_DATE" date
);

copy into "LISTENING_MARTS"."DAILY_ACTIVE_USERS"
from @"LISTENING_CORE".published/processed/marts/daily_active_users/
file_format = (type = parquet use_logical_type = true)
match_by_column_name = case_insensitive;

create or replace table "LISTENING_MARTS"."FIRST_LISTENS" (
  "USER_ID" varchar,
  "TRACK_ID" varchar,
  "EVENT_DATE" date,
  "FIRST_ENDED_AT" timestamp_ntz(6)
);

copy into "LISTENING_MARTS"."FIRST_LISTENS"
from @"LISTENING_CORE".published/processed/marts/first_listens/
file_format = (type = parquet use_logical_type = true)
match_by_column_name = case_insensitive;

create or replace table "LISTENING_MARTS"."USER_ACTIVITY_PERIODS" (
  "PERIOD" varchar,
  "PERIOD_START" date,
  "USER_ID" varchar,
  "ACTIVE_DAYS" number(19, 0),
  "PLAYS" number(19, 0),
  "STREAMS" number(19, 0),
  "FIRST_EVENT_DATE" date,
  "LAST_EVENT_DATE" date
);

copy into "LISTENING_MARTS"."USER_ACTIVITY_PERIODS"
from @"LISTENING_CORE".published/processed/marts/user_activity_periods/
file_format = (type = parquet use_logical_type = true)
match_by_column_name = case_insensitive;

create or replace table "LISTENING_MARTS"."USER_LIFETIMES" (
  "USER_ID" varchar,
  "FIRST_LISTEN_DATE" date,
  "LAST_LISTEN_DATE" date,
  "ACTIVE_DAYS" number(19, 0),
  "LONGEST_STREAK_DAYS" number(19, 0),
  "LAST_STREAK_DAYS" number(19, 0),
  "SESSIONS" number(19, 0),
  "PLAYS" number(19, 0),
  "STREAMS" number(19, 0),
  "SKIPS" number(19, 0),
  "UNKNOWNS" number(19, 0),
  "SKIP_RATE" double,
  "MS_PLAYED" number(19, 0),
  "TRACKS_STREAMED" number(19, 0),
  "REPEAT_SHARE" double
);

copy into "LISTENING_MARTS"."USER_LIFETIMES"
from @"LISTENING_CORE".published/processed/marts/user_lifetimes/
file_format = (type = parquet use_logical_type = true)
match_by_column_name = case_insensitive;

create or replace table "LISTENING_MARTS"."ALBUM_TOTALS" (
  "ALBUM_ID" varchar,
  "ALBUM_NAME" varchar,
  "PRIMARY_ARTIST_ID" varchar,
  "PRIMARY_ARTIST_NAME" varchar,
  "FIRST_RELEASE_DATE" date,
  "TRACK_COUNT" number(19, 0),
  "TRACKS_PLAYED" number(19, 0),
  "PLAYS" number(19, 0),
  "STREAMS" number(19, 0),
  "SKIPS" number(19, 0),
  "UNKNOWNS" number(19, 0),
  "SKIP_RATE" double,
  "MS_PLAYED" number(19, 0),
  "TOP_TRACK_SHARE" double,
  "MEAN_POPULARITY" double,
  "MEAN_DURATION_MS" double,
  "FIRST_EVENT_DATE" date,
  "LAST_EVENT_DATE" date,
  "ALBUM_RANK" number(19, 0)
);

copy into "LISTENING_MARTS"."ALBUM_TOTALS"
from @"LISTENING_CORE".published/processed/marts/album_totals/
file_format = (type = parquet use_logical_type = true)
match_by_column_name = case_insensitive;

create or replace table "LISTENING_MARTS"."ARTIST_TOTALS" (
  "ARTIST_ID" varchar,
  "ARTIST_NAME" varchar,
  "MEAN_POPULARITY" double,
  "PLAYS" number(19, 0),
  "STREAMS" number(19, 0),
  "STREAM_SHARE" double,
  "SKIPS" number(19, 0),
  "UNKNOWNS" number(19, 0),
  "SKIP_RATE" double,
  "MS_PLAYED" number(19, 0),
  "TRACKS_PLAYED" number(19, 0),
  "FIRST_EVENT_DATE" date,
  "LAST_EVENT_DATE" date,
  "ARTIST_RANK" number(19, 0)
);

copy into "LISTENING_MARTS"."ARTIST_TOTALS"
from @"LISTENING_CORE".published/processed/marts/artist_totals/
file_format = (type = parquet use_logical_type = true)
match_by_column_name = case_insensitive;

create or replace table "LISTENING_MARTS"."MONTHLY_GENRE_METRICS" (
  "EVENT_MONTH" date,
  "GENRE" varchar,
  "WEIGHTED_PLAYS" double,
  "WEIGHTED_STREAMS" double,
  "STREAM_SHARE" double,
  "WEIGHTED_SKIPS" double,
  "WEIGHTED_UNKNOWNS" double,
  "SKIP_RATE" double,
  "WEIGHTED_MS_PLAYED" double,
  "TRACKS_PLAYED" number(19, 0),
  "FIRST_EVENT_DATE" date,
  "LAST_EVENT_DATE" date
);

copy into "LISTENING_MARTS"."MONTHLY_GENRE_METRICS"
from @"LISTENING_CORE".published/processed/marts/monthly_genre_metrics/
file_format = (type = parquet use_logical_type = true)
match_by_column_name = case_insensitive;

create or replace table "LISTENING_MARTS"."MONTHLY_TASTE" (
  "EVENT_MONTH" date,
  "STREAMS" number(19, 0),
  "TRACKS" number(19, 0),
  "FIRST_LISTENS" number(19, 0),
  "DISCOVERY_SHARE" double,
  "MEAN_POPULARITY" double,
  "MAINSTREAM_SHARE" double,
  "NICHE_SHARE" double,
  "MEAN_RELEASE_YEAR" double,
  "MEAN_DANCEABILITY" double,
  "MEAN_ENERGY" double,
  "MEAN_VALENCE" double,
  "MEAN_ACOUSTICNESS" double,
  "MEAN_INSTRUMENTALNESS" double,
  "MEAN_SPEECHINESS" double,
  "MEAN_TEMPO" double,
  "GENRE_DISTANCE" double,
  "AUDIO_DISTANCE" double
);

copy into "LISTENING_MARTS"."MONTHLY_TASTE"
from @"LISTENING_CORE".published/processed/marts/monthly_taste/
file_format = (type = parquet use_logical_type = true)
match_by_column_name = case_insensitive;

create or replace table "LISTENING_MARTS"."MONTHLY_TRACK_METRICS" (
  "EVENT_MONTH" date,
  "TRACK_ID" varchar,
  "PLAYS" number(19, 0),
  "STREAMS" number(19, 0),
  "SKIPS" number(19, 0),
  "COMPLETES" number(19, 0),
  "ABANDONS" number(19, 0),
  "UNKNOWNS" number(19, 0),
  "LISTENERS" number(19, 0),
  "MS_PLAYED" number(19, 0),
  "FIRST_EVENT_DATE" date,
  "LAST_EVENT_DATE" date
);

copy into "LISTENING_MARTS"."MONTHLY_TRACK_METRICS"
from @"LISTENING_CORE".published/processed/marts/monthly_track_metrics/
file_format = (type = parquet use_logical_type = true)
match_by_column_name = case_insensitive;

create or replace table "LISTENING_MARTS"."NEW_RELEASE_TRENDS" (
  "TRACK_ID" varchar,
  "TRACK_NAME" varchar,
  "PRIMARY_ARTIST_ID" varchar,
  "PRIMARY_ARTIST_NAME" varchar,
  "RELEASE_DATE" date,
  "NEWEST_EVENT_DATE" date,
  "DAYS_SINCE_RELEASE" number(19, 0),
  "RECENT_STREAMS" number(19, 0),
  "PREVIOUS_STREAMS" number(19, 0),
  "RECENT_SKIP_RATE" double,
  "TRENDING_SCORE" double
);

copy into "LISTENING_MARTS"."NEW_RELEASE_TRENDS"
from @"LISTENING_CORE".published/processed/marts/new_release_trends/
file_format = (type = parquet use_logical_type = true)
match_by_column_name = case_insensitive;

create or replace table "LISTENING_MARTS"."POPULARITY_BY_SNAPSHOT" (
  "SNAPSHOT_DATE" date,
  "POPULARITY_FROM" number(19, 0),
  "TRACKS" number(19, 0),
  "TRACK_SHARE" double,
  "MEAN_POPULARITY" double
);

copy into "LISTENING_MARTS"."POPULARITY_BY_SNAPSHOT"
from @"LISTENING_CORE".published/processed/marts/popularity_by_snapshot/
file_format = (type = parquet use_logical_type = true)
match_by_column_name = case_insensitive;

create or replace table "LISTENING_MARTS"."RANKED_TRACKS" (
  "COUNTED_BY" varchar,
  "TRACK_ID" varchar,
  "RECORDING_TRACK_ID" varchar,
  "TRACK_IDS" number(19, 0),
  "TRACK_NAME" varchar,
  "PRIMARY_ARTIST_ID" varchar,
  "PRIMARY_ARTIST_NAME" varchar,
  "ALBUM_ID" varchar,
  "ALBUM_NAME" varchar,
  "PRIMARY_GENRE" varchar,
  "RELEASE_DATE" date,
  "DURATION_MS" number(19, 0),
  "POPULARITY" number(19, 0),
  "PLAYS" number(19, 0),
  "STREAMS" number(19, 0),
  "SKIPS" number(19, 0),
  "COMPLETES" number(19, 0),
  "ABANDONS" number(19, 0),
  "UNKNOWNS" number(19, 0),
  "SKIP_RATE" double,
  "LISTENERS" number(19, 0),
  "MS_PLAYED" number(19, 0),
  "FIRST_EVENT_DATE" date,
  "LAST_EVENT_DATE" date,
  "TRACK_RANK" number(19, 0),
  "RANK_IN_ARTIST" number(19, 0)
);

copy into "LISTENING_MARTS"."RANKED_TRACKS"
from @"LISTENING_CORE".published/processed/marts/ranked_tracks/
file_format = (type = parquet use_logical_type = true)
match_by_column_name = case_insensitive;

create or replace table "LISTENING_MARTS"."RECORDING_TOTALS" (
  "TRACK_ID" varchar,
  "TRACK_IDS" number(19, 0),
  "TRACK_NAME" varchar,
  "PRIMARY_ARTIST_ID" varchar,
  "PRIMARY_ARTIST_NAME" varchar,
  "ALBUM_ID" varchar,
  "ALBUM_NAME" varchar,
  "PRIMARY_GENRE" varchar,
  "RELEASE_DATE" date,
  "DURATION_MS" number(19, 0),
  "POPULARITY" number(19, 0),
  "PLAYS" number(19, 0),
  "STREAMS" number(19, 0),
  "SKIPS" number(19, 0),
  "COMPLETES" number(19, 0),
  "ABANDONS" number(19, 0),
  "UNKNOWNS" number(19, 0),
  "SKIP_RATE" double,
  "LISTENERS" number(19, 0),
  "MS_PLAYED" number(19, 0),
  "FIRST_EVENT_DATE" date,
  "LAST_EVENT_DATE" date,
  "TRACK_RANK" number(19, 0),
  "RANK_IN_ARTIST" number(19, 0)
);

copy into "LISTENING_MARTS"."RECORDING_TOTALS"
from @"LISTENING_CORE".published/processed/marts/recording_totals/
file_format = (type = parquet use_logical_type = true)
match_by_column_name = case_insensitive;

create or replace table "LISTENING_MARTS"."TRACK_TOTALS" (
  "TRACK_ID" varchar,
  "RECORDING_TRACK_ID" varchar,
  "TRACK_NAME" varchar,
  "PRIMARY_ARTIST_ID" varchar,
  "PRIMARY_ARTIST_NAME" varchar,
  "ALBUM_ID" varchar,
  "ALBUM_NAME" varchar,
  "PRIMARY_GENRE" varchar,
  "RELEASE_DATE" date,
  "DURATION_MS" number(19, 0),
  "POPULARITY" number(19, 0),
  "PLAYS" number(19, 0),
  "STREAMS" number(19, 0),
  "SKIPS" number(19, 0),
  "COMPLETES" number(19, 0),
  "ABANDONS" number(19, 0),
  "UNKNOWNS" number(19, 0),
  "SKIP_RATE" double,
  "LISTENERS" number(19, 0),
  "MS_PLAYED" number(19, 0),
  "FIRST_EVENT_DATE" date,
  "LAST_EVENT_DATE" date,
  "TRACK_RANK" number(19, 0),
  "RANK_IN_ARTIST" number(19, 0)
);

copy into "LISTENING_MARTS"."TRACK_TOTALS"
from @"LISTENING_CORE".published/processed/marts/track_totals/
file_format = (type = parquet use_logical_type = true)
match_by_column_name = case_insensitive;

create or replace table "LISTENING_MARTS"."BRIDGE_TRACK_ARTIST" (
  "TRACK_ID" varchar,
  "ARTIST_ID" varchar,
  "POSITION" number(19, 0)
);

copy into "LISTENING_MARTS"."BRIDGE_TRACK_ARTIST"
from @"LISTENING_CORE".published/processed/marts/bridge_track_artist/
file_format = (type = parquet use_logical_type = true)
match_by_column_name = case_insensitive;

create or replace table "LISTENING_MARTS"."BRIDGE_TRACK_GENRE" (
  "TRACK_ID" varchar,
  "GENRE" varchar,
  "WEIGHT" double
);

copy into "LISTENING_MARTS"."BRIDGE_TRACK_GENRE"
from @"LISTENING_CORE".published/processed/marts/bridge_track_genre/
file_format = (type = parquet use_logical_type = true)
match_by_column_name = case_insensitive;

create or replace table "LISTENING_MARTS"."DIM_ALBUM" (
  "ALBUM_ID" varchar,
  "ALBUM_NAME" varchar,
  "PRIMARY_ARTIST_ID" varchar,
  "PRIMARY_ARTIST_NAME" varchar,
  "FIRST_RELEASE_DATE" date,
  "TRACK_COUNT" number(19, 0),
  "IS_IN_CATALOGUE" boolean
);

copy into "LISTENING_MARTS"."DIM_ALBUM"
from @"LISTENING_CORE".published/processed/marts/dim_album/
file_format = (type = parquet use_logical_type = true)
match_by_column_name = case_insensitive;

create or replace table "LISTENING_MARTS"."DIM_ARTIST" (
  "ARTIST_ID" varchar,
  "ARTIST_NAME" varchar,
  "TRACK_COUNT" number(19, 0),
  "MEAN_POPULARITY" double,
  "POPULARITY" number(19, 0),
  "FOLLOWERS" number(19, 0),
  "IS_IN_CATALOGUE" boolean,
  "FIRST_SNAPSHOT_DATE" date,
  "LAST_SNAPSHOT_DATE" date
);

copy into "LISTENING_MARTS"."DIM_ARTIST"
from @"LISTENING_CORE".published/processed/marts/dim_artist/
file_format = (type = parquet use_logical_type = true)
match_by_column_name = case_insensitive;

create or replace table "LISTENING_MARTS"."DIM_ARTIST_HISTORY" (
  "ARTIST_ID" varchar,
  "VERSION" number(19, 0),
  "VALID_FROM" date,
  "VALID_TO" date,
  "IS_CURRENT" boolean,
  "ARTIST_NAME" varchar,
  "TRACK_COUNT" number(19, 0),
  "MEAN_POPULARITY" double,
  "SNAPSHOTS" number(19, 0),
  "LAST_SNAPSHOT_DATE" date
);

copy into "LISTENING_MARTS"."DIM_ARTIST_HISTORY"
from @"LISTENING_CORE".published/processed/marts/dim_artist_history/
file_format = (type = parquet use_logical_type = true)
match_by_column_name = case_insensitive;

create or replace table "LISTENING_MARTS"."DIM_COUNTRY" (
  "COUNTRY" varchar,
  "COUNTRY_NAME" varchar,
  "REGION" varchar,
  "TIME_ZONE" varchar,
  "TIME_ZONE_COUNT" number(19, 0)
);

copy into "LISTENING_MARTS"."DIM_COUNTRY"
from @"LISTENING_CORE".published/processed/marts/dim_country/
file_format = (type = parquet use_logical_type = true)
match_by_column_name = case_insensitive;

create or replace table "LISTENING_MARTS"."DIM_DATE" (
  "DATE_DAY" date,
  "YEAR" number(19, 0),
  "QUARTER" number(19, 0),
  "MONTH" number(19, 0),
  "MONTH_NAME" varchar,
  "DAY_OF_MONTH" number(19, 0),
  "DAY_OF_YEAR" number(19, 0),
  "ISO_YEAR" number(19, 0),
  "ISO_WEEK" number(19, 0),
  "WEEKDAY" number(19, 0),
  "WEEKDAY_NAME" varchar,
  "IS_WEEKEND" boolean,
  "WEEK_STARTS_ON" date,
  "MONTH_STARTS_ON" date,
  "QUARTER_STARTS_ON" date,
  "YEAR_STARTS_ON" date
);

copy into "LISTENING_MARTS"."DIM_DATE"
from @"LISTENING_CORE".published/processed/marts/dim_date/
file_format = (type = parquet use_logical_type = true)
match_by_column_name = case_insensitive;

create or replace table "LISTENING_MARTS"."DIM_DEVICE" (
  "DEVICE" varchar,
  "DEVICE_NAME" varchar,
  "IS_PORTABLE" boolean
);

copy into "LISTENING_MARTS"."DIM_DEVICE"
from @"LISTENING_CORE".published/processed/marts/dim_device/
file_format = (type = parquet use_logical_type = true)
match_by_column_name = case_insensitive;

create or replace table "LISTENING_MARTS"."DIM_TIME_OF_DAY" (
  "HOUR" number(19, 0),
  "HOUR_NAME" varchar,
  "PART_OF_DAY" varchar,
  "PART_OF_DAY_NUMBER" number(19, 0)
);

copy into "LISTENING_MARTS"."DIM_TIME_OF_DAY"
from @"LISTENING_CORE".published/processed/marts/dim_time_of_day/
file_format = (type = parquet use_logical_type = true)
match_by_column_name = case_insensitive;

create or replace table "LISTENING_MARTS"."DIM_TRACK" (
  "TRACK_ID" varchar,
  "RECORDING_ID" varchar,
  "RECORDING_TRACK_ID" varchar,
  "CATALOGUE_TRACK_ID" varchar,
  "CONTENT_TYPE" varchar,
  "TRACK_NAME" varchar,
  "ARTIST_NAMES" varchar,
  "PRIMARY_ARTIST_ID" varchar,
  "PRIMARY_ARTIST_NAME" varchar,
  "ARTIST_COUNT" number(19, 0),
  "ALBUM_ID" varchar,
  "ALBUM_NAME" varchar,
  "RELEASE_DATE" date,
  "RELEASE_PRECISION" varchar,
  "ISRC" varchar,
  "POPULARITY" number(19, 0),
  "DURATION_MS" number(19, 0),
  "IS_EXPLICIT" boolean,
  "DANCEABILITY" double,
  "ENERGY" double,
  "KEY" number(19, 0),
  "LOUDNESS" double,
  "MODE" number(19, 0),
  "SPEECHINESS" double,
  "ACOUSTICNESS" double,
  "INSTRUMENTALNESS" double,
  "LIVENESS" double,
  "VALENCE" double,
  "TEMPO" double,
  "TIME_SIGNATURE" number(19, 0),
  "PRIMARY_GENRE" varchar,
  "GENRE_COUNT" number(19, 0),
  "IS_IN_CATALOGUE" boolean,
  "FIRST_SNAPSHOT_DATE" date,
  "LAST_SNAPSHOT_DATE" date
);

copy into "LISTENING_MARTS"."DIM_TRACK"
from @"LISTENING_CORE".published/processed/marts/dim_track/
file_format = (type = parquet use_logical_type = true)
match_by_column_name = case_insensitive;

create or replace table "LISTENING_MARTS"."DIM_TRACK_HISTORY" (
  "TRACK_ID" varchar,
  "VERSION" number(19, 0),
  "VALID_FROM" date,
  "VALID_TO" date,
  "IS_CURRENT" boolean,
  "TRACK_NAME" varchar,
  "ARTIST_NAMES" varchar,
  "PRIMARY_ARTIST_ID" varchar,
  "ALBUM_NAME" varchar,
  "RELEASE_DATE" date,
  "DURATION_MS" number(19, 0),
  "IS_EXPLICIT" boolean,
  "POPULARITY" number(19, 0),
  "GENRES" varchar,
  "SNAPSHOTS" number(19, 0),
  "LAST_SNAPSHOT_DATE" date
);

copy into "LISTENING_MARTS"."DIM_TRACK_HISTORY"
from @"LISTENING_CORE".published/processed/marts/dim_track_history/
file_format = (type = parquet use_logical_type = true)
match_by_column_name = case_insensitive;

create or replace table "LISTENING_MARTS"."DIM_USER" (
  "USER_ID" varchar,
  "HOME_COUNTRY" varchar,
  "TIME_ZONE" varchar,
  "TIME_ZONE_SOURCE" varchar,
  "IS_FOLLOWING_COUNTRY" boolean,
  "FIRST_LISTEN_DATE" date,
  "LAST_LISTEN_DATE" date,
  "LISTENING_DAYS" number(19, 0)
);

copy into "LISTENING_MARTS"."DIM_USER"
from @"LISTENING_CORE".published/processed/marts/dim_user/
file_format = (type = parquet use_logical_type = true)
match_by_column_name = case_insensitive;

create or replace table "LISTENING_MARTS"."FACT_ARTIST_POPULARITY" (
  "SNAPSHOT_DATE" date,
  "ARTIST_ID" varchar,
  "POPULARITY" number(19, 0),
  "FOLLOWERS" number(19, 0)
);

copy into "LISTENING_MARTS"."FACT_ARTIST_POPULARITY"
from @"LISTENING_CORE".published/processed/marts/fact_artist_popularity/
file_format = (type = parquet use_logical_type = true)
match_by_column_name = case_insensitive;

create or replace table "LISTENING_MARTS"."FACT_LISTENING_HOURS" (
  "USER_ID" varchar,
  "HOUR_STARTS_AT" timestamp_ntz(6),
  "TIME_ZONE" varchar,
  "LOCAL_DATE" date,
  "LOCAL_HOUR" number(19, 0),
  "LOCAL_WEEKDAY" number(19, 0),
  "MS_LISTENED" number(19, 0),
  "MS_OVERLAPPING" number(19, 0),
  "FIRST_EVENT_DATE" date,
  "LAST_EVENT_DATE" date
);

copy into "LISTENING_MARTS"."FACT_LISTENING_HOURS"
from @"LISTENING_CORE".published/processed/marts/fact_listening_hours/
file_format = (type = parquet use_logical_type = true)
match_by_column_name = case_insensitive;

create or replace table "LISTENING_MARTS"."FACT_LISTENS" (
  "EVENT_ID" varchar,
  "EVENT_DATE" date,
  "USER_ID" varchar,
  "TRACK_ID" varchar,
  "SESSION_ID" varchar,
  "SESSION_POSITION" number(19, 0),
  "STARTED_AT" timestamp_ntz(6),
  "ENDED_AT" timestamp_ntz(6),
  "TIME_ZONE" varchar,
  "LOCAL_STARTED_AT" timestamp_ntz(6),
  "LOCAL_DATE" date,
  "LOCAL_HOUR" number(19, 0),
  "LOCAL_WEEKDAY" number(19, 0),
  "MS_PLAYED" number(19, 0),
  "TRACK_DURATION_MS" number(19, 0),
  "KNOWN_DURATION_MS" number(19, 0),
  "OUTCOME" varchar,
  "IS_STREAM" boolean,
  "IS_SKIP" boolean,
  "IS_COMPLETE" boolean,
  "IS_ABANDONED" boolean,
  "IS_OUTCOME_UNKNOWN" boolean,
  "IS_MARKED_SKIPPED" boolean,
  "CONTENT_TYPE" varchar,
  "IS_MUSIC" boolean,
  "DEVICE" varchar,
  "COUNTRY" varchar,
  "IS_SHUFFLE" boolean,
  "REASON_START" varchar,
  "REASON_END" varchar,
  "SOURCE" varchar
);

copy into "LISTENING_MARTS"."FACT_LISTENS"
from @"LISTENING_CORE".published/processed/marts/fact_listens/
file_format = (type = parquet use_logical_type = true)
match_by_column_name = case_insensitive;

create or replace table "LISTENING_MARTS"."FACT_SESSIONS" (
  "SESSION_ID" varchar,
  "USER_ID" varchar,
  "STARTED_AT" timestamp_ntz(6),
  "ENDED_AT" timestamp_ntz(6),
  "DURATION_MS" number(19, 0),
  "TIME_ZONE" varchar,
  "LOCAL_STARTED_AT" timestamp_ntz(6),
  "LOCAL_DATE" date,
  "LOCAL_HOUR" number(19, 0),
  "DEVICE" varchar,
  "COUNTRY" varchar,
  "PLAYBACKS" number(19, 0),
  "PLAYS" number(19, 0),
  "STREAMS" number(19, 0),
  "SKIPS" number(19, 0),
  "COMPLETES" number(19, 0),
  "ABANDONS" number(19, 0),
  "UNKNOWNS" number(19, 0),
  "TRACKS" number(19, 0),
  "MS_PLAYED" number(19, 0),
  "FIRST_EVENT_DATE" date,
  "LAST_EVENT_DATE" date
);

copy into "LISTENING_MARTS"."FACT_SESSIONS"
from @"LISTENING_CORE".published/processed/marts/fact_sessions/
file_format = (type = parquet use_logical_type = true)
match_by_column_name = case_insensitive;

create or replace table "LISTENING_MARTS"."FACT_TRACK_POPULARITY" (
  "SNAPSHOT_DATE" date,
  "TRACK_ID" varchar,
  "POPULARITY" number(19, 0),
  "PREVIOUS_SNAPSHOT_DATE" date,
  "PREVIOUS_POPULARITY" number(19, 0),
  "POPULARITY_CHANGE" number(19, 0),
  "DAYS_SINCE_PREVIOUS" number(19, 0)
);

copy into "LISTENING_MARTS"."FACT_TRACK_POPULARITY"
from @"LISTENING_CORE".published/processed/marts/fact_track_popularity/
file_format = (type = parquet use_logical_type = true)
match_by_column_name = case_insensitive;

create or replace table "LISTENING_MARTS"."FACT_USER_ACTIVITY" (
  "USER_ID" varchar,
  "LOCAL_DATE" date,
  "COUNTRY" varchar,
  "PLAYBACKS" number(19, 0),
  "PLAYS" number(19, 0),
  "STREAMS" number(19, 0),
  "SKIPS" number(19, 0),
  "COMPLETES" number(19, 0),
  "ABANDONS" number(19, 0),
  "UNKNOWNS" number(19, 0),
  "SKIP_RATE" double,
  "PLAYLIST_ADDS" number(19, 0),
  "SESSIONS" number(19, 0),
  "TRACKS" number(19, 0),
  "ARTISTS" number(19, 0),
  "MS_PLAYED" number(19, 0),
  "MS_LISTENED" number(19, 0),
  "MINUTES_LISTENED" double,
  "FIRST_EVENT_DATE" date,
  "LAST_EVENT_DATE" date,
  "ENGAGEMENT_SCORE" number(19, 0)
);

copy into "LISTENING_MARTS"."FACT_USER_ACTIVITY"
from @"LISTENING_CORE".published/processed/marts/fact_user_activity/
file_format = (type = parquet use_logical_type = true)
match_by_column_name = case_insensitive;

create or replace table "LISTENING_MARTS"."FCT_LISTENING_HOURS" (
  "USER_ID" varchar,
  "HOUR_STARTS_AT" timestamp_ntz(6),
  "TIME_ZONE" varchar,
  "LOCAL_DATE" date,
  "LOCAL_HOUR" number(19, 0),
  "LOCAL_WEEKDAY" number(19, 0),
  "MS_LISTENED" number(19, 0),
  "MS_OVERLAPPING" number(19, 0),
  "FIRST_EVENT_DATE" date,
  "LAST_EVENT_DATE" date
);

copy into "LISTENING_MARTS"."FCT_LISTENING_HOURS"
from @"LISTENING_CORE".published/processed/marts/fct_listening_hours/
file_format = (type = parquet use_logical_type = true)
match_by_column_name = case_insensitive;

create or replace table "LISTENING_MARTS"."FCT_SESSIONS" (
  "SESSION_ID" varchar,
  "USER_ID" varchar,
  "STARTED_AT" timestamp_ntz(6),
  "ENDED_AT" timestamp_ntz(6),
  "DURATION_MS" number(19, 0),
  "TIME_ZONE" varchar,
  "LOCAL_STARTED_AT" timestamp_ntz(6),
  "LOCAL_DATE" date,
  "LOCAL_HOUR" number(19, 0),
  "DEVICE" varchar,
  "COUNTRY" varchar,
  "PLAYBACKS" number(19, 0),
  "PLAYS" number(19, 0),
  "STREAMS" number(19, 0),
  "SKIPS" number(19, 0),
  "COMPLETES" number(19, 0),
  "ABANDONS" number(19, 0),
  "UNKNOWNS" number(19, 0),
  "TRACKS" number(19, 0),
  "MS_PLAYED" number(19, 0),
  "FIRST_EVENT_DATE" date,
  "LAST_EVENT_DATE" date
);

copy into "LISTENING_MARTS"."FCT_SESSIONS"
from @"LISTENING_CORE".published/processed/marts/fct_sessions/
file_format = (type = parquet use_logical_type = true)
match_by_column_name = case_insensitive;

create or replace table "LISTENING_MARTS"."FCT_USER_ACTIVITY" (
  "USER_ID" varchar,
  "LOCAL_DATE" date,
  "COUNTRY" varchar,
  "PLAYBACKS" number(19, 0),
  "PLAYS" number(19, 0),
  "STREAMS" number(19, 0),
  "SKIPS" number(19, 0),
  "COMPLETES" number(19, 0),
  "ABANDONS" number(19, 0),
  "UNKNOWNS" number(19, 0),
  "SKIP_RATE" double,
  "PLAYLIST_ADDS" number(19, 0),
  "SESSIONS" number(19, 0),
  "TRACKS" number(19, 0),
  "ARTISTS" number(19, 0),
  "MS_PLAYED" number(19, 0),
  "MS_LISTENED" number(19, 0),
  "MINUTES_LISTENED" double,
  "FIRST_EVENT_DATE" date,
  "LAST_EVENT_DATE" date,
  "ENGAGEMENT_SCORE" number(19, 0)
);

copy into "LISTENING_MARTS"."FCT_USER_ACTIVITY"
from @"LISTENING_CORE".published/processed/marts/fct_user_activity/
file_format = (type = parquet use_logical_type = true)
match_by_column_name = case_insensitive;

create or replace table "LISTENING_MARTS"."DAILY_AGGREGATES" (
  "EVENT_DATE" date,
  "PLAYS" number(19, 0),
  "STREAMS" number(19, 0),
  "SKIPPED_STREAMS" number(19, 0),
  "SKIPS" number(19, 0),
  "COMPLETES" number(19, 0),
  "ABANDONS" number(19, 0),
  "UNKNOWNS" number(19, 0),
  "SKIP_RATE" double,
  "LISTENERS" number(19, 0),
  "TRACKS" number(19, 0),
  "MS_PLAYED" number(19, 0)
);

copy into "LISTENING_MARTS"."DAILY_AGGREGATES"
from @"LISTENING_CORE".published/processed/marts/daily_aggregates/
file_format = (type = parquet use_logical_type = true)
match_by_column_name = case_insensitive;

create or replace table "LISTENING_MARTS"."DAILY_ARTIST_METRICS" (
  "EVENT_DATE" date,
  "ARTIST_ID" varchar,
  "ARTIST_NAME" varchar,
  "PLAYS" number(19, 0),
  "STREAMS" number(19, 0),
  "SKIPS" number(19, 0),
  "UNKNOWNS" number(19, 0),
  "SKIP_RATE" double,
  "LISTENERS" number(19, 0),
  "MS_PLAYED" number(19, 0)
);

copy into "LISTENING_MARTS"."DAILY_ARTIST_METRICS"
from @"LISTENING_CORE".published/processed/marts/daily_artist_metrics/
file_format = (type = parquet use_logical_type = true)
match_by_column_name = case_insensitive;

create or replace table "LISTENING_MARTS"."DAILY_GENRE_METRICS" (
  "EVENT_DATE" date,
  "GENRE" varchar,
  "WEIGHTED_PLAYS" double,
  "WEIGHTED_STREAMS" double,
  "WEIGHTED_SKIPS" double,
  "WEIGHTED_UNKNOWNS" double,
  "SKIP_RATE" double,
  "WEIGHTED_MS_PLAYED" double,
  "LISTENERS" number(19, 0)
);

copy into "LISTENING_MARTS"."DAILY_GENRE_METRICS"
from @"LISTENING_CORE".published/processed/marts/daily_genre_metrics/
file_format = (type = parquet use_logical_type = true)
match_by_column_name = case_insensitive;

create or replace table "LISTENING_MARTS"."DAILY_HOUR_METRICS" (
  "EVENT_DATE" date,
  "TIME_ZONE" varchar,
  "LOCAL_DATE" date,
  "LOCAL_HOUR" number(19, 0),
  "LOCAL_WEEKDAY" number(19, 0),
  "PLAYS" number(19, 0),
  "STREAMS" number(19, 0),
  "SKIPS" number(19, 0),
  "UNKNOWNS" number(19, 0),
  "SKIP_RATE" double,
  "MS_PLAYED" number(19, 0)
);

copy into "LISTENING_MARTS"."DAILY_HOUR_METRICS"
from @"LISTENING_CORE".published/processed/marts/daily_hour_metrics/
file_format = (type = parquet use_logical_type = true)
match_by_column_name = case_insensitive;

create or replace table "LISTENING_MARTS"."DAILY_LOCATION_METRICS" (
  "EVENT_DATE" date,
  "COUNTRY" varchar,
  "DEVICE" varchar,
  "PLAYS" number(19, 0),
  "STREAMS" number(19, 0),
  "SKIPS" number(19, 0),
  "UNKNOWNS" number(19, 0),
  "SKIP_RATE" double,
  "LISTENERS" number(19, 0),
  "MS_PLAYED" number(19, 0)
);

copy into "LISTENING_MARTS"."DAILY_LOCATION_METRICS"
from @"LISTENING_CORE".published/processed/marts/daily_location_metrics/
file_format = (type = parquet use_logical_type = true)
match_by_column_name = case_insensitive;

create or replace table "LISTENING_MARTS"."DAILY_SESSION_METRICS" (
  "LOCAL_DATE" date,
  "SESSIONS" number(19, 0),
  "LISTENERS" number(19, 0),
  "PLAYS" number(19, 0),
  "STREAMS" number(19, 0),
  "SKIPS" number(19, 0),
  "UNKNOWNS" number(19, 0),
  "MEAN_DURATION_MS" double,
  "MEDIAN_DURATION_MS" double,
  "MEAN_PLAYS" double,
  "FIRST_EVENT_DATE" date,
  "LAST_EVENT_DATE" date
);

copy into "LISTENING_MARTS"."DAILY_SESSION_METRICS"
from @"LISTENING_CORE".published/processed/marts/daily_session_metrics/
file_format = (type = parquet use_logical_type = true)
match_by_column_name = case_insensitive;

create or replace table "LISTENING_MARTS"."DAILY_TRACK_PLAYS" (
  "EVENT_DATE" date,
  "TRACK_ID" varchar,
  "PLAYS" number(19, 0),
  "STREAMS" number(19, 0),
  "SKIPS" number(19, 0),
  "COMPLETES" number(19, 0),
  "ABANDONS" number(19, 0),
  "UNKNOWNS" number(19, 0),
  "MS_PLAYED" number(19, 0)
);

copy into "LISTENING_MARTS"."DAILY_TRACK_PLAYS"
from @"LISTENING_CORE".published/processed/marts/daily_track_plays/
file_format = (type = parquet use_logical_type = true)
match_by_column_name = case_insensitive;

create or replace table "LISTENING_MARTS"."LISTENING_BY_WEATHER" (
  "USER_ID" varchar,
  "CONDITION" varchar,
  "MEASURE" varchar,
  "COMPARES" varchar,
  "HOURS" number(19, 0),
  "MEAN" double,
  "ESTIMATE" double,
  "CI_LOW" double,
  "CI_HIGH" double,
  "RELATIVE_ESTIMATE" double,
  "P_VALUE" double,
  "ADJUSTED_P_VALUE" double,
  "IS_POSITIVE" boolean,
  "ANSWER" varchar
);

copy into "LISTENING_MARTS"."LISTENING_BY_WEATHER"
from @"LISTENING_CORE".published/processed/marts/listening_by_weather/
file_format = (type = parquet use_logical_type = true)
match_by_column_name = case_insensitive;

create or replace table "LISTENING_MARTS"."DAILY_SKIP_FLAGS" (
  "EVENT_DATE" date,
  "COUNTRY" varchar,
  "DEVICE" varchar,
  "OUTCOME" varchar,
  "FLAG" varchar,
  "PLAYS" number(19, 0)
);

copy into "LISTENING_MARTS"."DAILY_SKIP_FLAGS"
from @"LISTENING_CORE".published/processed/marts/daily_skip_flags/
file_format = (type = parquet use_logical_type = true)
match_by_column_name = case_insensitive;

create or replace table "LISTENING_MARTS"."DAILY_SKIP_METRICS" (
  "EVENT_DATE" date,
  "DIMENSION" varchar,
  "VALUE" varchar,
  "PLAYS" number(19, 0),
  "STREAMS" number(19, 0),
  "SKIPS" number(19, 0),
  "COMPLETES" number(19, 0),
  "ABANDONS" number(19, 0),
  "UNKNOWNS" number(19, 0),
  "SKIP_RATE" double,
  "MS_PLAYED" number(19, 0)
);

copy into "LISTENING_MARTS"."DAILY_SKIP_METRICS"
from @"LISTENING_CORE".published/processed/marts/daily_skip_metrics/
file_format = (type = parquet use_logical_type = true)
match_by_column_name = case_insensitive;

create or replace table "LISTENING_MARTS"."DAILY_SKIP_SECONDS" (
  "EVENT_DATE" date,
  "SECOND" number(19, 0),
  "PLAYS" number(19, 0),
  "SKIPS" number(19, 0),
  "COMPLETES" number(19, 0),
  "ABANDONS" number(19, 0)
);

copy into "LISTENING_MARTS"."DAILY_SKIP_SECONDS"
from @"LISTENING_CORE".published/processed/marts/daily_skip_seconds/
file_format = (type = parquet use_logical_type = true)
match_by_column_name = case_insensitive;

create or replace table "LISTENING_MARTS"."GENRE_SKIP_RATES" (
  "GENRE" varchar,
  "WEIGHTED_PLAYS" double,
  "WEIGHTED_STREAMS" double,
  "STREAM_SHARE" double,
  "WEIGHTED_SKIPS" double,
  "WEIGHTED_UNKNOWNS" double,
  "SKIP_RATE" double,
  "FIRST_EVENT_DATE" date,
  "LAST_EVENT_DATE" date
);

copy into "LISTENING_MARTS"."GENRE_SKIP_RATES"
from @"LISTENING_CORE".published/processed/marts/genre_skip_rates/
file_format = (type = parquet use_logical_type = true)
match_by_column_name = case_insensitive;

create or replace table "LISTENING_MARTS"."SKIP_SURVIVAL_BY_SECOND" (
  "SECOND" number(19, 0),
  "PLAYING" number(19, 0),
  "SKIPS" number(19, 0),
  "COMPLETES" number(19, 0),
  "ABANDONS" number(19, 0),
  "HAZARD" double,
  "SURVIVAL" double
);

copy into "LISTENING_MARTS"."SKIP_SURVIVAL_BY_SECOND"
from @"LISTENING_CORE".published/processed/marts/skip_survival_by_second/
file_format = (type = parquet use_logical_type = true)
match_by_column_name = case_insensitive;

create or replace table "LISTENING_SNAPSHOTS"."RECORDINGS_HISTORY" (
  "TRACK_KEY" varchar,
  "RECORDING_ID" varchar,
  "MATCHED_BY" varchar,
  "CATALOGUE_TRACK_ID" varchar,
  "DBT_SCD_ID" varchar,
  "DBT_UPDATED_AT" timestamp_ntz(6),
  "DBT_VALID_FROM" timestamp_ntz(6),
  "DBT_VALID_TO" timestamp_ntz(6)
);

copy into "LISTENING_SNAPSHOTS"."RECORDINGS_HISTORY"
from @"LISTENING_CORE".published/processed/snapshots/recordings_history/
file_format = (type = parquet use_logical_type = true)
match_by_column_name = case_insensitive;
