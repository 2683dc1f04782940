{#- Playbacks of a group, and how they ended: counts that are the same wherever playbacks are counted. -#}
{% macro outcome_counts() -%}
    count(*) as plays,
        count(*) filter (where is_stream) as streams,
        count(*) filter (where is_skip) as skips,
        count(*) filter (where is_complete) as completes,
        count(*) filter (where is_abandoned) as abandons,
        count(*) filter (where is_outcome_unknown) as unknowns
{%- endmacro %}


{#- Skips among the playbacks whose outcome is known, null where none is: of a relation, or of the counts beside it. -#}
{% macro skip_rate(relation=none) -%}
    {%- set counts = relation ~ '.' if relation else '' -%}
    {{ counts }}skips / nullif({{ counts }}plays - {{ counts }}unknowns, 0)
{%- endmacro %}
