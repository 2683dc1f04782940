{#-
  A source without its database, so that a view on it also works in a copy of the warehouse: the name of a
  DuckDB database is that of its file.
-#}
{% macro source(source_name, table_name) %}
    {{ return(builtins.source(source_name, table_name).include(database=false)) }}
{% endmacro %}
