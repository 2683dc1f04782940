"""Where raw files live, and how they get there.

Here belongs: the folder layout, atomic writes, landing and receipts. Not here: parsing a format (`sources`)
or the warehouse. Nothing here imports Dagster.

    <data>/raw/spotify_tracks/snapshot_date=YYYY-MM-DD/part-<name>.parquet
    <data>/raw/listening_events/date=YYYY-MM-DD/[hour=HH/]part-<name>.parquet
    <data>/raw/_receipts/<receipt id>.json, _rejected/<receipt id>.parquet
"""
