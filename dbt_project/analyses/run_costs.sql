-- What do runs take, table by table: time, processors, memory, rows and storage?
-- A row without a table is a check, or what dbt needs beside its models.

with parameters as (

    select
        coalesce(getvariable('days'), 30) as day_count, -- how many days back
        coalesce(getvariable('top'), 30) as row_count -- how many tables, those with most processor time first

),

newest_run as (

    select max(started_at) as started_at
    from ops.run_costs

),

tables as (

    select
        run_costs.step,
        run_costs.table_name,
        count(distinct run_costs.run_id) as runs,
        sum(run_costs.wall_seconds) as wall_seconds,
        sum(run_costs.cpu_seconds) as cpu_seconds,
        max(run_costs.peak_memory_bytes) as peak_memory_bytes,
        sum(run_costs.rows_out) as rows_out,
        arg_max(run_costs.stored_bytes, run_costs.started_at) as stored_bytes
    from ops.run_costs as run_costs
    cross join newest_run
    cross join parameters
    where run_costs.started_at > newest_run.started_at - to_days(cast(parameters.day_count as integer))
    group by
        run_costs.step,
        run_costs.table_name

),

ranked as (

    select
        *,
        sum(cpu_seconds) over () as cpu_seconds_of_all,
        row_number() over (
            order by
                cpu_seconds desc,
                step asc,
                table_name asc
        ) as rank
    from tables

),

final as (

    select
        ranked.step,
        ranked.table_name,
        ranked.runs,
        round(ranked.wall_seconds, 1) as wall_seconds,
        round(ranked.cpu_seconds, 1) as cpu_seconds,
        round(ranked.cpu_seconds / ranked.cpu_seconds_of_all, 4) as share_of_cpu,
        round(ranked.peak_memory_bytes / 1000000, 0) as peak_memory_mb,
        ranked.rows_out,
        round(ranked.stored_bytes / 1000000, 1) as stored_mb
    from ranked
    cross join parameters
    where ranked.rank <= parameters.row_count

)

select *
from final
order by
    cpu_seconds desc,
    step asc,
    table_name asc
