"""compose.yaml is small by default, closed to others, and has no password but those of one command."""

import re
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml  # type: ignore[import-untyped]

from spotify_assets.settings import PROJECT_ROOT, Settings

FILE = PROJECT_ROOT / "compose.yaml"
FOLDER = PROJECT_ROOT / "infra" / "compose"
TEXT = FILE.read_text(encoding="utf-8")
SERVICES: dict[str, dict[str, Any]] = yaml.safe_load(TEXT)["services"]
WRITES = {"code": "dbt writes into its project", "kafka": "its start writes its configuration"}
"""Services whose own file system is not read-only, and why."""
ONCE = {"bucket", "topic"}
"""What does its work and ends."""
FOREIGN = {"postgres": "999:999", "store": "1000:1000", "bucket": "1000:1000"}
"""Images that start as root by themselves, and whom they run as here; Kafka's and ours name a user."""


def secrets(folder: Path) -> str:
    done = subprocess.run(
        ["sh", str(FOLDER / "secrets.sh"), str(folder / ".env")], capture_output=True, text=True, check=True
    )
    return done.stdout


@pytest.mark.slow
def test_the_file_is_one_of_compose():
    checker = Path(sys.executable).with_name("check-jsonschema")
    said = subprocess.run(
        [checker, "--builtin-schema", "vendor.compose-spec", FILE],
        capture_output=True,
        text=True,
        check=False,
    )
    assert said.returncode == 0, said.stdout + said.stderr


def test_without_a_profile_it_is_small():
    assert {name for name, service in SERVICES.items() if not service.get("profiles")} == {
        *("postgres", "code", "webserver", "daemon", "dashboard")
    }


@pytest.mark.parametrize("name", SERVICES)
def test_a_container_may_as_little_as_it_can(name: str):
    service = SERVICES[name]
    assert service["cap_drop"] == ["ALL"]
    assert "no-new-privileges:true" in service["security_opt"]
    assert service["pids_limit"]
    assert service["mem_limit"]
    assert service["read_only"] is (name not in WRITES)
    assert service.get("user") == FOREIGN.get(name)
    assert not {"privileged", "network_mode", "pid", "devices", "cap_add"} & service.keys()
    assert not [mount for mount in service.get("volumes", ()) if "docker.sock" in mount]


def test_ports_are_this_machines_alone():
    ports = [port for service in SERVICES.values() for port in service.get("ports", ())]
    assert len(ports) >= 5
    assert [port for port in ports if not port.startswith("127.0.0.1:")] == []
    assert "ports" not in SERVICES["kafka"], "it asks nobody for a password"


def test_no_secret_has_a_default_and_the_command_makes_each(tmp_path):
    secrets(tmp_path)
    made = {line.split("=")[0] for line in (tmp_path / ".env").read_text().splitlines()}
    asked = re.findall(r"\$\{(\w+)([^}]*)\}", TEXT)
    assert {name for name, _ in asked if re.search("PASSWORD|KEY", name)} == made
    assert {rest for name, rest in asked if name in made} == {":?run make secrets"}
    assert not re.search(r"(?i)(password|secret)\w*:\s*['\"]?\w", TEXT.replace("no password", ""))


@pytest.mark.parametrize(
    ("name", "secret"),
    [
        ("webserver", "DAGSTER_PASSWORD"),
        ("daemon", "DAGSTER_PASSWORD"),
        ("viewers", "DAGSTER_PASSWORD"),
        ("dashboard", None),
        ("producer", None),
        ("kafka", None),
    ],
)
def test_a_service_knows_the_secrets_that_it_needs(name: str, secret: str | None):
    told = str(SERVICES[name].get("environment", {}))
    assert set(re.findall(r"\$\{(\w+):\?", told)) == ({secret} if secret else set())


def test_settings_that_are_set_are_settings():
    known = {f"SPOTIFY_{name.upper()}" for name in Settings.model_fields}
    named = {n for s in SERVICES.values() for n in s.get("environment", {}) if n.startswith("SPOTIFY_")}
    assert named
    assert named <= known


@pytest.mark.parametrize("name", sorted(SERVICES.keys() - ONCE))
def test_what_serves_says_whether_it_is_well(name: str):
    if name == "dashboard":
        assert "HEALTHCHECK" in (PROJECT_ROOT / "Dockerfile").read_text().partition("AS dashboard")[2]
    elif name == "producer":
        assert SERVICES[name]["healthcheck"] == {"disable": True}
    else:
        assert SERVICES[name]["healthcheck"]["test"][0] == "CMD"


def test_services_start_in_order():
    for name, service in SERVICES.items():
        for other, how in service.get("depends_on", {}).items():
            wanted = "service_completed_successfully" if other in ONCE else "service_healthy"
            assert how == {"condition": wanted}, f"{name} after {other}"
            profiles = set(SERVICES[other].get("profiles", ()))
            assert not profiles or profiles & {*service["profiles"], "stream"}, f"{name} needs {other}"


def test_volumes_that_are_named_are_there():
    named = {
        mount.split(":")[0]
        for s in SERVICES.values()
        for mount in s.get("volumes", ())
        if mount[0] not in "./"
    }
    assert named == yaml.safe_load(TEXT)["volumes"].keys()
    mounted = [m for s in SERVICES.values() for m in s.get("volumes", ()) if m.startswith("./")]
    assert mounted
    assert [
        m for m in mounted if not (PROJECT_ROOT / m.split(":")[0]).exists() or not m.endswith(":ro")
    ] == []


def test_the_dashboard_can_only_read_what_is_published():
    assert SERVICES["dashboard"]["volumes"] == ["published:/data/processed:ro"]


def test_the_ui_finds_the_assets_where_they_are():
    [entry] = yaml.safe_load((FOLDER / "workspace.yaml").read_text())["load_from"]
    assert entry["grpc_server"] == {"host": "code", "port": 4000, "location_name": "spotify_assets"}
    assert SERVICES["code"]["command"][-4:-2] == ["-p", "4000"]


def test_secrets_are_random_and_their_owners_alone(tmp_path):
    assert secrets(tmp_path).count(" is new in ") == 5
    file = tmp_path / ".env"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    values = [line.split("=")[1] for line in file.read_text().splitlines()]
    assert all(re.fullmatch("[0-9a-f]{48}", value) for value in values)
    assert len(set(values)) == len(values)


def test_secrets_that_are_there_stay_and_so_does_the_rest(tmp_path):
    file = tmp_path / ".env"
    file.write_text("SPOTIFY_TEST_DAYS=3\nDAGSTER_PASSWORD=mine\nSTORE_SECRET_KEY=\n#POSTGRES_PASSWORD=no")
    file.chmod(0o644)
    secrets(tmp_path)
    first = file.read_text()
    assert first.startswith("SPOTIFY_TEST_DAYS=3\nDAGSTER_PASSWORD=mine\n")
    assert first.count("DAGSTER_PASSWORD") == 1
    assert re.search(r"^#POSTGRES_PASSWORD=no\n(.*\n)*STORE_SECRET_KEY=[0-9a-f]{48}$", first, re.MULTILINE)
    assert re.search(r"^POSTGRES_PASSWORD=[0-9a-f]{48}$", first, re.MULTILINE)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert secrets(tmp_path) == ""
    assert file.read_text() == first
