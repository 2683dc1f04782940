{#- Whether dbt builds in a DuckLake, which knows NOT NULL and no other constraint. -#}
{% macro in_lakehouse() -%}
    {{ return(target.name == 'lakehouse') }}
{%- endmacro %}


{#- The columns of a table with their constraints; in a DuckLake with those alone that it knows. -#}
{% macro duckdb__get_table_columns_and_constraints() -%}
    {%- if not in_lakehouse() -%}
        {{ return(table_columns_and_constraints()) }}
    {%- endif -%}
    {%- set columns = {} -%}
    {%- for name, column in model['columns'].items() -%}
        {%- set known = column['constraints'] | selectattr('type', 'equalto', 'not_null') | list -%}
        {%- do columns.update({name: dict(column, constraints=known)}) -%}
    {%- endfor -%}
    ({{ adapter.render_raw_columns_constraints(raw_columns=columns) | join(', ') }})
{%- endmacro %}


{#- After a table was made in a DuckLake: an error, which undoes it, where a row breaks a CHECK. -#}
{% macro assert_checks() -%}
    {%- if in_lakehouse() and execute -%}
        {%- set checks = model['constraints'] | list -%}
        {%- for column in model['columns'].values() -%}
            {%- do checks.extend(column['constraints']) -%}
        {%- endfor -%}
        {%- set checks = checks | selectattr('type', 'equalto', 'check') | map(attribute='expression') | list -%}
        {%- if checks -%}
            select
            {%- for check in checks %}
                count(
                    case when not ({{ check }}) then error('CHECK ({{ check | replace("'", "''") }}) in {{ this }}') end
                ) {{- ',' if not loop.last }}
            {%- endfor %}
            from {{ this }}
        {%- endif -%}
    {%- endif -%}
{%- endmacro %}
