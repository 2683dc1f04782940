{#-
  Condition that a version of a track or an artist (an alias of a `dim_*_history` model) is the one of a day:
  the newest at or before it, and for days before the first snapshot the earliest one.
-#}
{% macro is_version_on(history, day) -%}
    (
        ({{ day }} >= {{ history }}.valid_from or {{ history }}.version = 1)
        and ({{ day }} < {{ history }}.valid_to or {{ history }}.valid_to is null)
    )
{%- endmacro %}
