{#-
  What a generic test reads of the model it is attached to: in a run with an event window only the rows that
  depend on it, so that the cost of a test does not grow with history.

  Models that do not say which days their rows are made from are read whole, as is whatever a test names
  beside its model.
-#}
{% macro default__get_where_subquery(relation) -%}
    {%- set conditions = [] -%}
    {%- if config.get('where') -%}
        {%- do conditions.append('(' ~ config.get('where') ~ ')') -%}
    {%- endif -%}
    {%- if is_windowed_test() -%}
        {%- do conditions.append(depends_on_event_window(graph.nodes[model.attached_node].config)) -%}
    {%- endif -%}
    {%- if conditions -%}
        (select * from {{ relation }} where {{ conditions | join(' and ') }}) as {{ relation.identifier }}
    {%- else -%}
        {{ relation }}
    {%- endif -%}
{%- endmacro %}


{#- Whether the test that is being compiled reads the event window of its model only. -#}
{% macro is_windowed_test() %}
    {%- if not execute or event_window() is none -%}
        {{ return(false) }}
    {%- endif -%}
    {%- set tested = graph.nodes.get(model.get('attached_node')) -%}
    {{ return(tested is not none and tested.config.get('materialized') == 'incremental') }}
{% endmacro %}
