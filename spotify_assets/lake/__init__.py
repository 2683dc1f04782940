"""Where raw files live, and how they get there.

Here belongs: the inbox, the folder layout, atomic writes, landing and receipts, profiles and exclusion rules,
erasing a listener, undoing an import. Not here: parsing a format (`sources`) or the warehouse. Nothing here
imports Dagster.

Whether the lake is in a folder or in an object store only `places` knows; here every address is a `Place`.
`<data>/raw` stands for `settings.lake`. In a store each writing of a file of imports has a name of its own,
`<receipt id>~<writing>`.

    <data>/inbox/…                        what people drop; only read, what nobody knows goes to rejected/
    <data>/raw/spotify_tracks/snapshot_date=YYYY-MM-DD/part-<name>.parquet
    <data>/raw/listening_events/date=YYYY-MM-DD/[hour=HH/]part-<name>.parquet    from producers
    <data>/raw/listening_events/month=YYYY-MM/<receipt id>.parquet              from imports
    <data>/raw/_receipts/<receipt id>.json, _rejected/<receipt id>.parquet
    <data>/raw/_imports/<sha256>-<listener>.json    what was handed in, and what came of it
    <data>/raw/_users/<listener>.json               profiles
    <data>/raw/_undone/<receipt id>.json            receipts of imports that were undone
    <data>/raw/_kept_out/<sha256>.json              contents that stay out: undone or erased
    <data>/raw/_kept_out/listeners/<sha256>         listeners whose messages of the stream stay out
    <data>/raw/_answers/<service>/<kind>/date=YYYY-MM-DD/…    raw answers of services that are fetched from
    <data>/raw/_due/<note>.json                     from which date on tables are to be made again
"""
