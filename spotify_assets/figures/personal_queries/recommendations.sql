select
    recommended.task,
    recommended.rank,
    recommended.cutoff_date,
    recommended.track_id,
    coalesce(shown.track_name, recommended.track_id) as track_name,
    shown.primary_artist_name as artist_name,
    recommended.score,
    recommended.reason
from recommended
left join marts.dim_track as shown on recommended.track_id = shown.track_id
order by recommended.task asc, recommended.rank asc
