{#-
  Passes where the model agrees with what it is made from, all in one pass over each; a row that fails says
  which figure of which group differs.

  `totals` maps a total of the model to the one that it must equal in `source_model`, `at_most` to one that it
  must not be above: SQL expressions, per value of `by` (in the source `source_by`), or over all rows without
  it. `sums` names columns that both have. `where` and `source_where` choose the rows. `tolerance` is relative
  to what is expected. With `only_groups_of_source`, groups that the source lacks are not compared.

  `in_each_row` maps a column to what it must be by the other columns of its row (`mart.column` where a
  subquery asks for it), but for rounding; `over_all_rows` likewise, where that takes the other rows as well.

  In a run with an event window an incremental model is read on that window only. Its totals are compared where
  `by` is its date column, or where `source_days` gives the first and the last day that a row of the source
  counts for; others need every day, and wait for a run without a window.
-#}
{% test adds_up(
    model, source_model=none, totals={}, sums=[], at_most={}, by=none, source_by=none, where='true',
    source_where='true', source_days=none, only_groups_of_source=false, tolerance=0, in_each_row={},
    over_all_rows={}
) %}
{%- set compared = [] %}
{%- set group = by or "'all'" %}
{%- set source_group = source_by or group %}
{%- set condition, source_condition = 'true', 'true' %}
{%- set every_day_is_read = true %}
{%- if is_windowed_test() %}
    {%- set every_day_is_read = false %}
    {%- if by and by == graph.nodes[context['model'].attached_node].config.get('event_time') %}
        {%- set condition, source_condition = in_event_window(by), in_event_window(source_group) %}
        {%- set every_day_is_read = true %}
    {%- elif source_days %}
        {%- set source_condition = meets_event_window(source_days[0], source_days[1]) %}
        {%- set every_day_is_read = true %}
    {%- endif %}
{%- endif %}
{%- if every_day_is_read %}
    {%- for total, expected in totals.items() %}{% do compared.append((total, expected, false)) %}{% endfor %}
    {%- for column in sums %}
        {%- do compared.append(('sum(' ~ column ~ ')', 'sum(' ~ column ~ ')', false)) %}
    {%- endfor %}
    {%- for total, limit in at_most.items() %}{% do compared.append((total, limit, true)) %}{% endfor %}
{%- endif %}
{%- set of_rows = dict(in_each_row) %}
{%- if not is_windowed_test() %}{% do of_rows.update(over_all_rows) %}{% endif %}

with nothing as (

    select
        '' as group_key,
        '' as figure,
        cast(0 as double) as found,
        cast(0 as double) as expected
    where false

)

{% if compared %}
, found as (

    select
        {{ group }} as group_key,
        {%- for total, _, _ in compared %}
        cast(coalesce({{ total }}, 0) as double) as total_{{ loop.index }}{{ ',' if not loop.last }}
        {%- endfor %}
    from {{ model }}
    where
        ({{ where }})
        and {{ condition }}
    group by 1

),

expected as (

    select
        {{ source_group }} as group_key,
        {%- for _, total, _ in compared %}
        cast(coalesce({{ total }}, 0) as double) as total_{{ loop.index }}{{ ',' if not loop.last }}
        {%- endfor %}
    from {{ source_model }}
    where
        ({{ source_where }})
        and {{ source_condition }}
    group by 1

),

pairs as (

    select
        cast(coalesce(found.group_key, expected.group_key) as varchar) as group_key,
        unnest([
            {%- for total, _, is_limit in compared %}
            {
                'figure': '{{ total | replace("'", "''") }}',
                'found': coalesce(found.total_{{ loop.index }}, 0),
                'expected': coalesce(expected.total_{{ loop.index }}, 0),
                'is_limit': {{ is_limit | lower }}
            }{{ ',' if not loop.last }}
            {%- endfor %}
        ], recursive := true)
    from expected
    {{ 'left' if only_groups_of_source else 'full outer' }} join found
        on expected.group_key = found.group_key

)
{% endif %}

{% if of_rows %}
, calculated as (

    select
        *,
        {%- for column, expression in of_rows.items() %}
        cast({{ expression }} as double) as expected_{{ loop.index }}{{ ',' if not loop.last }}
        {%- endfor %}
    from (select * from {{ model }}) as mart

)
{% endif %}

select *
from nothing
{% if compared %}
union all
select
    group_key,
    figure,
    found,
    expected
from pairs
where
    case when is_limit then found - expected else abs(found - expected) end
    > {{ tolerance }} * greatest(abs(expected), 1)
{% endif %}
{% for column in of_rows %}
union all
select
    cast({{ group }} as varchar) as group_key,
    '{{ column }}' as figure,
    cast({{ column }} as double) as found,
    expected_{{ loop.index }} as expected
from calculated
where
    coalesce(
        abs(cast({{ column }} as double) - expected_{{ loop.index }})
        > 1e-9 * greatest(abs(expected_{{ loop.index }}), 1),
        ({{ column }} is null) <> (expected_{{ loop.index }} is null)
    )
{% endfor %}

{% endtest %}
