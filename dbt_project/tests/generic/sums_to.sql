{#- Passes where the column adds up to `total` within each group, but for rounding. -#}
{% test sums_to(model, column_name, group_by, total=1, tolerance=1e-9) %}

select
    {{ group_by }},
    sum({{ column_name }}) as group_total
from {{ model }}
group by {{ group_by }}
having not coalesce(abs(sum({{ column_name }}) - {{ total }}) <= {{ tolerance }}, false)

{% endtest %}
