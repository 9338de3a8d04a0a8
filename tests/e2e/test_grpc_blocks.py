"""The gRPC API, block by block: what HTTP does, in gRPC's words."""
import json

import pytest

from harness.configuration import Editor
from harness.pubsub import Subscriber, subscription, wait_for_subscriptions
from harness.resources import app, component
from harness.rpc import Rpc, failure_of
from harness.state import Store
from harness.waiting import wait_until

SECRETS = {"pin": "1234", "db": {"user": "u", "password": "p"}, "hidden": "x"}
FIRST_WRITE = 1


@pytest.fixture(scope="module")
def listener(module_bench):
    return Subscriber(module_bench, [subscription("mem", "orders", "/orders")])


@pytest.fixture(scope="module")
def hub(module_bench, listener):
    def answer(exchange):
        body = exchange.read_body()
        headers = {"X-Mine": "yes", "Content-Type": "text/plain", "Cache-Control": "no-store"}
        exchange.answer(200, exchange.request.method.encode() + b" " + body, headers)
    plain = module_bench.app(answer)
    plain.route("/broken", lambda exchange: exchange.answer(404, "灯".encode() * 40))
    echo = module_bench.app()
    directory = module_bench.directory()
    (directory / "secrets.json").write_text(json.dumps(SECRETS))
    scopes = {"apiVersion": "dapr.io/v1alpha1", "kind": "Configuration",
              "metadata": {"name": "house"}, "spec": {"secrets": {"scopes": [
                  {"storeName": "vault", "deniedSecrets": ["hidden"]}]}}}
    made = module_bench.hub([
        app("lamp", echo.port), app("plain", plain.port), app("listener", listener.port),
        component("store", "state.in-memory"),
        component("disk", "state.sqlite", {"connectionString": f"{directory}/state.db"}),
        component("mem", "pubsub.in-memory"),
        component("vault", "secretstores.local.file", {
            "secretsFile": str(directory / "secrets.json"), "multiValued": "true"}), scopes])
    wait_for_subscriptions(made)
    return made


@pytest.fixture(scope="module")
def lamp(hub):
    rpc = Rpc(hub.grpc_target("lamp"))
    yield rpc
    rpc.close()


def save(rpc, *items, store="store"):
    return rpc.start("SaveState", store_name=store, states=list(items))


def get(rpc, key, store="store"):
    return rpc.call("GetState", store_name=store, key=key)


@pytest.mark.parametrize("store", ["store", "disk"])
def test_state_is_bytes(lamp, store):
    value = bytes(range(256))
    save(lamp, {"key": "bytes", "value": value}, {"key": "灯", "value": b""}, store=store).result()
    told = get(lamp, "bytes", store)
    assert told.data == value and told.etag
    assert get(lamp, "none", store).ByteSize() == 0
    lamp.call("DeleteState", store_name=store, key="bytes")
    assert get(lamp, "bytes", store).data == b""


def test_state_is_the_same_over_http(hub, lamp):
    store = Store(hub.api("lamp"), "store")
    save(lamp, {"key": "raw", "value": b'{"a": 1}'},
         {"key": "json", "value": b'{"a": 1}', "metadata": {"contentType": "application/json"}}
         ).result()
    assert store.get("json").json() == {"a": 1}
    assert store.get("raw").body == b'{"a": 1}'
    store.set("web", {"b": [2]})
    assert json.loads(get(lamp, "web").data) == {"b": [2]}
    assert get(lamp, "web").etag == store.etag("web")


def test_etags(lamp):
    save(lamp, {"key": "e", "value": b"1"}).result()
    etag = get(lamp, "e").etag
    item = {"key": "e", "value": b"2", "etag": {"value": etag},
            "options": {"concurrency": FIRST_WRITE}}
    save(lamp, item).result()
    failure = failure_of(save(lamp, item))
    assert failure.code == "ABORTED" and failure.reason == "ERR_STATE_SAVE"
    assert failure.message.startswith("failed saving state in state store store: possible etag mis")
    failure = lamp.fail("DeleteState", store_name="store", key="e", etag={"value": etag})
    assert (failure.code, failure.reason) == ("ABORTED", "ERR_STATE_DELETE")
    failure = lamp.fail("DeleteBulkState", store_name="store",
                        states=[{"key": "e", "etag": {"value": etag}}])
    assert (failure.code, failure.reason) == ("ABORTED", "ERR_STATE_BULK_DELETE")
    assert get(lamp, "e").data == b"2"


def test_many_keys(lamp):
    save(lamp, *({"key": f"m{i}", "value": str(i).encode()} for i in range(3))).result()
    told = lamp.call("GetBulkState", store_name="store", keys=["m0", "m2", "none"]).items
    assert {one.key: one.data for one in told} == {"m0": b"0", "m2": b"2", "none": b""}
    lamp.call("DeleteBulkState", store_name="store", states=[{"key": "m0"}, {"key": "m1"}])
    assert get(lamp, "m1").data == b"" and get(lamp, "m2").data == b"2"
    lamp.call("DeleteBulkState", store_name="store")


def test_what_expires_says_when(lamp):
    save(lamp, {"key": "ttl", "value": b"1", "metadata": {"ttlInSeconds": "1000"}}).result()
    assert get(lamp, "ttl").metadata["ttlExpireTime"].endswith("Z")


def test_transactions(lamp):
    def run(*operations):
        return lamp.start("ExecuteStateTransaction", storeName="store", operations=[
            {"operationType": kind, "request": request} for kind, request in operations])
    run(("upsert", {"key": "t1", "value": b"1"}), ("upsert", {"key": "t2", "value": b"2"}),
        ("delete", {"key": "t1"})).result()
    assert (get(lamp, "t1").data, get(lamp, "t2").data) == (b"", b"2")
    failure = failure_of(run(("upsert", {"key": "t3", "value": b"3"}),
                             ("delete", {"key": "t2", "etag": {"value": "12345"}})))
    assert (failure.code, failure.reason) == ("INTERNAL", "ERR_STATE_TRANSACTION")
    assert get(lamp, "t3").data == b""
    failure = failure_of(run(("add", {"key": "t4"})))
    assert (failure.code, failure.message) == (
        "UNIMPLEMENTED", "operation type add not supported")
    run().result()


def test_state_that_cannot_be(lamp):
    failure = lamp.fail("GetState", store_name="no", key="k")
    assert (failure.code, failure.message) == ("INVALID_ARGUMENT", "state store no is not found")
    assert failure.reason == "DAPR_STATE_NOT_FOUND" and failure.info == {}
    failure = lamp.fail("GetState", store_name="store", key="a||b")
    assert failure.message == "input key/keyPrefix 'a||b' can't contain '||'"
    assert set(failure.details) == {"BadRequest", "ResourceInfo", "ErrorInfo"}
    assert failure.details["BadRequest"].field_violations[0].field == "a||b"
    assert failure.details["ResourceInfo"].resource_name == "store"
    failure = lamp.fail("GetState", store_name="store", key="灯||" * 100_000)
    assert failure.code == "INVALID_ARGUMENT" and len(failure.message) < 2100
    failure = failure_of(save(lamp, {"value": b"x"}))
    assert (failure.code, failure.message) == ("INVALID_ARGUMENT", "state key cannot be empty")
    failure = failure_of(save(lamp, {"key": "j", "value": b"{", "metadata": {
        "contentType": "application/json"}}))
    assert failure.code == "INVALID_ARGUMENT"


def test_no_store_at_all(bench):
    daprd = bench.daprd()
    rpc = Rpc(f"127.0.0.1:{daprd.grpc_port}")
    failure = rpc.fail("GetState", store_name="no", key="k")
    assert (failure.code, failure.reason) == ("FAILED_PRECONDITION", "DAPR_STATE_NOT_CONFIGURED")
    failure = rpc.fail("GetSecret", store_name="no", key="k")
    assert (failure.code, failure.message) == ("FAILED_PRECONDITION",
                                               "secret store is not configured")
    failure = rpc.fail("GetConfiguration", store_name="no")
    assert (failure.code, failure.reason) == ("FAILED_PRECONDITION",
                                              "ERR_CONFIGURATION_STORE_NOT_CONFIGURED")
    rpc.close()


def test_publish(lamp, listener):
    call = lamp.start("PublishEvent", pubsub_name="mem", topic="orders", data=b'{"n": 1}',
                      data_content_type="application/json", metadata={"cloudevent.id": "one"})
    call.result()
    assert dict(call.initial_metadata())["x-durability"] == "memory"
    events = wait_until(lambda: [event for event in listener.events("/orders")
                                 if event["id"] == "one"], "the event")
    assert events[0]["data"] == {"n": 1} and events[0]["source"] == "lamp"


@pytest.mark.parametrize("name", ["BulkPublishEvent", "BulkPublishEventAlpha1"])
def test_bulk_publish(lamp, listener, name):
    entries = [{"entry_id": str(i), "event": f"{name} {i}".encode(), "content_type": "text/plain"}
               for i in range(3)]
    assert not lamp.call(name, pubsub_name="mem", topic="orders", entries=entries).failedEntries
    wanted = {f"{name} {i}" for i in range(3)}
    wait_until(lambda: wanted <= {event["data"] for event in listener.events("/orders")
                                  if isinstance(event["data"], str)}, "all entries")


def test_publications_that_cannot_be(lamp):
    failure = lamp.fail("PublishEvent", pubsub_name="no", topic="t")
    assert (failure.code, failure.message) == ("INVALID_ARGUMENT", "pubsub no is not found")
    assert failure.reason == "DAPR_PUBSUB_NOT_FOUND" and failure.info == {}
    failure = lamp.fail("PublishEvent", topic="t")
    assert (failure.code, failure.message) == ("INVALID_ARGUMENT", "pubsub name is empty")
    failure = lamp.fail("PublishEvent", pubsub_name="mem")
    assert failure.message == "topic is empty in pubsub mem"
    assert failure.details["ResourceInfo"].resource_type == "pubsub"
    failure = lamp.fail("BulkPublishEvent", pubsub_name="mem", topic="t", entries=[
        {"entry_id": "1", "event": b"a"}, {"entry_id": "1", "event": b"b"}])
    assert failure.code == "INVALID_ARGUMENT" and "duplicated" in failure.message


@pytest.mark.parametrize("suffix", ["", "Alpha1"])
def test_configuration(hub, lamp, suffix):
    editor = Editor(hub)
    editor.write({"color": "red", "other": "1"})
    items = lamp.call("GetConfiguration" + suffix, store_name="configstore",
                      keys=["color", "no"]).items
    assert {key: item.value for key, item in items.items()} == {"color": "red"}
    assert items["color"].version and items["color"].metadata["source"] == "live"
    stream = lamp.start("SubscribeConfiguration" + suffix, store_name="configstore",
                        keys=["color"])
    first = next(stream)
    assert first.id and not first.items
    editor.write({"color": "blue" + suffix, "other": "2"})
    update = next(stream)
    assert update.id == first.id
    assert {key: item.value for key, item in update.items.items()} == {"color": "blue" + suffix}
    ended = lamp.call("UnsubscribeConfiguration" + suffix, store_name="configstore", id=first.id)
    assert ended.ok and not ended.message
    assert list(stream) == []
    ended = lamp.call("UnsubscribeConfiguration" + suffix, store_name="configstore", id=first.id)
    assert (ended.ok, ended.message) == (
        False, "failed to unsubscribe to configuration request "
        f"{first.id}: subscription does not exist")


def test_a_client_that_leaves_ends_its_subscription(hub, lamp):
    stream = lamp.start("SubscribeConfiguration", None, store_name="configstore", keys=["k"])
    subscription_id = next(stream).id
    stream.cancel()
    wait_until(lambda: not lamp.call("UnsubscribeConfiguration", store_name="configstore",
                                     id=subscription_id).ok, "the end of the subscription")


def test_configuration_that_cannot_be(lamp):
    failure = lamp.fail("GetConfiguration", store_name="no")
    assert (failure.code, failure.reason) == ("INVALID_ARGUMENT",
                                              "ERR_CONFIGURATION_STORE_NOT_FOUND")
    assert lamp.fail("SubscribeConfiguration", store_name="no").code == "INVALID_ARGUMENT"


def test_secrets(lamp):
    assert dict(lamp.call("GetSecret", store_name="vault", key="pin").data) == {"pin": "1234"}
    assert dict(lamp.call("GetSecret", store_name="vault", key="db").data) == SECRETS["db"]
    told = lamp.call("GetBulkSecret", store_name="vault").data
    assert {name: dict(secret.secrets) for name, secret in told.items()} == {
        "pin": {"pin": "1234"}, "db": SECRETS["db"]}
    failure = lamp.fail("GetSecret", store_name="vault", key="hidden")
    assert (failure.code, failure.message) == (
        "PERMISSION_DENIED", 'access denied by policy to get "hidden" from "vault"')
    failure = lamp.fail("GetSecret", store_name="no", key="pin")
    assert (failure.code, failure.message) == (
        "INVALID_ARGUMENT", "failed finding secret store with key no")
    assert lamp.fail("GetSecret", store_name="vault", key="none").code == "INTERNAL"


def test_metadata(hub, lamp):
    lamp.call("SetMetadata", key="note", value="灯")
    lamp.call("SetMetadata", key="daprRuntimeVersion", value="9.9.9")
    refused = lamp.fail("SetMetadata", key="long", value="v" * 4097)
    assert (refused.code, refused.message) == (
        "INVALID_ARGUMENT", "the value of app metadata has at most 4096 bytes")
    told = lamp.call("GetMetadata")
    shown = hub.api("lamp").get("/v1.0/metadata").json()
    assert told.id == shown["id"] and told.runtime_version == shown["runtimeVersion"]
    assert dict(told.extended_metadata) == shown["extended"]
    assert told.extended_metadata["note"] == "灯"
    assert told.extended_metadata["daprRuntimeVersion"] == told.runtime_version
    assert [(one.name, one.type, list(one.capabilities)) for one in told.registered_components] == [
        (one["name"], one["type"], one.get("capabilities", [])) for one in shown["components"]]
    assert told.app_connection_properties.port == shown["appConnectionProperties"]["port"]
    assert told.actor_runtime.runtime_status == 1
    rpc = Rpc(hub.grpc_target("listener"))
    subscribed = rpc.call("GetMetadata").subscriptions[0]
    assert (subscribed.pubsub_name, subscribed.topic, subscribed.rules.rules[0].path) == (
        "mem", "orders", "/orders")
    rpc.close()


def invoke(rpc, app_id, method, verb="POST", query="", headers=(), **more):
    return rpc.start("InvokeService", headers=headers, id=app_id, message={
        "method": method, "http_extension": {"verb": verb, "querystring": query}, **more})


def test_invoke(lamp):
    call = invoke(lamp, "plain", "a/b", "PUT", data={"value": b"body"}, content_type="text/x")
    answer = call.result()
    assert (answer.data.value, answer.content_type) == (b"PUT body", "text/plain")
    told = dict(call.initial_metadata())
    assert told["dapr-http-status"] == "200" and told["x-mine"] == "yes"
    assert told["dapr-content-type"] == "text/plain" and told["dapr-cache-control"] == "no-store"


def test_what_the_callee_is_told(hub, lamp):
    rpc = Rpc(hub.grpc_target("plain"))
    call = invoke(rpc, "lamp", "on", "GET", "a=1&b=%20", {"x-mine": "1", "bin-bin": b"\1"})
    told = json.loads(call.result().data.value)
    assert (told["method"], told["path"], told["query"]) == ("GET", "/on", "a=1&b=%20")
    headers = {name.lower(): value for name, value in told["headers"]}
    assert headers["x-mine"] == "1" and headers["dapr-caller-app-id"] == "plain"
    assert "bin-bin" not in headers and "te" not in headers
    assert not any(value.startswith("application/grpc") for value in headers.values())
    rpc.close()


def test_an_answer_that_is_a_failure(lamp):
    failure = failure_of(invoke(lamp, "plain", "broken", "GET"))
    assert (failure.code, failure.message, failure.reason) == (
        "NOT_FOUND", "Not Found", "Not Found")
    assert failure.info == {"http.code": "404", "http.error_message": "灯" * 21}
    assert failure.headers["dapr-http-status"] == "404"


@pytest.mark.parametrize("change, text", [
    ({"http_extension": None}, "missing HTTP extension field"),
    ({"http_extension": {"verb": 0}}, "invalid HTTP verb"),
    ({"http_extension": {"verb": 6}}, "invalid HTTP verb"),
    ({"http_extension": {"verb": 77}}, "invalid HTTP verb"),
    ({"http_extension": {"verb": 1, "querystring": "a HTTP/1.1\r\nx: y"}}, "invalid content type"),
    ({"content_type": "a\r\nx: y"}, "invalid content type"),
    ({"method": "a?b"}, "invalid method")])
def test_invocations_that_cannot_be(lamp, change, text):
    wanted = {"method": "m", "http_extension": {"verb": 1}, **change}
    failure = lamp.fail("InvokeService", id="plain", message={
        name: value for name, value in wanted.items() if value is not None})
    assert failure.code == "INVALID_ARGUMENT" and text in failure.message


def test_an_app_that_is_not_there(lamp):
    failure = failure_of(invoke(lamp, "nobody", "m"))
    assert (failure.code, failure.message) == (
        "INTERNAL", "failed to invoke, id: nobody, err: couldn't find service: nobody")
