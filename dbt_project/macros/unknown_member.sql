{#- Key of the row that stands for whatever has no id of its own; no Spotify id looks like it. -#}
{% macro unknown_member() -%}
    'unknown'
{%- endmacro %}
