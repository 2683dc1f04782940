-- Aalen-Johansen: completion competes with the skip, an abandoned playback is censored.

with ends as (

    select
        second,
        cast(sum(plays) as bigint) as plays,
        cast(sum(skips) as bigint) as skips,
        cast(sum(completes) as bigint) as completes,
        cast(sum(abandons) as bigint) as abandons
    from {{ ref('daily_skip_seconds') }}
    group by second

),

at_risk as (

    select
        *,
        cast(sum(plays) over (order by second desc) as bigint) as playing
    from ends

),

hazards as (

    select
        *,
        skips / playing as hazard,
        coalesce(
            product(1 - (skips + completes) / playing) over (
                order by second
                rows between unbounded preceding and 1 preceding
            ),
            1
        ) as still_playing
    from at_risk

),

final as (

    select
        second,
        playing,
        skips,
        completes,
        abandons,
        hazard,
        greatest(1 - sum(still_playing * hazard) over (order by second), 0) as survival
    from hazards

)

select *
from final
