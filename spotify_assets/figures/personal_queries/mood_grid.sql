-- Tenths of each scale; 1 itself is in the last one.
select
    cast(least(floor(valence * 10), 9) as bigint) / 10 as valence_from,
    cast(least(floor(energy * 10), 9) as bigint) / 10 as energy_from,
    count(*) as streams
from listens
where is_music and is_stream and period = 'asked' and valence is not null and energy is not null
group by all
order by all
