"""Resources: what is read, what is ignored, and what is refused with file and line."""
import textwrap

import pytest

from harness.daemon import Hub, run_to_end, write_resources
from harness.resources import app, component
from harness.state import Store


def refused(bench, text):
    """What a hub says that ends with exit code 1 over these resources."""
    directory = bench.directory()
    write_resources(directory / "etc", textwrap.dedent(text) if isinstance(text, str) else text)
    code, said = run_to_end(["--root", directory, "--dapr-http-port", "0"])
    assert code == 1, said
    return said


def test_file_line_and_field_of_what_is_wrong(bench):
    said = refused(bench, """\
        apiVersion: edgelane.dev/v1
        kind: App
        metadata:
          name: lamp
        spec:
          port: 70000
          health:
            enabled: perhaps
        ---
        apiVersion: dapr.io/v1alpha1
        kind: Component
        metadata: {}
        spec: {type: state.in-memory}
        """)
    assert "resources.yaml:6: spec.port: " in said
    assert "resources.yaml:8: spec.health.enabled: " in said
    assert "resources.yaml:12: metadata.name: " in said


@pytest.mark.parametrize("spec, said", [
    ({"prot": 80}, "did you mean"),
    ({"port": 80, "protocol": "gopher"}, "spec.protocol"),
    ({"port": 80, "socket": {"mode": "rw"}}, "spec.socket.mode"),
    ({"port": 80, "health": {"interval": "1s", "timeout": "2s"}}, "spec.health.timeout"),
    ({"api": {"token": {"value": ""}}}, "spec.api.token.value"),
    ({"api": {"token": {"envRef": "NOT_SET"}}}, "NOT_SET"),
])
def test_mistakes_in_an_app(bench, spec, said):
    assert said in refused(bench, [app("lamp", **spec)])


def test_yaml_that_is_none(bench):
    assert "resources.yaml:" in refused(bench, "kind: [App\n")


def test_an_unknown_type(bench):
    said = refused(bench, [component("store", "state.nonsense")])
    assert ("[CREATE_COMPONENT_FAILURE]: initialization error occurred for store "
            "(state.nonsense/v1): couldn't find state store state.nonsense/v1") in said


def test_a_component_that_cannot_start(bench):
    said = refused(bench, [component("store", "state.sqlite")])
    assert ("[INIT_COMPONENT_FAILURE]: initialization error occurred for store "
            "(state.sqlite/v1): ") in said


def test_a_component_whose_errors_are_ignored(bench):
    hub = bench.hub([app("lamp"), component("good", "state.in-memory"),
                     component("bad", "state.sqlite", spec={"ignoreErrors": True})])
    told = hub.api("lamp").get("/v1.0/metadata").json()["components"]
    assert [one["name"] for one in told if one["type"].startswith("state.")] == ["good"]
    assert "[INIT_COMPONENT_FAILURE]" in hub.log


@pytest.mark.parametrize("resources, name", [
    ([component("twin", "state.in-memory"), component("twin", "state.in-memory")], "twin"),
    ([app("twin"), app("twin")], "twin"),
    ([app("a", api={"port": 9999}), app("b", api={"port": 9999})], "9999"),
])
def test_twins(bench, resources, name):
    said = refused(bench, resources)
    assert name in said and "resources.yaml:" in said


def test_kinds_that_are_not_known_are_ignored_with_a_word(bench):
    hub = bench.hub([
        {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "c"}, "data": {"a": "b"}},
        {"apiVersion": "dapr.io/v1alpha1", "kind": "Resiliency", "metadata": {"name": "r"},
         "spec": {}},
        app("lamp"), component("store", "state.in-memory")])
    assert "ConfigMap" in hub.log
    Store(hub.api("lamp"), "store").set("k", 1)


def test_many_documents_files_and_spellings(bench):
    directory = bench.directory()
    (directory / "etc/not-read").mkdir(parents=True)
    (directory / "etc/a.yaml").write_text(textwrap.dedent("""\
        # A comment, then nothing
        ---
        apiversion: dapr.io/v1alpha1
        KIND: Component
        Metadata: {Name: one}
        spec:
          TYPE: State.In-Memory
          version: v1
          metadata:
          - {NAME: KeyPrefix, VALUE: none}
        ---
        """))
    (directory / "etc/b.yml").write_text(
        'kind: App\napiVersion: edgelane.dev/v1\nmetadata: {name: lamp}\nspec: {}\n')
    (directory / "etc/c.json").write_text("not read: [")
    (directory / "etc/not-read/d.yaml").write_text("not read: [")
    hub = Hub(directory)
    (directory / "etc/resources.yaml").unlink()
    bench.started(hub)
    Store(hub.api("lamp"), "one").set("k", 1)


def test_values_from_the_environment(bench):
    path = bench.directory() / "from-env.db"
    hub = bench.hub([app("lamp"), component("store", "state.sqlite", {
        "connectionString": {"envRef": "WHERE"}})], environment={"WHERE": str(path)})
    Store(hub.api("lamp"), "store").set("k", 1)
    assert path.exists()


@pytest.mark.parametrize("name", ["DAPR_HTTP_PORT", "APP_API_TOKEN"])
def test_variables_that_are_not_given_away(bench, name):
    path = bench.directory() / "refused.db"
    directory = bench.directory()
    write_resources(directory / "etc", [component("store", "state.sqlite", {
        "connectionString": {"envRef": name}})])
    code, said = run_to_end(["--root", directory, "--dapr-http-port", "0"], {name: str(path)})
    assert code == 1 and "[INIT_COMPONENT_FAILURE]" in said
    assert not path.exists() and str(path) not in said


@pytest.mark.parametrize("kind, fields", [
    ("secretstores.local.file", True), ("secretstores.local.env", False)])
def test_values_from_a_secret_store(bench, kind, fields):
    directory = bench.directory()
    path = directory / "s3cret-name.db"
    (directory / "secrets.json").write_text('{"where": "%s"}' % path)
    vault = component("vault", kind,
                      {"secretsFile": str(directory / "secrets.json")} if fields else {})
    store = component("store", "state.sqlite", {
        "connectionString": {"secretKeyRef": {"name": "where", "key": "where"}}},
        auth={"secretStore": "vault"})
    hub = bench.hub([app("lamp"), store, vault], environment={"where": str(path)})
    Store(hub.api("lamp"), "store").set("k", 1)
    assert path.exists()


def test_a_token_from_a_secret_store(bench):
    directory = bench.directory()
    (directory / "secrets.json").write_text('{"lamp": {"token": "t0ken-of-lamp"}}')
    lamp = app("lamp", api={"token": {"secretKeyRef": {"name": "lamp:token", "key": "lamp:token"}}})
    lamp["auth"] = {"secretStore": "vault"}
    hub = bench.hub([lamp, component("vault", "secretstores.local.file", {
        "secretsFile": str(directory / "secrets.json")})])
    told = hub.shared.get("/v1.0/metadata", {"dapr-api-token": "t0ken-of-lamp"}).json()
    assert told["id"] == "lamp"
    assert "t0ken-of-lamp" not in hub.log


def test_a_secret_store_that_is_not_there(bench):
    said = refused(bench, [component("store", "state.sqlite", {
        "connectionString": {"secretKeyRef": {"name": "a", "key": "a"}}},
        auth={"secretStore": "nowhere"})])
    assert "nowhere" in said


def test_a_daprd_without_resources(bench):
    daprd = bench.daprd()
    assert daprd.api.get("/v1.0/metadata").json().get("components", []) == []


def test_an_empty_hub(bench):
    hub = bench.hub()
    assert hub.shared.get("/v1.0/healthz").status == 204


def test_apis_that_the_configuration_denies(bench):
    path = bench.directory() / "config.yaml"
    path.write_text(textwrap.dedent("""\
        apiVersion: dapr.io/v1alpha1
        kind: Configuration
        metadata: {name: c}
        spec:
          api:
            denied:
            - {name: state, version: v1.0, protocol: http}
            - {name: bindings, version: v1, protocol: http}
            - {name: lock, version: v1alpha1, protocol: http}
        """))
    daprd = bench.daprd("lamp", [component("store", "state.in-memory")], ["--config", path])
    answer = daprd.api.get("/v1.0/state/store/k")
    assert (answer.status, answer.json()["errorCode"]) == (404, "ERR_DIRECT_INVOKE")
    for path in ("/v1.0/bindings/bell", "/v1.0-alpha1/lock/l"):
        answer = daprd.api.post(path, json={})
        assert (answer.status, answer.json()["errorCode"]) == (404, "ERR_DIRECT_INVOKE")
    assert daprd.api.post("/v1.0-alpha1/unlock/l", json={}).status == 500
    assert daprd.api.get("/v1.0/metadata").status == 200


@pytest.mark.parametrize("body, status, error, message", [
    (b"", 400, "ERR_MALFORMED_REQUEST", "ExpiryInSeconds is not positive in lock store l"),
    (b'{"expiryInSeconds":-1}', 400, "ERR_MALFORMED_REQUEST",
     "ExpiryInSeconds is not positive in lock store l"),
    (b"[]", 400, "ERR_MALFORMED_REQUEST",
     "failed deserializing HTTP body: the body must be an object"),
    (b'{"resourceId":"r","expiry_in_seconds":1}', 500, "ERR_LOCK_STORE_NOT_CONFIGURED",
     "lock store is not configured"),
])
def test_a_lock_without_a_lock_store(bench, body, status, error, message):
    answer = bench.daprd("lamp").api.post("/v1.0-alpha1/lock/l", body)
    assert (answer.status, answer.json()) == (status, {"errorCode": error, "message": message})
