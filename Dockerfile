# One image that works alone: the webserver, the daemon and the code location, one of them where a command says so.
# `--target dashboard` makes another one, which shows the published copy and can write nothing.
FROM python:3.11-slim AS build
WORKDIR /app
# With the driver of Postgres and the client of Kafka, so that both can be used by a setting.
COPY requirements.lock requirements-login.lock requirements-postgres.lock \
     requirements-stream.lock ./
RUN python -m venv .venv \
    && .venv/bin/pip install --no-cache-dir --no-deps --require-hashes \
        -r requirements.lock -r requirements-login.lock -r requirements-postgres.lock -r requirements-stream.lock
COPY pyproject.toml README.md LICENSE ./
COPY spotify_assets ./spotify_assets
RUN .venv/bin/pip install --no-cache-dir --no-deps --no-build-isolation --editable . \
    && .venv/bin/python -m compileall -q spotify_assets
COPY dbt_project ./dbt_project
# The manifest is built into the image, for the warehouse path that containers use.
RUN SPOTIFY_WAREHOUSE=/data/warehouse.duckdb .venv/bin/dbt --quiet parse \
    --project-dir dbt_project --profiles-dir dbt_project

FROM python:3.11-slim AS runtime
# The OpenMP runtime that LightGBM links to, at whatever version the base image's Debian has.
# hadolint ignore=DL3008
RUN apt-get update && apt-get install --yes --no-install-recommends libgomp1 && rm -rf /var/lib/apt/lists/*
RUN useradd --create-home --uid 1000 app \
    && mkdir -p /data/inbox /data/processed /dagster \
    && chown -R app:app /data /dagster
WORKDIR /app
# What runs is root's; of /app the user writes only where dbt does.
COPY --from=build /app/.venv ./.venv
COPY --from=build /app/spotify_assets ./spotify_assets
COPY --from=build --chown=app:app /app/dbt_project ./dbt_project
COPY workspace.yaml ./
# What the dashboard says on hover.
COPY docs/definitions.md docs/metrics.md ./docs/
ENV PATH=/app/.venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    SPOTIFY_DATA_DIR=/data \
    DAGSTER_HOME=/dagster
# By number, so that an engine can see that it is not root.
USER 1000

FROM runtime AS dashboard
# Mount the published folder, read-only, at /data/processed. Only /tmp is written to.
ENV HOME=/tmp \
    PYTHONDONTWRITEBYTECODE=1
EXPOSE 8501
HEALTHCHECK --interval=30s --start-period=30s CMD ["python", "-c", \
    "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8501/_stcore/health', timeout=5)"]
ENTRYPOINT ["spotify-assets", "dashboard", "--no-browser", "--host", "0.0.0.0", "--port", "8501"]

FROM runtime
VOLUME ["/data", "/dagster"]
EXPOSE 3000
# It answers, has loaded the assets, and the daemon, without which a run stays queued, is at work.
HEALTHCHECK --interval=30s --start-period=120s --timeout=30s \
    CMD ["python", "-m", "spotify_assets.instance.healthy", "3000"]
# Everything by default. One of them alone: `dagster-webserver -h 0.0.0.0 -p 3000 -w workspace.yaml`,
# `dagster-daemon run -w workspace.yaml`, `dagster code-server start -h 0.0.0.0 -p 4000 -m spotify_assets.definitions`.
ENTRYPOINT ["python", "-m", "spotify_assets.instance.serve"]
CMD ["dagster", "dev", "-h", "0.0.0.0", "-p", "3000", "-w", "workspace.yaml"]
