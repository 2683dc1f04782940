-- Of the asked stretches the one whose measure stands out most, of the longest kind that has any such: few
-- stretches before it have a small spread by chance, so those with more are asked first.
select
    kind,
    measure,
    first_date,
    last_date,
    value,
    stretches_before,
    median_before,
    deviation_before,
    is_most,
    is_least,
    robust_z,
    top_artist_id,
    top_artist_name
from figure_outliers
where is_asked and robust_z is not null
order by
    if(
        abs(robust_z) >= $standing_out,
        list_position(['period', 'month', 'week', 'day'], kind),
        5
    ) asc,
    stretches_before >= $enough_stretches desc,
    abs(robust_z) desc,
    measure asc,
    first_date asc
limit 1
