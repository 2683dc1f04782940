{#- Passes where every value, in milliseconds, is null or between 0 and 60 minutes. -#}
{% test within_an_hour(model, column_name) %}

select *
from {{ model }}
where not coalesce({{ column_name }} between 0 and 3600000, true)

{% endtest %}
