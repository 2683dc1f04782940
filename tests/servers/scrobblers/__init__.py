"""Last.fm, ListenBrainz and Kaggle as far as clients of `fetch` ask them: made-up scrobbles, a data set.

Sources: last.fm/api/show/user.getRecentTracks; listenbrainz.readthedocs.io, `GET /1/user/(name)/listens`;
Kaggle's client `kagglesdk`, whose requests are POSTs of JSON to /v1/<service>/<call>.
"""
