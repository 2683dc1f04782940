{#-
  Condition that a version of a track or an artist (an alias of a `dim_*_history` model) is the one of a day:
  the newest at or before it, and for days before the first snapshot the earliest one.
-#}
{% macro is_version_on(history, day) -%}
    (
        ({{ day }} >= {{ history }}.valid_from or {{ history }}.version = 1)
        and ({{ day }} < {{ history }}.valid_to or {{ history }}.valid_to is null)
    )
{%- endmacro %}

{#-
  CTEs from `snapshots` (one row per {{ key }} and snapshot_date, with everything that is told of it in the struct
  `described`) to `with_ends`: one row per {{ key }} and version, which lasts until something told of it changes.
-#}
{% macro versions_of_snapshots(key) -%}
with_previous as (

    select
        *,
        lag(described) over (
            partition by {{ key }}
            order by snapshot_date
        ) as previous
    from snapshots

),

with_changes as (

    select
        *,
        coalesce(described <> previous, true) as is_change
    from with_previous

),

with_versions as (

    select
        *,
        count(*) filter (where is_change) over (
            partition by {{ key }}
            order by snapshot_date
        ) as version
    from with_changes

),

versions as (

    select
        {{ key }},
        version,
        any_value(described) as described,
        min(snapshot_date) as valid_from,
        max(snapshot_date) as last_snapshot_date,
        count(*) as snapshots
    from with_versions
    group by
        {{ key }},
        version

),

with_ends as (

    select
        *,
        lead(valid_from) over (
            partition by {{ key }}
            order by version
        ) as valid_to
    from versions

)
{%- endmacro %}
