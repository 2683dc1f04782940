{#- Passes where every value is null or lies between 0 and 1. -#}
{% test is_rate(model, column_name) %}

select *
from {{ model }}
where not coalesce({{ column_name }} between 0 and 1, true)

{% endtest %}
