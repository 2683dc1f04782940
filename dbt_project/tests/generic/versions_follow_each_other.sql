{#-
  Passes where each version of a key is there once, ends after it began, when the next one begins, and is the
  current one exactly where it does not end.
-#}
{% test versions_follow_each_other(model, key) %}

with versions as (

    select
        {{ key }} as key,
        version,
        valid_from,
        valid_to,
        is_current,
        count(*) over (partition by {{ key }}, version) as copies
    from {{ model }}

)

select versions.*
from versions
left join versions as following
    on
        versions.key = following.key
        and following.version = versions.version + 1
where
    versions.copies > 1
    or versions.is_current <> (versions.valid_to is null)
    or versions.valid_to <= versions.valid_from
    or versions.valid_to <> following.valid_from
    or (versions.valid_to is null and following.key is not null)

{% endtest %}
