-- What the served warehouse has beside its tables. Every statement may be run again.

create schema if not exists serving;

comment on schema serving is 'How the marts are published here, and who sees what. Readers need publishings alone.';

create table if not exists serving.publishings (
    publishing bigint generated always as identity primary key,
    published_at timestamptz not null default now(),
    rows_written bigint not null,
    rows_in_all bigint not null
);

comment on table serving.publishings is 'One row per publishing that changed something; the newest is what is there.';

create table if not exists serving.relations (
    relation text primary key,
    kind text not null check (kind in ('table', 'view', 'functions')),
    shape text not null
);

comment on table serving.relations is 'What was published, and a digest of its columns, keys, comments or SQL.';

create table if not exists serving.parts (
    relation text not null references serving.relations on delete cascade,
    part date,
    rows bigint not null,
    state text not null,
    unique nulls not distinct (relation, part)
);

comment on table serving.parts is 'One row per table and day of it (or all of it): a digest of its rows.';

create table if not exists serving.secret (
    only_row boolean primary key default true check (only_row),
    inner_key bytea not null,
    outer_key bytea not null
);

comment on table serving.secret is 'What declarations are signed with. Replaced: no declaration holds any more.';

-- DuckDB's round: in binary floating point, halves away from zero.
create or replace function serving.round(value double precision, digits integer)
returns double precision language sql immutable strict parallel safe
return sign(value) * floor(abs(value) * power(10::double precision, digits) + 0.5)
/ power(10::double precision, digits);

create or replace function serving.median_of(given double precision[])
returns double precision language sql immutable strict parallel safe
return (select percentile_cont(0.5) within group (order by value) from unnest(given) as value);

-- The median, which Postgres' own percentile_cont cannot give over a window.
create or replace aggregate serving.median(double precision) (
    sfunc = array_append, stype = double precision[], finalfunc = serving.median_of, initcond = '{}'
);

-- Two keyed hashes, one inside the other, as HMAC does.
create or replace function serving.signature(said text)
returns text language sql stable
begin atomic
select encode(sha256(secret.outer_key || sha256(secret.inner_key || convert_to(said, 'UTF8'))), 'hex')
from serving.secret;
end;

-- What a session says to be a listener: the name in base64, until when in seconds of Unix, and the signature.
create or replace function serving.declaration(listener text, valid_until timestamptz)
returns text language sql stable
begin atomic
select said.said || '.' || serving.signature(said.said)
from (
    select
        translate(encode(convert_to(listener, 'UTF8'), 'base64'), E'\n', '') || '.'
        || floor(extract(epoch from valid_until))::bigint::text as said
) as said;
end;

-- The listener that the session has declared. It runs with the rights of its owner, who alone knows the secret.
create or replace function serving.listener()
returns text language plpgsql stable security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    declared text := current_setting('listening.declared', true);
    parts text[] := string_to_array(declared, '.');
begin
    if coalesce(declared, '') = '' then
        raise insufficient_privilege using message = 'no listener is declared: '
            'set listening.declared to what spotify-assets postgres declare printed';
    end if;
    if array_length(parts, 1) is distinct from 3
        or parts[3] is distinct from serving.signature(parts[1] || '.' || parts[2]) then
        raise insufficient_privilege using message = 'listening.declared was not signed here';
    end if;
    if to_timestamp(parts[2]::double precision) <= now() then
        raise insufficient_privilege using message = 'listening.declared has expired: ask for a new one';
    end if;
    return convert_from(decode(parts[1], 'base64'), 'UTF8');
end
$$;

revoke all on function serving.signature(text), serving.declaration(text, timestamptz) from public;
