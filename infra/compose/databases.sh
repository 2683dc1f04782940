#!/bin/sh
# Run once by the container of Postgres, when its volume is new: a database and a login for Dagster's runs and
# events, and one for the served marts. The login that publishes may create the roles of docs/postgres.md.
set -eu
psql --set ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname postgres \
    --set dagster="$DAGSTER_PASSWORD" --set publisher="$PUBLISHER_PASSWORD" <<'SQL'
create role dagster login password :'dagster';
create role publisher login createrole password :'publisher';
create database dagster owner dagster;
create database listening owner publisher;
revoke connect on database dagster from public;
revoke connect on database listening from public;
revoke all on database postgres from public;
SQL
