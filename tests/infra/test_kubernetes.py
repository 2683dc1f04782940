"""What is said to Kubernetes is what its schemas know, in pods that may little, without a secret in a file.

The chart itself is not to be had here: those parts of its values are looked at that it passes on as they are.
"""

from typing import Any

import kubernetes_validate  # type: ignore[import-untyped]
import polars as pl
import pytest
import yaml  # type: ignore[import-untyped]

from spotify_assets.insight.cost import pod_resources
from spotify_assets.settings import PROJECT_ROOT, Settings

FOLDER = PROJECT_ROOT / "infra" / "kubernetes"
VALUES: dict[str, Any] = yaml.safe_load((FOLDER / "values.yaml").read_text(encoding="utf-8"))
MANIFESTS: list[dict[str, Any]] = list(yaml.safe_load_all((FOLDER / "dashboard.yaml").read_text()))
[CODE] = VALUES["dagster-user-deployments"]["deployments"]
RUNS = VALUES["runLauncher"]["config"]["k8sRunLauncher"]["runK8sConfig"]
VERSION = "1.33"
OF_CHART = {
    *("global", "generatePostgresqlPasswordSecret", "generateCeleryConfigSecret", "postgresql", "rabbitmq"),
    *("redis", "flower", "telemetry", "dagsterWebserver", "dagsterDaemon", "dagster-user-deployments"),
    "runLauncher",
}
"""Keys of the chart's own values that are set here."""


def pod(spec: dict[str, Any], **container: Any) -> dict[str, Any]:
    """A pod as the chart makes one of these parts."""
    made = {"name": "dagster", "image": "image", **container}
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "made"},
        "spec": {"containers": [made], **spec},
    }


def pods() -> dict[str, dict[str, Any]]:
    code = pod(
        {"securityContext": CODE["podSecurityContext"], "volumes": CODE["volumes"]},
        **{key: CODE[key] for key in ("env", "volumeMounts", "securityContext", "resources")},
        envFrom=[{"secretRef": secret} for secret in CODE["envSecrets"]],
        ports=[{"containerPort": CODE["port"]}],
    )
    found = {"code": code, "run": pod(RUNS["podSpecConfig"], **RUNS["containerConfig"])}
    for name in ("dagsterWebserver", "dagsterDaemon"):
        found[name] = pod({}, **{key: VALUES[name][key] for key in ("securityContext", "resources")})
    [deployment] = [each for each in MANIFESTS if each["kind"] == "Deployment"]
    found["dashboard"] = pod(deployment["spec"]["template"]["spec"])
    return found


@pytest.mark.parametrize("manifest", [*MANIFESTS, *pods().values()], ids=lambda each: each["kind"])
def test_kubernetes_knows_every_word(manifest: dict[str, Any]):
    kubernetes_validate.validate(manifest, VERSION, strict=True)


def test_the_schema_notices_a_word_that_is_none():
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(pod({"securityContexts": {}}), VERSION, strict=True)


@pytest.mark.parametrize("name", ["code", "run", "dagsterWebserver", "dagsterDaemon", "dashboard"])
def test_pods_may_little_and_have_their_measure(name: str):
    spec = pods()[name]["spec"]
    container = spec["containers"][0]
    assert container["securityContext"]["allowPrivilegeEscalation"] is False
    assert container["securityContext"]["capabilities"] == {"drop": ["ALL"]}
    assert container["resources"]["limits"]["memory"]
    assert container["resources"]["requests"].keys() == {"cpu", "memory"}
    if name in {"code", "run", "dashboard"}:
        assert spec["securityContext"]["runAsNonRoot"] is True


def test_runs_ask_for_what_measured_runs_took():
    runs = pl.read_csv(FOLDER / "measured.csv", glob=False).select(
        "wall_seconds", "cpu_seconds", run_id="run", peak_memory_bytes=pl.col("peak_memory_mb") * 1_000_000
    )
    assert RUNS["containerConfig"]["resources"] == pod_resources(runs)


def test_runs_clean_up_after_themselves():
    job = {"template": pod({"restartPolicy": "Never"}), **RUNS["jobSpecConfig"]}
    job["template"] = {"spec": job["template"]["spec"]}
    manifest = {"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": "run"}, "spec": job}
    kubernetes_validate.validate(manifest, VERSION, strict=True)
    assert RUNS["jobSpecConfig"]["ttlSecondsAfterFinished"] > 0


def test_values_are_those_that_the_chart_has_and_settings_those_of_the_product():
    assert VALUES.keys() == OF_CHART
    known = {f"SPOTIFY_{name.upper()}" for name in Settings.model_fields}
    variables = [*CODE["env"], *pods()["dashboard"]["spec"]["containers"][0]["env"]]
    named = {each["name"] for each in variables if each["name"].startswith("SPOTIFY_")}
    assert named
    assert named <= known


def test_secrets_are_named_and_never_told():
    for file in FOLDER.iterdir():
        for line in file.read_text().splitlines():
            word, divider, value = line.partition(":")
            if divider and any(each in word.lower() for each in ("password", "secret_", "access_key")):
                assert word.lstrip().startswith("#") or value.strip() in {"", "false"}, f"{file.name}: {line}"
    assert VALUES["generatePostgresqlPasswordSecret"] is False
    assert "postgresqlPassword" not in VALUES["postgresql"]
