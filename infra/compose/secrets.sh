#!/bin/sh
# Writes the secrets of compose.yaml into .env, random ones, readable by its owner alone. What stands there stays,
# so it can be run again; remove a line to have another secret (Postgres keeps the ones that it was made with).
set -eu
file=${1:-.env}
umask 077
touch "$file"
chmod 600 "$file"
for name in POSTGRES_PASSWORD DAGSTER_PASSWORD PUBLISHER_PASSWORD STORE_ACCESS_KEY STORE_SECRET_KEY; do
    if ! grep -q "^$name=." "$file"; then
        # Letters and digits alone, so that it can stand in an address.
        secret=$(od -An -N24 -tx1 /dev/urandom | tr -d ' \n')
        [ ${#secret} -eq 48 ] || { echo "no random bytes from /dev/urandom" >&2; exit 1; }
        [ -z "$(tail -c1 "$file")" ] || echo >> "$file"
        echo "$name=$secret" >> "$file"
        echo "$name is new in $file"
    fi
done
