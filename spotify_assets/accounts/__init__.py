"""Connected accounts: listening and catalogues that are fetched from the services' APIs.

Here belongs: connecting a listener (`connecting`, `tokens`), the calls and their budget (`calls`, `budget`),
what was played lately (`polling`), dated snapshots of what was heard (`snapshots`), and fetching from Kaggle,
Last.fm and ListenBrainz (`kaggle`, `scrobbles`). What arrives is written to the lake (`lake`) and read there
like anything else. Not here: when something is fetched (`automation`) and what a command prints (`cli`).
Nothing here imports Dagster, and nothing is called where no account is connected.

`<data>/accounts/`, readable by its owner alone, holds what is not the lake's:

    tokens/<listener>.json    a connected account; its tokens too where there is no keyring
    state.sqlite              cursors, calls made, and which tracks, albums and artists were answered
"""
