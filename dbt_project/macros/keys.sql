{#- Id of an artist by the exact name: the hash that core.artists.artist_id is. Null for a null name. -#}
{% macro artist_id(name) -%}
    left(sha256({{ name }}), 16)
{%- endmacro %}


{#- Id of an album by its exact name and first artist; null where it has no name. -#}
{% macro album_id(artist_id, name) -%}
    left(sha256({{ artist_id }} || ':' || {{ name }}), 16)
{%- endmacro %}


{#- Key of the row that stands for whatever has no id of its own; no Spotify id looks like it. -#}
{% macro unknown_member() -%}
    'unknown'
{%- endmacro %}


{#- Spotify's own code for a country it does not know. -#}
{% macro unknown_country() -%}
    'ZZ'
{%- endmacro %}


{#- Condition that a track key is a Spotify id: other tracks are known by their names only. -#}
{% macro is_spotify_id(track_key) -%}
    length({{ track_key }}) = 22
{%- endmacro %}
