with playbacks as (
    select
        listens.*,
        extras.extra ->> '$.ms_played_from' as ms_played_from,
        extras.extra ->> '$.precision' as precision,
        extras.extra ->> '$.incognito_mode' as incognito_mode
    from listens
    left join extras on listens.event_id = extras.event_id
    where listens.period = 'asked'
),

counted as (
    select
        count(*) as playbacks,
        count(*) filter (where is_music) as plays,
        count(*) filter (where is_music and catalogue_track_id is null) as outside_catalogue,
        count(*) filter (where is_music and not has_genre) as without_genre,
        count(*) filter (where is_music and release_date is null) as without_release_date,
        count(*) filter (where is_music and (valence is null or energy is null)) as without_audio_features,
        count(*) filter (where is_music and artist_id = 'unknown') as without_artist,
        count(*) filter (where is_music and track_duration_ms is null) as without_length,
        count(*) filter (where is_music and reason_end is null) as without_reason,
        count(*) filter (where ms_played_from in ('assumed', 'length')) as assumed_length,
        count(*) filter (where precision = 'minute') as known_to_the_minute,
        count(*) filter (
            where country = 'ZZ' and (select listener.time_zone_source <> 'declared' from listener)
        ) as without_time_zone,
        count(*) filter (where device = 'unknown') as without_device,
        count(*) filter (where incognito_mode = 'true') as private,
        count(*) filter (where incognito_mode is null) as perhaps_private
    from playbacks
),

by_day as (
    select
        count(*) as days,
        count(*) filter (
            where
            local_date < (select listener.first_listen_date from listener)
            or local_date > (select listener.last_listen_date from listener)
        ) as days_outside
    from calendar
    where period = 'asked'
)

select
    gaps.what,
    gaps.touched,
    gaps.of_all,
    gaps.touched / nullif(gaps.of_all, 0) as share,
    gaps.means
from counted
cross join by_day
cross join
    lateral (
        values
        (
            0,
            'plays of a track that the catalogue lacks',
            counted.outside_catalogue,
            counted.plays,
            'length, release date, genre and audio features are unknown'
        ),
        (
            1,
            'plays without a genre',
            counted.without_genre,
            counted.plays,
            'left out of genres'
        ),
        (
            2,
            'plays without a release date',
            counted.without_release_date,
            counted.plays,
            'left out of eras'
        ),
        (
            3,
            'plays without audio features',
            counted.without_audio_features,
            counted.plays,
            'left out of moods'
        ),
        (
            4,
            'plays without a known artist',
            counted.without_artist,
            counted.plays,
            'in no list of artists; their time is counted'
        ),
        (
            5,
            'plays of unknown track length',
            counted.without_length,
            counted.plays,
            'whether they were heard to the end rests on the source alone'
        ),
        (
            6,
            'plays without a reason for their end',
            counted.without_reason,
            counted.plays,
            'a skip is known only where the source has a flag'
        ),
        (
            7,
            'playbacks of assumed length',
            counted.assumed_length,
            counted.playbacks,
            'a scrobble does not say how long: the time is that of the whole track, or 30 seconds'
        ),
        (
            8,
            'playbacks known to the minute',
            counted.known_to_the_minute,
            counted.playbacks,
            'their hour may be off by a minute'
        ),
        (
            9,
            'playbacks without a time zone',
            counted.without_time_zone,
            counted.playbacks,
            'no zone was declared and the country is unknown: hours are those of the default zone'
        ),
        (
            10,
            'playbacks on an unknown device',
            counted.without_device,
            counted.playbacks,
            'the source does not say, or not in words that are known'
        ),
        (
            11,
            'playbacks in a private session',
            counted.private,
            counted.playbacks,
            'counted like all others, unless excluded'
        ),
        (
            12,
            'playbacks that may have been private',
            counted.perhaps_private,
            counted.playbacks,
            'only the extended streaming history tells'
        ),
        (
            13,
            'days outside of what is known',
            by_day.days_outside,
            by_day.days,
            'before the first or after the last playback: silence or missing data'
        )
    ) as gaps (position, what, touched, of_all, means)
order by gaps.position
