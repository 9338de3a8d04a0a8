"""Secrets: what apps read, scopes, the hub's own sealed store, and what refers to secrets."""
import json
import os
import pathlib

import pytest

from harness.checks import error_message, has_error
from harness.client import Client
from harness.daemon import run_to_end, write_resources
from harness.resources import app, component
from harness.state import Store

SECRETS = {"pin": "1234", "db": {"user": "u", "pass/word": "p"}, "c": "3"}


def vault(directory, name="vault", fields=(), **more):
    path = pathlib.Path(directory) / "secrets.json"
    path.write_text(json.dumps(SECRETS))
    return component(name, "secretstores.local.file", {"secretsFile": str(path), **dict(fields)},
                     **more)


def scopes(*rules):
    return {"apiVersion": "dapr.io/v1alpha1", "kind": "Configuration",
            "metadata": {"name": "house"}, "spec": {"secrets": {"scopes": list(rules)}}}


def administration(hub):
    return Client(str(hub.directory / "run" / "admin.sock"))


def keep(hub, name, value, store="secretstore"):
    body = {"value": value} if isinstance(value, str) else {"values": value}
    answer = administration(hub).put(f"/v1.0-edgelane/secrets/{store}/{name}", json=body)
    assert answer.status == 200, answer
    return answer.json()


def read(hub, name, store="secretstore", app_id="lamp"):
    answer = hub.api(app_id).get(f"/v1.0/secrets/{store}/{name}")
    assert answer.status == 200, answer
    assert answer.headers.get("content-type") == "application/json"
    return answer.json()


def refused(bench, resources, environment=()):
    """What a hub says that does not start."""
    directory = bench.directory()
    write_resources(directory / "etc", resources)
    code, said = run_to_end(["--root", directory, "--dapr-http-port", "0"], environment)
    assert code == 1, said
    return said


def test_one_and_all(bench):
    hub = bench.hub([app("lamp"), vault(bench.directory())])
    assert read(hub, "pin", "vault") == {"pin": "1234"}
    assert read(hub, "db%3Auser", "vault") == {"db:user": "u"}
    assert read(hub, "db:pass%2Fword?metadata.version_id=1", "vault") == {"db:pass/word": "p"}
    assert read(hub, "bulk", "vault") == {
        "pin": {"pin": "1234"}, "db:user": {"db:user": "u"}, "db:pass/word": {"db:pass/word": "p"},
        "c": {"c": "3"}}


def test_several_values_of_one_secret(bench):
    hub = bench.hub([app("lamp"), vault(bench.directory(), fields={"multiValued": "true"})])
    assert read(hub, "db", "vault") == {"user": "u", "pass/word": "p"}
    assert read(hub, "bulk", "vault")["pin"] == {"pin": "1234"}
    told = hub.api("lamp").get("/v1.0/metadata").json()["components"]
    capabilities = next(one for one in told if one["name"] == "vault")["capabilities"]
    assert capabilities == ["MULTIPLE_KEY_VALUES_PER_SECRET"]


def test_the_environment_answers_for_every_name(bench):
    hub = bench.hub([app("lamp"), component("env", "secretstores.local.env", {"prefix": "HOME_"})],
                    environment={"HOME_PIN": "1234", "DAPR_THING": "hidden"})
    assert read(hub, "PIN", "env") == {"PIN": "1234"}
    assert read(hub, "nothing", "env") == {"nothing": ""}
    assert read(hub, "bulk", "env") == {"PIN": {"PIN": "1234"}}


def test_errors(bench):
    hub = bench.hub([app("lamp"), vault(bench.directory())])
    for path in ("foo/pin", "foo/bulk"):
        has_error(hub.api("lamp").get(f"/v1.0/secrets/{path}"), 401, "ERR_SECRET_STORE_NOT_FOUND",
                  "failed finding secret store with key foo")
    has_error(hub.api("lamp").get("/v1.0/secrets/vault/nosuch"), 500, "ERR_SECRET_GET",
              "failed getting secret with key nosuch from secret store vault: "
              "secret nosuch not found")
    assert hub.api("lamp").post("/v1.0/secrets/vault/pin").status == 404


def test_no_store_at_all(bench):
    for path in ("vault/pin", "vault/bulk"):
        has_error(bench.daprd("lamp").api.get(f"/v1.0/secrets/{path}"), 500,
                  "ERR_SECRET_STORES_NOT_CONFIGURED", "secret store is not configured")


@pytest.mark.parametrize("rule, readable", [
    ({"allowedSecrets": ["pin"], "deniedSecrets": ["pin"]}, {"pin"}),
    ({"deniedSecrets": ["pin", "c"]}, {"db:user", "db:pass/word"}),
    ({"defaultAccess": "deny"}, set()),
    ({"defaultAccess": "allow"}, {"pin", "c", "db:user", "db:pass/word"}),
])
def test_scopes_of_the_configuration(bench, rule, readable):
    hub = bench.hub([app("lamp"), vault(bench.directory()),
                     scopes({"storeName": "vault", **rule})])
    assert set(read(hub, "bulk", "vault")) == readable
    answer = hub.api("lamp").get("/v1.0/secrets/vault/pin")
    if "pin" in readable:
        assert answer.json() == {"pin": "1234"}
    else:
        has_error(answer, 403, "ERR_PERMISSION_DENIED",
                  'access denied by policy to get "pin" from "vault"')


def test_two_scopes_of_one_store(bench):
    said = refused(bench, [app("lamp"), vault(bench.directory()),
                           scopes({"storeName": "vault"}, {"storeName": "vault"})])
    assert "vault" in said and "resources.yaml" in said and "scope already" in said


def test_scopes_of_the_component(bench):
    directory = bench.directory()
    hub = bench.hub([app("lamp"), app("speaker"), vault(directory, scopes=["speaker"]),
                     vault(directory, "all")])
    assert read(hub, "pin", "vault", "speaker") == {"pin": "1234"}
    has_error(hub.api("lamp").get("/v1.0/secrets/vault/pin"), 401, "ERR_SECRET_STORE_NOT_FOUND",
              "failed finding secret store with key vault")


def test_the_hubs_own_store(bench):
    hub = bench.hub([app("lamp")])
    assert read(hub, "bulk") == {}
    assert not (hub.directory / "data" / "hub.key").exists()
    assert keep(hub, "pin", "1234")["version"] == 1
    assert keep(hub, "pin", "5678")["version"] == 2
    keep(hub, "db", {"user": "ü", "password": "p"})
    hub.process.kill()
    bench.started(hub)
    assert read(hub, "pin") == {"pin": "5678"}
    assert read(hub, "bulk") == {"pin": {"pin": "5678"}, "db": {"user": "ü", "password": "p"}}
    told = administration(hub).get("/v1.0-edgelane/secrets/secretstore")
    assert [(one["name"], one["version"]) for one in told.json()["secrets"]] == [
        ("db", 1), ("pin", 2)]
    assert "5678" not in told.text
    one = administration(hub).get("/v1.0-edgelane/secrets/secretstore/db").json()
    assert one == {"name": "db", "values": {"user": "ü", "password": "p"}}
    assert administration(hub).delete("/v1.0-edgelane/secrets/secretstore/pin").status == 204
    assert hub.api("lamp").get("/v1.0/secrets/secretstore/pin").status == 500
    gone = administration(hub).delete("/v1.0-edgelane/secrets/secretstore/pin")
    has_error(gone, 404, "ERR_SECRET_DELETE", "secret pin not found")


def test_a_new_key(bench):
    hub = bench.hub([app("lamp")])
    keep(hub, "pin", "1234")
    key = hub.directory / "data" / "hub.key"
    before = key.read_bytes()
    assert (len(before), key.stat().st_mode & 0o777) == (32, 0o400)
    told = administration(hub).post("/v1.0-edgelane/secrets/secretstore/rotate-key").json()
    assert told["secrets"] == 1 and len(told["keyId"]) == 16
    assert key.read_bytes() != before
    assert read(hub, "pin") == {"pin": "1234"}
    hub.process.stop()
    bench.started(hub)
    assert read(hub, "pin") == {"pin": "1234"}


def test_a_lost_key_is_told_and_the_hub_goes_on(bench):
    hub = bench.hub([app("lamp")])
    keep(hub, "pin", "1234")
    hub.process.stop()
    os.remove(hub.directory / "data" / "hub.key")
    bench.started(hub)
    assert "and the keys at hand are: none" in hub.log
    has_error(hub.api("lamp").get("/v1.0/secrets/secretstore/pin"), 500,
              "ERR_SECRET_STORES_NOT_CONFIGURED", "secret store is not configured")


def test_only_administration_changes_secrets(bench):
    hub = bench.hub([app("lamp")], ["--default-app", "lamp"])
    path = "/v1.0-edgelane/secrets/secretstore"
    for client in (hub.api("lamp"), hub.shared):
        for answer in (client.get(path), client.get(path + "/pin"), client.delete(path + "/pin"),
                       client.put(path + "/pin", json={"value": "1"}),
                       client.post(path + "/rotate-key")):
            assert "admin.sock" in error_message(answer, 403, "ERR_PERMISSION_DENIED")


def test_what_cannot_be_kept(bench):
    hub = bench.hub([app("lamp"), vault(bench.directory()),
                     component("own", "secretstores.sqlite")])
    put = administration(hub).put
    path = "/v1.0-edgelane/secrets/own/pin"
    for body in (b"s3cret", b'{"value": s3cret}', b'{"value": ["s3cret"]}', b'"s3cret"', b"",
                 b'{"value": "s3cret", "values": {}}', b'{"values": {"a": 5}}', b"{}"):
        answer = put(path, body)
        assert answer.status == 400 and "s3cret" not in answer.text, answer
    for name in ("bulk", "n" * 256):
        assert put(f"/v1.0-edgelane/secrets/own/{name}", json={"value": "1"}).status == 400
    assert put(path, json={"value": "x" * 70000}).status == 400
    assert put("/v1.0-edgelane/secrets/vault/pin", json={"value": "1"}).status == 501
    told = error_message(put("/v1.0-edgelane/secrets/nosuch/pin", json={"value": "1"}), 404,
                         "ERR_SECRET_STORE_NOT_FOUND")
    assert '"nosuch"' in told and "vault" in told and "own" in told


def sealed(directory, name="own", fields=(), **more):
    return component(name, "secretstores.sqlite", {
        "connectionString": f"{directory}/own.db", "keyFile": f"{directory}/own.key",
        **dict(fields)}, **more)


def reference(name):
    return {"secretKeyRef": {"name": name, "key": name}}


def test_a_chain_of_stores(bench):
    """The environment says where the sealed store is, which says where the state is."""
    directory = bench.directory()
    first = bench.hub([app("lamp"), sealed(directory)])
    keep(first, "where", str(directory / "s3cret.db"), "own")
    first.process.stop()
    state = component("state", "state.sqlite", {"connectionString": reference("where")},
                      auth={"secretStore": "own"})
    own = component("own", "secretstores.sqlite", {
        "connectionString": reference("OWN_DB"), "keyFile": reference("OWN_KEY")},
        auth={"secretStore": "env"})
    hub = bench.hub(
        [app("lamp"), state, own, component("env", "secretstores.local.env"),
         scopes({"storeName": "own", "defaultAccess": "deny"})],
        environment={"OWN_DB": f"{directory}/own.db", "OWN_KEY": f"{directory}/own.key"})
    Store(hub.api("lamp"), "state").set("k", 1)
    assert (directory / "s3cret.db").exists()


def test_a_component_may_use_the_hubs_own_store(bench):
    hub = bench.hub([app("lamp")])
    path = bench.directory() / "s3cret.db"
    keep(hub, "where", str(path))
    hub.process.stop()
    write_resources(hub.directory / "etc", [
        app("lamp"), component("state", "state.sqlite", {"connectionString": reference("where")},
                               auth={"secretStore": "secretstore"})])
    bench.started(hub)
    Store(hub.api("lamp"), "state").set("k", 1)
    assert path.exists()


def test_stores_that_wait_for_each_other(bench):
    def waits(name, store):
        return component(name, "secretstores.local.env", {"prefix": reference("x")},
                         auth={"secretStore": store})
    said = refused(bench, [app("lamp"), waits("a", "b"), waits("b", "c"), waits("c", "a")])
    assert "secret stores wait for each other: a -> b -> c -> a" in said


def test_a_store_that_failed_is_named_to_who_waits_for_it(bench):
    broken = component("broken", "secretstores.local.file", {"secretsFile": "/nowhere/at/all"},
                       {"ignoreErrors": True})
    said = refused(bench, [app("lamp"), broken,
                           component("state", "state.sqlite",
                                     {"connectionString": reference("x")},
                                     auth={"secretStore": "broken"})])
    assert "it waits for the secret store broken, which failed" in said
    assert "/nowhere/at/all" in said


def test_no_secret_is_in_the_log_or_on_the_disk(bench):
    hub = bench.hub([app("lamp"), scopes({"storeName": "secretstore", "deniedSecrets": ["no"]})],
                    ["--log-level", "debug", "--enable-api-logging"])
    keep(hub, "pin", "SECRET-one")
    keep(hub, "pin", "SECRET-two")
    keep(hub, "no", {"SECRET": "SECRET-three"})
    administration(hub).put("/v1.0-edgelane/secrets/secretstore/pin", b'{"value": "SECRET-four')
    read(hub, "pin")
    read(hub, "bulk")
    hub.api("lamp").get("/v1.0/secrets/secretstore/no")
    administration(hub).get("/v1.0-edgelane/secrets/secretstore/no")
    administration(hub).post("/v1.0-edgelane/secrets/secretstore/rotate-key")
    key = (hub.directory / "data" / "hub.key").read_bytes()
    files = [path for path in (hub.directory / "data").iterdir() if path.name != "hub.key"]
    assert {"hub.db", "hub.db-wal"} <= {path.name for path in files}
    for path in files:
        content = path.read_bytes()
        assert b"SECRET" not in content and key not in content, path
    assert "/v1.0/secrets/secretstore/pin" in hub.log and "SECRET" not in hub.log


def memory_maps(pid):
    """(first address, size, flags) of what is readable and of no file."""
    found = []
    for line in pathlib.Path(f"/proc/{pid}/smaps").read_text().splitlines():
        words = line.split()
        if "-" in words[0] and not words[0].endswith(":"):
            first, end = (int(part, 16) for part in words[0].split("-"))
            readable = words[1].startswith("rw")
        elif words[0] == "VmFlags:" and readable:
            found.append((first, end - first, words[1:]))
    return found


def test_the_key_stands_only_where_no_core_dump_shows_it(bench):
    hub = bench.hub([app("lamp")])
    keep(hub, "pin", "1234")
    read(hub, "pin")
    key = (hub.directory / "data" / "hub.key").read_bytes()
    holders = []
    with open(f"/proc/{hub.process.pid}/mem", "rb") as memory:
        for first, size, flags in memory_maps(hub.process.pid):
            memory.seek(first)
            try:
                if key in memory.read(size):
                    holders.append(flags)
            except OSError:
                pass  # a guard page
    assert holders, "the key is in use"
    assert all("dd" in flags for flags in holders), holders
