#!/bin/sh
# Runs once, when the database volume is new. The owner migrates; the product runs as a role without DDL.
set -eu
psql --set ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname postgres \
    --set owner_password="$NEWSROOM_OWNER_PASSWORD" --set app_password="$NEWSROOM_APP_PASSWORD" <<'SQL'
CREATE ROLE newsroom_owner LOGIN CREATEDB PASSWORD :'owner_password';
CREATE ROLE newsroom_app LOGIN PASSWORD :'app_password';
GRANT newsroom_app TO newsroom_owner;
CREATE DATABASE newsroom OWNER newsroom_owner;
SQL
