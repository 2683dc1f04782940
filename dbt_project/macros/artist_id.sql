{#- Id of an artist by the exact name: the hash that core.artists.artist_id is. Null for a null name. -#}
{% macro artist_id(name) -%}
    left(sha256({{ name }}), 16)
{%- endmacro %}
