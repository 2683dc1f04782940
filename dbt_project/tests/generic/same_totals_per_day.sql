{#-
  Passes where the model and `source_model` have the same totals on each day of the event window (on every
  day where there is no window).

  `totals` maps the SQL expression of a total in the model to the one it must equal in `source_model`;
  `where` and `source_where` choose the rows. With `only_days_of_source`, days that `source_model` lacks are
  not compared.
-#}
{% test same_totals_per_day(
    model, source_model, totals, where='true', source_where='true', date_column='event_date',
    only_days_of_source=false
) %}

with found as (

    select
        {{ date_column }} as day,
        {%- for total in totals %}
        {{ total }} as total_{{ loop.index }}{{ ',' if not loop.last }}
        {%- endfor %}
    from {{ model }}
    where
        {{ where }}
        and {{ in_event_window(date_column) }}
    group by {{ date_column }}

),

expected as (

    select
        {{ date_column }} as day,
        {%- for total in totals.values() %}
        {{ total }} as total_{{ loop.index }}{{ ',' if not loop.last }}
        {%- endfor %}
    from {{ source_model }}
    where
        {{ source_where }}
        and {{ in_event_window(date_column) }}
    group by {{ date_column }}

)

select
    coalesce(found.day, expected.day) as day,
    {%- for total in totals %}
    found.total_{{ loop.index }} as found_{{ loop.index }},
    expected.total_{{ loop.index }} as expected_{{ loop.index }}{{ ',' if not loop.last }}
    {%- endfor %}
from expected
{{ 'left' if only_days_of_source else 'full outer' }} join found
    on expected.day = found.day
where
    {%- for total in totals %}
    found.total_{{ loop.index }} is distinct from expected.total_{{ loop.index }}
    {{- ' or' if not loop.last }}
    {%- endfor %}

{% endtest %}
