{#-
  The IANA zone whose clock the listener lives by: the one they declared; the main zone of the playback's
  country for those who declared that their hours follow it, or nothing; where the country is unknown, the
  declared zone or else the default. The same rule as spotify_assets/transforms/zones.py.

  `profile` and `country` are relations with the columns of stg_user_profiles and stg_countries.
-#}
{% macro time_zone_of(profile, country) -%}
    coalesce(
        case when not {{ profile }}.is_following_country then {{ profile }}.time_zone end,
        {{ country }}.time_zone,
        {{ profile }}.time_zone,
        {{ default_time_zone() }}
    )
{%- endmacro %}


{#- The zone of listeners of whom nothing is known: a setting of the product. -#}
{% macro default_time_zone() -%}
    '{{ env_var("SPOTIFY_DEFAULT_TIME_ZONE", "UTC") }}'
{%- endmacro %}


{#- A UTC moment on the clock of a zone, daylight saving included. -#}
{% macro in_time_zone(moment, time_zone) -%}
    timezone({{ time_zone }}, timezone('UTC', {{ moment }}))
{%- endmacro %}
