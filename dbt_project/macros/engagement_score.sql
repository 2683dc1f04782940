{#-
  Engagement of a listener on a day, in points: a track heard to its end counts 2, one left after it counted
  as a stream 1 or, if skipped, 0, one skipped before that -1, one added to a playlist 3. Points add up over
  days and listeners.
-#}
{% macro engagement_score(streams, completes, skips, playlist_adds) -%}
    ({{ streams }} + {{ completes }} - {{ skips }} + 3 * {{ playlist_adds }})
{%- endmacro %}
