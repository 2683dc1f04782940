{#- Id of an artist that no catalogue snapshot knows: a hash of the exact name. -#}
{% macro artist_id(name) -%}
    md5({{ name }})
{%- endmacro %}
