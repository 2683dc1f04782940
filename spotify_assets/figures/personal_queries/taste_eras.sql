-- Stretches of quarters between which the artists changed: a boundary is where the half year before and the
-- half year after have least in common, less than in the two quarters on either side of it.
with quarters as (
    select
        id as artist_id,
        max(artist_name) as artist_name,
        date_trunc('quarter', local_date)::date as quarter,
        sum(streams) as streams
    from streamed
    where kind = 'artist'
    group by all
),

reach as (
    select
        min(quarter) as first_quarter,
        max(quarter) as last_quarter
    from quarters
),

boundaries as (
    select (unnest(generate_series(
        reach.first_quarter + interval 6 month,
        reach.last_quarter - interval 3 month,
        interval 3 month
    )))::date as boundary
    from reach
),

beside as (
    select
        boundaries.boundary,
        quarters.artist_id,
        coalesce(sum(quarters.streams) filter (where quarters.quarter < boundaries.boundary), 0)
            as streams_before,
        coalesce(sum(quarters.streams) filter (where quarters.quarter >= boundaries.boundary), 0)
            as streams_after
    from boundaries
    inner join quarters
        on
            quarters.quarter >= boundaries.boundary - interval 6 month
            and quarters.quarter < boundaries.boundary + interval 6 month
    group by boundaries.boundary, quarters.artist_id
),

shares as (
    select
        boundary,
        streams_before / nullif(sum(streams_before) over (partition by boundary), 0) as share_before,
        streams_after / nullif(sum(streams_after) over (partition by boundary), 0) as share_after
    from beside
),

likeness as (
    select
        boundary,
        coalesce(sum(least(share_before, share_after)), 0) as in_common
    from shares
    group by boundary
),

beside_each_other as (
    select
        *,
        min(in_common) over (order by boundary rows between 2 preceding and 2 following) as least_around,
        min(in_common) over (order by boundary rows between 2 preceding and 1 preceding) as least_before
    from likeness
),

lowest as (
    select
        boundary,
        in_common
    from beside_each_other
    where
        in_common < $era_in_common
        and in_common = least_around
        and (least_before is null or in_common < least_before)
),

starts as (
    select
        first_quarter as starts_on,
        null::double as in_common
    from reach
    where first_quarter is not null
    union all
    select
        boundary as starts_on,
        in_common
    from lowest
),

eras as (
    select
        starts_on,
        in_common,
        lead(starts_on) over (order by starts_on) as next_starts_on,
        row_number() over (order by starts_on) as era
    from starts
),

of_era as (
    select
        eras.era,
        quarters.artist_id,
        max(quarters.artist_name) as artist_name,
        sum(quarters.streams) as streams
    from eras
    inner join quarters
        on
            eras.starts_on <= quarters.quarter
            and (eras.next_starts_on is null or eras.next_starts_on > quarters.quarter)
    group by eras.era, quarters.artist_id
),

of_all as (
    select
        *,
        streams / sum(streams) over (partition by era) as share_of_era,
        sum(streams) over (partition by artist_id) / sum(streams) over () as share_of_all,
        sum(streams) over (partition by era) as streams_of_era
    from of_era
),

ranked as (
    select
        *,
        row_number() over (
            partition by era
            order by streams * (share_of_era - share_of_all) desc, streams desc, artist_id asc
        ) as rank
    from of_all
)

select
    eras.era,
    eras.starts_on,
    coalesce(
        (eras.next_starts_on - 1)::date,
        (
            select least(periods.last_date, listener.last_listen_date)
            from periods cross join listener
            where periods.period = 'asked'
        )
    ) as ends_on,
    eras.in_common as in_common_with_before,
    ranked.rank,
    ranked.artist_id,
    ranked.artist_name,
    (ranked.streams)::bigint as streams,
    ranked.share_of_era,
    ranked.share_of_all,
    (ranked.streams_of_era)::bigint as streams_of_era
from eras
inner join ranked on eras.era = ranked.era and ranked.rank <= $artists_of_era
order by eras.era, ranked.rank
