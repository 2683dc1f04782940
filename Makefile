# Two commands: `make demo` and `make test`. Everything else is a convenience over `spotify-assets`.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# Each environment is installed once and again only when its lock file changes.
RUNTIME := $(VENV)/.installed-runtime
DEV := $(VENV)/.installed-dev
BENCH := $(VENV)/.installed-bench
OLDER_DUCKDB := $(VENV)/duckdb-1.5
PIP_INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check

# Compiled once, not again by each of the many processes that the tests start.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help demo secrets test test-slow test-stream kafka test-postgres test-store readers test-cluster test-e2e test-conformance up dashboard lint types format dbt-parse validate docs lock test-duckdb-1.5 scan bench performance scale soak faults fuzz explore mutate clean

help:
	@echo "make demo    generate listening, build everything, check it, sum it up"
	@echo "make test    the test suite; make test-slow: kills, full disks, real servers; make test-stream: a real Kafka"
	@echo "make test-postgres the marts in a real PostgreSQL, with kills, faults and roles"
	@echo "make test-store the lake in a real S3 server, with faults, kills and restarts"
	@echo "make test-cluster a lakehouse in a real Postgres, slices on a real Spark, with kills"
	@echo "make test-e2e the real UI and daemon, driven by a browser"
	@echo "make test-conformance  Dagster's own tests of what our classes derive from"
	@echo "make up      the Dagster UI on http://127.0.0.1:3000 and the dashboard, with what demo made"
	@echo "make secrets passwords for compose.yaml, before the first docker compose up"
	@echo "make dashboard  only the dashboard, on http://127.0.0.1:8501"
	@echo "make lint types dbt-parse validate scan  what CI runs beside the tests"
	@echo "make bench   speed and memory, side by side (SIZE=10M for more); make fuzz: 10,000 broken files through the import"
	@echo "make performance  instructions of a few pieces of work, compared with those noted (valgrind)"
	@echo "make scale   what a cluster costs (KIND=ratios, model or native); make soak: a lakehouse for HOURS=24"
	@echo "make faults  a stream whose processes, brokers, disk and store all die, and what was lost and doubled"
	@echo "make explore property tests with examples nobody has seen; make mutate: are the tests able to fail"

$(VENV):
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 14))' || \
		{ echo "Python 3.11 to 3.13 is needed; name one with: make PYTHON=python3.12 …" >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(RUNTIME): requirements.lock pyproject.toml | $(VENV)
	@echo "Installing what the product needs (about a minute) …"
	@$(PIP_INSTALL) --no-deps --require-hashes -r requirements.lock
	@$(PIP_INSTALL) --no-deps --no-build-isolation --editable .
	@mkdir -p data/inbox
	@touch $@

$(DEV): requirements-dev.lock $(RUNTIME)
	@echo "Installing what the tests need …"
	@$(PIP_INSTALL) --no-deps --require-hashes -r requirements-dev.lock
	@touch $@

demo: $(RUNTIME)
	@$(BIN)/spotify-assets demo

up: $(RUNTIME)
	@$(BIN)/spotify-assets up

dashboard: $(RUNTIME)
	@$(BIN)/spotify-assets dashboard

# Random passwords for compose.yaml, in .env; needs neither Python nor Docker.
secrets:
	@sh infra/compose/secrets.sh

test: $(DEV)
	$(BIN)/python -m pytest --numprocesses 2 --dist loadscope --no-loadscope-reorder -m "not slow and not e2e and not stream and not store and not postgres and not cluster" $(PYTEST_ARGS)

# Processes that are really killed, full disks, servers that are really started; property tests with all their examples.
test-slow: $(DEV)
	HYPOTHESIS_PROFILE=thorough $(BIN)/python -m pytest --numprocesses 2 --dist loadscope --no-loadscope-reorder -m "(slow or hypothesis) and not e2e and not store and not postgres and not cluster"

# A real Kafka, started on loopback from its jars; needs Java 17 and Maven, and says so where they are missing.
KAFKA_JARS := .cache/kafka
test-stream: $(DEV) kafka
	$(BIN)/python -m pytest tests/stream -m stream -rs $(PYTEST_ARGS)

# Ceph's S3 gateway, started on loopback from Debian's packages; what is missing is said where it is not there.
# With PYTEST_ARGS="-m store" also 50 kills, a store gone for two minutes, and a client that gives up.
test-store: $(DEV) kafka
	$(BIN)/python -m pytest tests/store -m "store and not slow" -rs $(PYTEST_ARGS)

# PostgreSQL on loopback from Debian's packages; what is missing is said where it is not there.
# With PYTEST_ARGS="-m postgres" also 50 kills.
test-postgres: $(DEV)
	$(BIN)/python -m pytest tests/postgres -m "postgres and not slow" -rs $(PYTEST_ARGS)
# A lakehouse and Spark. DuckDB's ducklake comes as a wheel for the last DuckDB 1.5 alone, which stands in front of
# the installed one on the path. With PYTEST_ARGS="-m cluster" also the whole graph, kills and cuts.
LAKEHOUSE := $(VENV)/lakehouse
test-cluster: $(BENCH) $(LAKEHOUSE)/.installed
	PYTHONPATH=$(CURDIR)/$(LAKEHOUSE) $(BIN)/python -m pytest tests/cluster -m "cluster and not slow" -rs $(PYTEST_ARGS)

$(LAKEHOUSE)/.installed: requirements-lakehouse.lock | $(DEV)
	@$(PIP_INSTALL) --no-deps --upgrade --require-hashes --target $(LAKEHOUSE) -r requirements-lakehouse.lock
	@touch $@

kafka: $(KAFKA_JARS)/.fetched

# Maven verifies the checksums that the repository gives; then they are compared with those that are kept here.
$(KAFKA_JARS)/.fetched: tests/servers/kafka/pom.xml tests/servers/kafka/sha256sums
	@command -v mvn >/dev/null || { echo "No Kafka: Maven is not installed; the tests that need it are skipped" >&2; exit 0; }; \
	rm -rf $(KAFKA_JARS) && mkdir -p $(KAFKA_JARS) && \
	mvn --batch-mode --quiet --strict-checksums --file tests/servers/kafka/pom.xml dependency:copy-dependencies \
		-DoutputDirectory=$(CURDIR)/$(KAFKA_JARS) && \
	(cd $(KAFKA_JARS) && sha256sum --check --strict --quiet $(CURDIR)/tests/servers/kafka/sha256sums) && touch $@

# Spark and DuckDB's httpfs, by which make test-store reads what is published; without them it says what it skips.
SPARK_JARS := .cache/spark
readers: $(BENCH) $(SPARK_JARS)/.fetched
	@$(PIP_INSTALL) --no-deps --upgrade --require-hashes --target $(OLDER_DUCKDB) -r requirements-httpfs.lock

$(SPARK_JARS)/.fetched: tests/servers/spark/pom.xml tests/servers/spark/sha256sums
	rm -rf $(SPARK_JARS) && mkdir -p $(SPARK_JARS)
	mvn --batch-mode --quiet --strict-checksums --file tests/servers/spark/pom.xml dependency:copy-dependencies \
		-DoutputDirectory=$(CURDIR)/$(SPARK_JARS)
	(cd $(SPARK_JARS) && sha256sum --check --strict --quiet $(CURDIR)/tests/servers/spark/sha256sums) && touch $@

# Dagster's own tests, from its source distribution; the wheel has none.
DAGSTER_TESTS := .cache/dagster-tests
test-conformance: $(DEV) $(DAGSTER_TESTS)/.fetched
	PYTHONPATH=$(DAGSTER_TESTS) $(BIN)/python -m pytest --numprocesses 2 tests/conformance $(PYTEST_ARGS)

$(DAGSTER_TESTS)/.fetched: requirements.lock | $(DEV)
	rm -rf $(DAGSTER_TESTS) && mkdir -p $(DAGSTER_TESTS)
	awk '/^dagster==/ {found = 1} found {print} found && !/\\$$/ {exit}' requirements.lock > $(DAGSTER_TESTS)/sdist.txt
	$(BIN)/python -m pip download --quiet --disable-pip-version-check --no-deps --no-binary :all: --require-hashes \
		--dest $(DAGSTER_TESTS) -r $(DAGSTER_TESTS)/sdist.txt
	cd $(DAGSTER_TESTS) && sdist=$$(echo dagster-*.tar.gz) && \
		tar -xzf "$$sdist" --strip-components 1 "$${sdist%.tar.gz}/dagster_tests"
	@touch $@

# The real webserver and daemon, and a headless Chromium; one test at a time.
test-e2e: $(DEV)
	$(BIN)/python -m pytest tests/e2e -m "not slow" $(PYTEST_ARGS)

lint: $(DEV)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/vulture
	SPOTIFY_WAREHOUSE=:memory: DBT_TARGET_PATH=$(CURDIR)/.cache/dbt $(BIN)/sqlfluff lint --disable-progress-bar dbt_project/models dbt_project/analyses
	$(BIN)/sqlfluff lint --templater placeholder --disable-progress-bar spotify_assets/figures
	$(BIN)/yamllint --strict .
	$(BIN)/cfn-lint infra/aws.yaml
	$(BIN)/hadolint Dockerfile
	$(BIN)/check-jsonschema --builtin-schema vendor.compose-spec compose.yaml compose.dashboard.yml
	$(BIN)/check-jsonschema --builtin-schema vendor.github-workflows .github/workflows/ci.yml

# The scanner pins much that the product pins otherwise, so it has an environment of its own. It asks nobody.
SCAN := $(VENV)/scan
$(SCAN)/.installed: requirements-scan.lock | $(VENV)
	@echo "Installing the security scanner …"
	$(BIN)/python -m venv $(SCAN)
	@$(SCAN)/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements-scan.lock
	@touch $@

scan: $(SCAN)/.installed
	$(SCAN)/bin/checkov --directory infra --skip-download --compact --quiet

types: $(DEV)
	$(BIN)/mypy

format: $(DEV)
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

dbt-parse: $(DEV)
	SPOTIFY_WAREHOUSE=:memory: $(BIN)/dbt parse --project-dir dbt_project --profiles-dir dbt_project \
		--target-path $(CURDIR)/.cache/dbt --log-path $(CURDIR)/.cache/dbt

validate: $(RUNTIME)
	$(BIN)/dagster definitions validate --workspace workspace.yaml

docs: $(DEV)
	$(BIN)/python -m spotify_assets.docs

# pandas and PySpark, which the product is compared with, and the DuckDB that Dagster's IO manager can read.
$(BENCH): requirements-bench.lock requirements-duckdb-1.5.lock $(DEV)
	@echo "Installing what the benchmarks compare with …"
	@$(PIP_INSTALL) --no-deps --require-hashes -r requirements-bench.lock
	@$(PIP_INSTALL) --no-deps --upgrade --require-hashes --target $(OLDER_DUCKDB) -r requirements-duckdb-1.5.lock
	@touch $@

# One after the other, at a million events; more with SIZE=10M or SIZE=100M. NOTE=--note makes it the baseline.
bench: $(BENCH) kafka
	$(BIN)/python -m tests.benchmarks --size $(or $(SIZE),1M) $(NOTE)

# Instructions of a few pieces of work, compared with those noted; NOTE=--note notes what is counted.
performance: $(DEV)
	$(BIN)/python -m tests.performance $(NOTE)

# What a cluster costs, and whether a model of it comes true: make scale KIND=ratios, model or native
scale: $(BENCH) $(LAKEHOUSE)/.installed
	PYTHONPATH=$(CURDIR)/$(LAKEHOUSE) $(BIN)/python -m tests.benchmarks.scale $(or $(KIND),ratios) $(SCALE_ARGS)

# Writes, kills, restarts and upkeep of a lakehouse for hours, compared with a file: make soak HOURS=24 SEED=1
soak: $(BENCH) $(LAKEHOUSE)/.installed
	PYTHONPATH=$(CURDIR)/$(LAKEHOUSE) $(BIN)/python -m tests.cluster.soak --hours $(or $(HOURS),24) --seed $(or $(SEED),1)

# Everything that can die dies while events pass: make faults EVENTS=5M (half an hour; root, Kafka and Ceph)
faults: $(DEV) kafka
	$(BIN)/python -m tests.benchmarks.stream_faults --events $(or $(EVENTS),1M)

# Reproducible by seed: make fuzz COUNT=100 SEED=7
fuzz: $(DEV)
	$(BIN)/python -m tests.fuzz --count $(or $(COUNT),10000) --seed $(or $(SEED),1)

# Other examples each time, where `make test` has the same ones.
explore: $(DEV)
	HYPOTHESIS_PROFILE=explore $(BIN)/python -m pytest --numprocesses 2 -m "hypothesis and not slow"

# Small changes that the tests of a module should notice: make mutate MODULE=transforms/hours.py COUNT=40 SEED=1
mutate: $(DEV)
	$(BIN)/python -m tests.mutation $(MODULE) --count $(or $(COUNT),40) --seed $(or $(SEED),1)

# The last DuckDB 1.5 stands in front of the installed one on the path, so no second environment is needed.
OLDER_TESTS := $(addprefix tests/warehouse/test_,io_manager.py store.py publish.py buckets.py) tests/dbt
test-duckdb-1.5: $(DEV)
	@$(PIP_INSTALL) --no-deps --upgrade --require-hashes --target $(OLDER_DUCKDB) -r requirements-duckdb-1.5.lock
	PYTHONPATH=$(OLDER_DUCKDB) $(BIN)/python -m pytest --numprocesses 2 --dist loadscope --no-loadscope-reorder -m "not slow" $(or $(PYTEST_ARGS),$(OLDER_TESTS))

lock:
	uv pip compile pyproject.toml --extra build --extra dev --universal --python-version 3.11 --generate-hashes \
		--no-header --no-annotate --upgrade --output-file requirements-dev.lock
	uv pip compile pyproject.toml --extra build --constraint requirements-dev.lock --universal --python-version 3.11 \
		--generate-hashes --no-header --no-annotate --output-file requirements.lock
	echo 'duckdb>=1.5,<2' | uv pip compile - --universal --python-version 3.11 --generate-hashes \
		--no-header --no-annotate --output-file requirements-duckdb-1.5.lock
	uv pip compile pyproject.toml --extra dev --extra bench --constraint requirements-dev.lock --universal \
		--python-version 3.11 --generate-hashes --no-header --no-annotate --output-file requirements-bench.lock
	printf 'dagster-postgres\npsycopg\npsycopg-binary; implementation_name != "pypy"\npsycopg2-binary\n' | uv pip compile - --no-deps --constraint requirements-dev.lock \
		--universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
		--output-file requirements-postgres.lock
	printf 'authlib\nhttpx\n' | uv pip compile - --constraint requirements-dev.lock --universal --python-version 3.11 \
		--generate-hashes --no-header --no-annotate --output-file requirements-login.lock
	printf 'confluent-kafka\nprometheus-client\n' | uv pip compile - --no-deps --constraint requirements-dev.lock \
		--universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
		--output-file requirements-stream.lock
	printf 'duckdb==1.5.5\nduckdb-extension-httpfs==1.5.5\n' | uv pip compile - --universal --python-version 3.11 \
		--generate-hashes --no-header --no-annotate --output-file requirements-httpfs.lock
	printf 'duckdb==1.5.5\nduckdb-extension-ducklake==1.5.5\nduckdb-extension-httpfs==1.5.5\nduckdb-extension-postgres-scanner==1.5.5\n' | \
		uv pip compile - --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
		--output-file requirements-lakehouse.lock
	echo 'checkov>=3.2' | uv pip compile - --universal --python-version 3.11 --generate-hashes \
		--no-header --no-annotate --output-file requirements-scan.lock

clean:
	rm -rf $(VENV) .dagster .mypy_cache .pytest_cache .ruff_cache dbt_project/target dbt_project/logs
