{#-
  The days asked for by `--event-time-start` (inclusive) and `--event-time-end` (exclusive).

  Returns none when neither is given: the whole history. dbt itself refuses one without the other.

  `SPOTIFY_EVENT_WINDOW` is what stands for the two where SQL is compiled for windows that are not known yet
  (spotify_assets/assets/dbt_tests.py).
-#}
{% macro event_window() %}
    {%- set stands_for = env_var('SPOTIFY_EVENT_WINDOW', '').split(' to ') -%}
    {%- if stands_for | length == 2 -%}
        {{ return({'start': stands_for[0], 'end': stands_for[1]}) }}
    {%- endif -%}
    {%- set start = invocation_args_dict.get('event_time_start') -%}
    {%- set end = invocation_args_dict.get('event_time_end') -%}
    {%- if start is none or end is none -%}
        {{ return(none) }}
    {%- endif -%}
    {%- for moment in (start, end) if moment.strftime('%H:%M:%S') != '00:00:00' -%}
        {{ exceptions.raise_compiler_error(
            "The event window " ~ start ~ " to " ~ end ~ " must start and end at midnight UTC: "
            ~ "a slice is replaced by whole days."
        ) }}
    {%- endfor -%}
    {%- if flags.FULL_REFRESH -%}
        {{ exceptions.raise_compiler_error(
            "--full-refresh with an event window would drop every other day: give one or the other."
        ) }}
    {%- endif -%}
    {{ return({'start': start.strftime('%Y-%m-%d'), 'end': end.strftime('%Y-%m-%d')}) }}
{% endmacro %}


{#- Condition that a date lies in the event window; true for every row where there is no window. -#}
{% macro in_event_window(date_column) -%}
    {%- set window = event_window() -%}
    {%- if window is none -%}
        true
    {%- else -%}
        ({{ date_column }} >= date '{{ window.start }}' and {{ date_column }} < date '{{ window.end }}')
    {%- endif -%}
{%- endmacro %}


{#- Condition that the days from one column to another (both included) meet the event window; true without one. -#}
{% macro meets_event_window(first_column, last_column) -%}
    {%- set window = event_window() -%}
    {%- if window is none -%}
        true
    {%- else -%}
        ({{ first_column }} < date '{{ window.end }}' and {{ last_column }} >= date '{{ window.start }}')
    {%- endif -%}
{%- endmacro %}


{#-
  Condition that a row of a model depends on days of the event window.

  A model whose rows are made from one day names its column with `event_time`. One whose rows may be made from
  several days names the columns of the first and the last of them in `meta.made_from`.
-#}
{% macro depends_on_event_window(model_config) -%}
    {%- set made_from = (model_config.get('meta') or {}).get('made_from') -%}
    {%- if made_from -%}
        {{ meets_event_window(made_from[0], made_from[1]) }}
    {%- else -%}
        {{ in_event_window(model_config.get('event_time')) }}
    {%- endif -%}
{%- endmacro %}


{#- Whether this run replaces some rows of a table that is there; otherwise the model is made of all there is. -#}
{% macro is_window_run() %}
    {{ return(event_window() is not none and is_incremental()) }}
{% endmacro %}


{#-
  Common table expressions for a model whose rows are made from several days: `changed_keys`, the rows to be
  made anew, and `days_to_read`, the days of all they are made from.

  A row is made anew when one of the `sources` has it in the event window, or when it was made from a day
  of the window. `known_by` limits which rows of the model are searched for the changed keys; it must hold for
  every row that shares its key with a source row of the window.
-#}
{% macro rewritten_rows(keys, sources, known_by='true') -%}
{%- set window = event_window() -%}
changed_keys as (

    {%- for source in sources %}
    select {{ keys | join(', ') }}
    from {{ source }}
    where {{ in_event_window('event_date') }}
    union
    {%- endfor %}
    select {{ keys | join(', ') }}
    from {{ this }}
    where {{ meets_event_window('first_event_date', 'last_event_date') }}

),

days_of_changed_rows as (

    select
        min(known.first_event_date) as first_day,
        max(known.last_event_date) as last_day
    from {{ this }} as known
    inner join changed_keys using ({{ keys | join(', ') }})
    where {{ known_by }}

),

days_to_read as (

    select
        cast(unnest(generate_series(
            least(first_day, date '{{ window.start }}'),
            greatest(last_day, date '{{ window.end }}' - 1),
            interval 1 day
        )) as date) as event_date
    from days_of_changed_rows

),
{%- endmacro %}


{#- Whether a source's row is of a row that `rewritten_rows`, which stands before it, names; in a run of a window. -#}
{% macro of_rewritten_rows(keys, relation='') -%}
{%- set begins = relation ~ '.' if relation else '' -%}
{{ begins }}event_date in (select days_to_read.event_date from days_to_read)
and ({{ begins }}{{ keys | join(', ' ~ begins) }}) in (
    select (changed_keys.{{ keys | join(', changed_keys.') }}) from changed_keys
)
{%- endmacro %}


{#- The most days over which a session is followed back; spotify_assets/transforms/sessions.py cuts it there. -#}
{% macro longest_session_days() -%}
    64
{%- endmacro %}


{#-
  Incremental strategy `event_window`: replaces the rows that depend on the days of the window, and without a
  window every row.

  Deleting by window rather than by key also removes rows that are gone from the source. Rows made anew that
  did not depend on the window before are replaced by `unique_key`. All is one transaction.

  A row that is replaced was made from days that the new one is made from as well, so none ends before the first
  day of the new rows: older ones need no look.
-#}
{% macro get_incremental_event_window_sql(arg_dict) %}
    {%- set columns = get_quoted_csv(arg_dict['dest_columns'] | map(attribute='name')) -%}
    {%- set unique_key = arg_dict['unique_key'] -%}
    {%- set keys = [unique_key] if unique_key is string else unique_key -%}
    delete from {{ arg_dict['target_relation'] }}
    where {{ depends_on_event_window(config) }};

    {%- if keys and event_window() is not none %}
    {%- set made_from = (config.get('meta') or {}).get('made_from') or [config.get('event_time')] * 2 -%}
    {%- set first_days = run_query(
        'select cast(min(' ~ made_from[0] ~ ') as varchar) from ' ~ arg_dict['temp_relation']
    ) -%}
    {%- set first_day = first_days.columns[0].values()[0] -%}
    {%- if first_day is not none %}
    delete from {{ arg_dict['target_relation'] }}
    where
        {{ made_from[1] }} >= date '{{ first_day }}'
        and ({{ keys | join(', ') }}) in (
            select ({{ keys | join(', ') }}) from {{ arg_dict['temp_relation'] }}
        );
    {%- endif %}
    {%- endif %}

    insert into {{ arg_dict['target_relation'] }} ({{ columns }})
    select {{ columns }}
    from {{ arg_dict['temp_relation'] }}
{% endmacro %}
