{#- Condition that a name is the one asked for: `%` stands for any text, case does not matter, and no other sign
    is more than itself. A text that begins with `=` asks for what follows it, to the letter. -#}
{% macro is_like(name, asked) -%}
    case
        when starts_with({{ asked }}, '=') then {{ name }} = substr({{ asked }}, 2)
        else {{ name }} ilike replace(replace({{ asked }}, '!', '!!'), '_', '!_') escape '!'
    end
{%- endmacro %}
