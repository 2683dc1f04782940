{#-
  The days asked for by `--event-time-start` (inclusive) and `--event-time-end` (exclusive).

  Returns none when neither is given: the whole history. dbt itself refuses one without the other.
-#}
{% macro event_window() %}
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


{#-
  Incremental strategy `event_window`: replaces the days of the window, and without a window every day.

  Deleting by window rather than by key also removes rows that are gone from the source. Delete and insert
  are one transaction.
-#}
{% macro get_incremental_event_window_sql(arg_dict) %}
    {%- set columns = get_quoted_csv(arg_dict['dest_columns'] | map(attribute='name')) -%}
    delete from {{ arg_dict['target_relation'] }}
    where {{ in_event_window(config.require('event_time')) }};

    insert into {{ arg_dict['target_relation'] }} ({{ columns }})
    select {{ columns }}
    from {{ arg_dict['temp_relation'] }}
{% endmacro %}
