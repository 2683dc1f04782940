{#-
  Passes where, per value of `by`, the column adds up to `whole_column` of `whole`, but for rounding.

  `tolerance` is relative to the whole. A group that only one side has fails. Without `by`, the two totals
  are compared. Both may be SQL expressions. In a run with an event window, an incremental model is compared
  on the days of the window where `by` is its date column, and otherwise not at all: totals need every day.
-#}
{% test parts_sum_to_whole(model, column_name, whole, whole_column, by=none, tolerance=1e-9) %}
{%- set group = by if by is not none else "'all'" %}
{%- set condition = 'true' %}
{%- if is_windowed_test() %}
    {%- set tested = graph.nodes[context['model'].attached_node].config %}
    {%- set condition = in_event_window(by) if by and by == tested.get('event_time') else 'false' %}
{%- endif %}

with parts as (

    select
        {{ group }} as group_key,
        sum({{ column_name }}) as total
    from {{ model }}
    where {{ condition }}
    group by 1

),

wholes as (

    select
        {{ group }} as group_key,
        sum({{ whole_column }}) as total
    from {{ whole }}
    where {{ condition }}
    group by 1

)

select
    coalesce(parts.group_key, wholes.group_key) as group_key,
    parts.total as parts_total,
    wholes.total as whole_total
from parts
full outer join wholes
    on parts.group_key = wholes.group_key
where
    parts.group_key is null
    or wholes.group_key is null
    or not coalesce(
        abs(parts.total - wholes.total) <= {{ tolerance }} * greatest(abs(wholes.total), 1),
        parts.total is null and wholes.total is null
    )

{% endtest %}
