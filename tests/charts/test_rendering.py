"""What Helm makes of the chart `tianfu`: valid, restricted, and in step with the services."""

from __future__ import annotations

import functools
import importlib
import itertools
import json
import subprocess
import sys
from typing import Any

import helm_python as helm
import kubernetes_validate
import pytest
from pydantic_settings import BaseSettings

from services.energy.settings import EnergySettings
from services.plumbing.settings import PREFIX
from tests.support import charts

KUBERNETES = "1.36"
# Kinds of the Prometheus operator and of External Secrets have no schema among Kubernetes' own.
FOREIGN = ("monitoring.coreos.com/v1", "external-secrets.io/v1")
ROOT_JSON = '{"signed": {"_type": "root"}}'
GAUGES = (charts.CHARTS.parent / "examples/warning/gauges.toml").read_text(encoding="utf-8")
OPTIONS: dict[str, dict[str, Any]] = {
    "plain": {},
    "own-nats": {"nats": {"url": "tls://nats.example.org:4222"}},
    "own-database": {"postgresql": {"bundled": "disabled"}},
    "clickhouse": {"clickhouse": {"urlSecret": "clickhouse", "replicated": "enabled"}},
    "keys-by-file": {"oidc": {"keysSecret": "keys", "caSecret": "authority"}},
    "three-servers": {"nats": {"streamReplicas": 3, "bundled": {"replicas": 3}}},
    "open-network": {"networkPolicy": {"state": "disabled"}},
    "monitored": {
        "monitoring": {
            "serviceMonitor": "enabled",
            "rules": "enabled",
            "dashboards": "enabled",
            "labels": {"release": "prometheus"},
        },
        "networkPolicy": {"monitoringNamespace": "monitoring", "externalCidrs": ["10.0.0.0/8"]},
    },
    "placed": {
        "nodeSelector": {"kubernetes.io/arch": "arm64"},
        "tolerations": [{"key": "edge", "operator": "Exists"}],
        "priorityClassName": "warnings",
        "podAnnotations": {"example.org/team": "tianfu"},
        "image": {"digest": "sha256:" + "0" * 64, "pullSecrets": ["registry"]},
        "otlpEndpoint": "http://collector:4318",
    },
    "many-gateways": {
        "gateway": {
            "autoscaling": {"state": "enabled"},
            "clientSecret": "console",
            "ingress": {"host": "tianfu.example.org", "className": "nginx", "tlsSecret": "tls"},
        }
    },
    "without-gateway": {"gateway": {"state": "disabled"}},
    "openadr": {
        "openadr": {
            "state": "enabled",
            "tlsSecret": "openadr-public",
            "serviceType": "LoadBalancer",
            "clientCidrs": ["192.0.2.0/24"],
            "webhookHosts": ["ven.example.org", "other.example.org:8443"],
            "webhookCidrs": ["198.51.100.0/24"],
        }
    },
    "backed-up": {
        "backup": {"state": "enabled", "claim": "nas", "schedule": "*/15 * * * *", "keep": 96},
        "clickhouse": {"urlSecret": "clickhouse"},
    },
    "gauges": {"gauges": {"list": GAUGES}, "podAnnotations": {"example.org/team": "tianfu"}},
    "updates": {"updates": {"root": ROOT_JSON}},
    "vault": {
        "externalSecrets": {"state": "enabled", "storeKind": "ClusterSecretStore"},
        "openadr": {"state": "enabled"},
        "backup": {"state": "enabled"},
    },
    "classes": {"priorityClasses": {"state": "enabled"}},
    "without-credit": {"services": {"credit-supervision": {"state": "disabled"}}},
}
MATRIX = [
    pytest.param(name, options, id=f"{name}-{label}")
    for name, (label, options) in itertools.product(charts.PROFILES, OPTIONS.items())
]
SETTINGS = {
    "telemetry": "TelemetrySettings",
    "fleet": "FleetSettings",
    "disaster_warning": "DisasterWarningSettings",
    "healthcare": "HealthcareSettings",
    "credit_supervision": "CreditSettings",
    "energy": "EnergySettings",
    "gateway": "GatewaySettings",
}
OPENADR_PORT = 7143
OTHERS = {"OTEL_EXPORTER_OTLP_ENDPOINT", "SSL_CERT_FILE"}


@functools.cache
def validated(text: str) -> None:
    """Raise for an object that is no valid one; most recur from rendering to rendering."""
    kubernetes_validate.validate(json.loads(text), KUBERNETES, strict=True)


def rendered(profile: str, options: dict[str, Any]) -> list[dict[str, Any]]:
    return charts.render("tianfu", charts.merged(charts.profile(profile), options))


@pytest.mark.parametrize("chart", ["tianfu", "tianfu-crds", "tianfu-operators"])
def test_helm_has_nothing_to_say(chart: str) -> None:
    assert charts.findings(chart) == []


@pytest.mark.parametrize(("profile", "options"), MATRIX)
def test_objects_are_valid(profile: str, options: dict[str, Any]) -> None:
    items = rendered(profile, options)
    assert items
    for item in items:
        if item["apiVersion"] not in FOREIGN:
            validated(json.dumps(item, sort_keys=True))
        assert len(item["metadata"]["name"]) <= 63
        assert item["metadata"]["labels"]["app.kubernetes.io/part-of"] == "tianfu"
    names = [(item["kind"], item["metadata"]["name"]) for item in items]
    assert len(set(names)) == len(names)


@pytest.mark.parametrize(("profile", "options"), MATRIX)
def test_pods_are_restricted(profile: str, options: dict[str, Any]) -> None:
    """Pod Security Standards, level `restricted`, and a little more."""
    for item in rendered(profile, options):
        spec = charts.pod_spec(item)
        if spec is None:
            continue
        assert spec["automountServiceAccountToken"] is False
        assert spec["securityContext"]["runAsNonRoot"] is True
        assert spec["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
        assert not {"hostNetwork", "hostPID", "hostIPC"} & spec.keys()
        for volume in spec.get("volumes", ()):
            assert "hostPath" not in volume
            if "secret" in volume:
                assert volume["secret"]["defaultMode"] == 0o440
        for container in charts.containers(item):
            context = container["securityContext"]
            assert context["allowPrivilegeEscalation"] is False
            assert context["readOnlyRootFilesystem"] is True
            assert context["capabilities"] == {"drop": ["ALL"]}
            assert "cpu" in container["resources"]["requests"]
            assert "memory" in container["resources"]["limits"]
            assert not container["image"].endswith(":latest")


def services(items: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Return the container of each service by its Python name."""
    found = {}
    for item in items:
        if item["kind"] in {"Deployment", "StatefulSet"}:
            [container] = charts.containers(item)
            if container.get("args", [])[:2] == ["python", "-m"]:
                found[container["args"][2].removeprefix("services.")] = container
    return found


@pytest.mark.parametrize("profile", charts.PROFILES)
def test_every_service_is_there(profile: str) -> None:
    assert services(rendered(profile, {})).keys() == SETTINGS.keys()


@pytest.mark.parametrize("profile", charts.PROFILES)
@pytest.mark.parametrize("service", SETTINGS)
def test_environment_is_what_the_service_reads(profile: str, service: str) -> None:
    module = importlib.import_module(f"services.{service}.settings")
    settings: type[BaseSettings] = getattr(module, SETTINGS[service])
    given = {one["name"] for one in services(rendered(profile, {}))[service]["env"]} - OTHERS
    known = {f"{PREFIX}{name}".upper(): field for name, field in settings.model_fields.items()}
    extra = given - known.keys()
    assert extra <= {"TIANFU_STREAM_REPLICAS"}, f"{service} does not read {extra}"
    needed = {name for name, field in known.items() if field.is_required()}
    assert needed <= given


def named(items: list[dict[str, Any]], kind: str, name: str) -> dict[str, Any]:
    [found] = [one for one in items if (one["kind"], one["metadata"]["name"]) == (kind, name)]
    return found


@pytest.mark.parametrize("profile", charts.PROFILES)
def test_openadr_is_spoken_where_it_is_wanted(profile: str) -> None:
    items = rendered(profile, OPTIONS["openadr"])
    container = services(items)["energy"]
    given = {one["name"]: one.get("value") for one in container["env"]}
    known = {f"{PREFIX}{name}".upper() for name in EnergySettings.model_fields}
    assert given.keys() - OTHERS <= known
    assert given["TIANFU_OPENADR_ADDRESS"] == f"0.0.0.0:{OPENADR_PORT}"
    assert given["TIANFU_OPENADR_WEBHOOK_HOSTS"] == "ven.example.org,other.example.org:8443"
    mounts = {one["mountPath"] for one in container["volumeMounts"]}
    for name in ("CLIENTS_FILE", "TLS_CERTIFICATE_FILE", "TLS_KEY_FILE"):
        assert str(given[f"TIANFU_OPENADR_{name}"]).rpartition("/")[0] in mounts
    service = named(items, "Service", "tianfu-openadr")["spec"]
    pod = named(items, "Deployment", "tianfu-energy")["spec"]["template"]["metadata"]["labels"]
    assert service["selector"].items() <= pod.items()
    assert service["externalTrafficPolicy"] == "Local"
    ports = {one["name"]: one["containerPort"] for one in container["ports"]}
    assert [ports[one["targetPort"]] for one in service["ports"]] == [OPENADR_PORT]
    others = [one for name, one in services(items).items() if name != "energy"]
    assert "OPENADR" not in json.dumps(others)


def test_openadr_is_reached_from_its_networks_alone() -> None:
    policy = named(rendered("minimal", OPTIONS["openadr"]), "NetworkPolicy", "tianfu-energy")
    by_port = {
        port["port"]: rule["from"] for rule in policy["spec"]["ingress"] for port in rule["ports"]
    }
    assert by_port[OPENADR_PORT] == [{"ipBlock": {"cidr": "192.0.2.0/24"}}]
    assert {"to": [{"ipBlock": {"cidr": "198.51.100.0/24"}}]} in policy["spec"]["egress"]
    other = named(rendered("minimal", OPTIONS["openadr"]), "NetworkPolicy", "tianfu-fleet")
    assert str(OPENADR_PORT) not in json.dumps(other)


def test_a_list_of_gauges_is_what_its_service_reads() -> None:
    items = rendered("minimal", OPTIONS["gauges"])
    assert named(items, "ConfigMap", "tianfu-gauges")["data"] == {"gauges.toml": GAUGES}
    container = services(items)["disaster_warning"]
    given = {one["name"]: one.get("value") for one in container["env"]}
    assert given["TIANFU_GAUGES_FILE"] == "/etc/tianfu/gauges/gauges.toml"
    assert "/etc/tianfu/gauges" in {one["mountPath"] for one in container["volumeMounts"]}
    others = [one for name, one in services(items).items() if name != "disaster_warning"]
    assert "GAUGES" not in json.dumps(others)

    def notes(listed: str) -> Any:
        changed = charts.merged(OPTIONS["gauges"], {"gauges": {"list": listed}})
        pod = named(rendered("minimal", changed), "Deployment", "tianfu-disaster-warning")
        return pod["spec"]["template"]["metadata"]["annotations"]

    # Another list is another pod: the service reads it when it starts.
    assert notes(GAUGES) != notes(f"{GAUGES}\n")
    assert notes(GAUGES)["example.org/team"] == "tianfu"
    assert "gauges" not in json.dumps(rendered("minimal", {}))


def test_the_root_of_releases_is_handed_to_who_enrols_devices() -> None:
    items = rendered("minimal", OPTIONS["updates"])
    assert named(items, "ConfigMap", "tianfu-update-root")["data"] == {"root.json": ROOT_JSON}
    container = services(items)["fleet"]
    given = {one["name"]: one.get("value") for one in container["env"]}
    folder, _, file = str(given["TIANFU_UPDATE_ROOT_FILE"]).rpartition("/")
    assert file == "root.json"
    assert folder in {one["mountPath"] for one in container["volumeMounts"]}
    assert "update-root" not in json.dumps(rendered("minimal", {}))


def test_backups_outlive_the_release_and_never_overlap() -> None:
    items = rendered("minimal", {"backup": {"state": "enabled"}})
    claim = named(items, "PersistentVolumeClaim", "tianfu-backup")
    assert claim["metadata"]["annotations"] == {"helm.sh/resource-policy": "keep"}
    job = named(items, "CronJob", "tianfu-backup")["spec"]
    assert job["concurrencyPolicy"] == "Forbid"
    assert job["jobTemplate"]["spec"]["template"]["spec"]["containers"][0]["image"].startswith(
        "tianfu/cli:"
    )
    policy = named(items, "NetworkPolicy", "tianfu-backup")["spec"]
    assert "ingress" not in policy
    others = rendered("minimal", OPTIONS["backed-up"])
    assert "PersistentVolumeClaim" not in {one["kind"] for one in others}
    assert "CronJob" not in {one["kind"] for one in rendered("minimal", {})}
    assert "Nothing is backed up" in charts.notes("tianfu", {})
    assert "snapshots of that volume" in charts.notes("tianfu", {"backup": {"state": "enabled"}})


def test_backups_are_encrypted_to_public_keys_and_no_secret_of_theirs_is_in_the_cluster() -> None:
    key = f"age1{'q' * 58}"
    values = {"backup": {"state": "enabled", "recipients": [key]}}
    job = named(rendered("minimal", values), "CronJob", "tianfu-backup")["spec"]
    spec = job["jobTemplate"]["spec"]["template"]["spec"]
    arguments = spec["containers"][0]["args"]
    assert arguments[arguments.index("--recipient") + 1] == key
    assert {each["name"] for each in spec["volumes"] if "secret" in each} == {
        "nats",
        "database-admin",
    }
    clear = "Backups are in the clear"
    assert clear not in charts.notes("tianfu", values)
    assert clear in charts.notes("tianfu", {"backup": {"state": "enabled"}})


def test_nothing_of_openadr_is_there_unless_it_is_wanted() -> None:
    text = json.dumps(rendered("minimal", {}))
    assert "openadr" not in text.lower()
    assert str(OPENADR_PORT) not in text


@pytest.mark.parametrize(("profile", "options"), MATRIX)
def test_probes_ask_for_liveness_and_readiness(profile: str, options: dict[str, Any]) -> None:
    for name, container in services(rendered(profile, options)).items():
        if name == "gateway":  # by HTTPS, which kubelets do speak
            continue
        ports = {one["name"]: one["containerPort"] for one in container["ports"]}
        for kind, asked in (
            ("startupProbe", "liveness"),
            ("livenessProbe", "liveness"),
            ("readinessProbe", "readiness"),
        ):
            assert container[kind]["grpc"] == {"port": ports["health"], "service": asked}


@pytest.mark.parametrize(("profile", "options"), MATRIX)
def test_every_mount_has_its_volume(profile: str, options: dict[str, Any]) -> None:
    for item in rendered(profile, options):
        spec = charts.pod_spec(item)
        if spec is None:
            continue
        claims = item["spec"].get("volumeClaimTemplates", ())
        volumes = {one["name"] for one in spec.get("volumes", ())}
        volumes |= {one["metadata"]["name"] for one in claims}
        mounted = {
            mount["name"] for one in spec["containers"] for mount in one.get("volumeMounts", ())
        }
        assert mounted == volumes


def test_everything_is_closed_by_default() -> None:
    policies = {
        one["metadata"]["name"]: one["spec"]
        for one in rendered("minimal", {})
        if one["kind"] == "NetworkPolicy"
    }
    default = policies["tianfu-default"]
    assert set(default["policyTypes"]) == {"Ingress", "Egress"}
    assert "ingress" not in default
    pods = {
        item["metadata"]["labels"]["app.kubernetes.io/component"]
        for item in rendered("minimal", {})
        if item["kind"] in {"Deployment", "StatefulSet"}
    }
    assert {f"tianfu-{pod}" for pod in pods} <= policies.keys()


@pytest.mark.parametrize(
    ("wrong", "where"),
    [
        pytest.param({"oidc": {"issuer": "http://plain.example.org"}}, "issuer", id="plain-http"),
        pytest.param({"nats": {"streamReplicas": 2}}, "streamReplicas", id="even"),
        pytest.param({"imge": {}}, "imge", id="misspelt"),
        pytest.param({"services": {"fleet": {"state": True}}}, "state", id="boolean"),
        pytest.param({"traceRatio": 2}, "traceRatio", id="range"),
        pytest.param({"image": {"digest": "sha256:abc"}}, "digest", id="digest"),
        pytest.param(
            {"openadr": {"publicUrl": "http://a.example"}}, "publicUrl", id="openadr-http"
        ),
        pytest.param({"openadr": {"webhookHosts": ["a,b"]}}, "webhookHosts", id="webhook-hosts"),
        pytest.param({"backup": {"schedule": "daily"}}, "schedule", id="schedule"),
        pytest.param({"backup": {"keep": 0}}, "keep", id="keep-none"),
        pytest.param({"backup": {"recipients": ["age1x"]}}, "recipients", id="no-public-key"),
        pytest.param({"networkPolicy": {"deviceCidrs": ["all"]}}, "deviceCidrs", id="cidr"),
    ],
)
def test_wrong_values_are_refused_by_name(wrong: dict[str, Any], where: str) -> None:
    with pytest.raises(helm.HelmError, match=where):
        charts.render("tianfu", wrong)


def test_a_long_release_name_is_cut() -> None:
    for item in charts.render("tianfu", {}, release="r" * 50):
        assert len(item["metadata"]["name"]) <= 63


def test_notes_say_what_comes_next() -> None:
    text = charts.notes("tianfu", {})
    assert "tianfu keys kubernetes" in text
    assert "helm test" in text
    assert "For trials" in text.replace("for trials", "For trials")
    assert "OpenADR" not in text
    assert "openadr-client utility" in charts.notes("tianfu", OPTIONS["openadr"])
    assert "one server" not in charts.notes("tianfu", charts.profile("ha"))


def test_readme_is_made_of_the_values() -> None:
    done = subprocess.run(
        [sys.executable, "tools/chart_readme.py", "--check"],
        cwd=charts.CHARTS.parent,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
