"""secretstores.aws.secretmanager: signed calls, sealed copies, leases. The service is a stand-in
that judges signatures by botocore (harness/aws.py)."""
import datetime

import pytest

from harness.aws import ACCESS_KEY, REGION, SECRET_KEY, Refusal, SecretsManager
from harness.checks import error_message
from harness.cloud import Cloud, uplink
from harness.daemon import free_port
from harness.etcd import Etcd
from harness.lanes import lane
from harness.pubsub import Subscriber, subscription, wait_for_subscriptions
from harness.resources import app, component
from harness.rpc import Rpc
from harness.tls import Authority
from harness.waiting import wait_until

STORE = "kms"
PLAIN = "hunter2 in the clear"


@pytest.fixture
def aws():
    service = SecretsManager(free_port()).start()
    service.put("hub/db", PLAIN)
    yield service
    service.stop()


def store(aws, **fields):
    return component(STORE, "secretstores.aws.secretmanager", {
        "region": REGION, "accessKey": ACCESS_KEY, "secretKey": SECRET_KEY,
        "endpoint": aws.endpoint, "refresh": "1s", **fields})


@pytest.fixture
def hub(bench, aws):
    return bench.hub([app("lamp"), store(aws)])


def ask(hub, name="hub%2Fdb", app_id="lamp"):
    return hub.api(app_id).get(f"/v1.0/secrets/{STORE}/{name}")


def value(hub, name="hub/db"):
    answer = ask(hub, name.replace("/", "%2F"))
    return answer.json()[name] if answer.status == 200 else said(answer)


def said(answer):
    return error_message(answer, 500, "ERR_SECRET_GET")


def freshness(answer):
    return tuple(answer.headers.get(f"x-secret-{name}") for name in ("source", "stale"))


def on_disk(hub):
    return b"".join(path.read_bytes() for path in (hub.directory / "data").rglob("*")
                    if path.is_file())


def restarted(bench, hub):
    hub.process.kill()
    bench.started(hub)


def test_a_secret_is_read_once_and_kept(hub, aws):
    answer = ask(hub)
    assert answer.status == 200, answer
    assert answer.json() == {"hub/db": PLAIN}
    assert freshness(answer) == ("live", "false")
    as_of = datetime.datetime.fromisoformat(
        answer.headers.get("x-secret-asof").replace("Z", "+00:00"))
    age = datetime.datetime.now(datetime.timezone.utc) - as_of
    assert abs(age.total_seconds()) < 60
    for _ in range(20):
        assert value(hub) == PLAIN
    assert aws.asked("hub/db") < 20
    assert aws.calls[0] == ("secretsmanager.GetSecretValue", {"SecretId": "hub/db"})


def test_over_grpc(hub, aws):
    rpc = Rpc(hub.grpc_target("lamp"))
    call = rpc.start("GetSecret", store_name=STORE, key="hub/db")
    assert dict(call.result().data) == {"hub/db": PLAIN}
    headers = dict(call.initial_metadata())
    assert (headers["x-secret-source"], headers["x-secret-stale"]) == ("live", "false")
    other = rpc.call("GetSecret", store_name=STORE, key="hub/db",
                     metadata={"version_stage": "AWSCURRENT"})
    assert dict(other.data) == {"hub/db": PLAIN}
    everything = rpc.call("GetBulkSecret", store_name=STORE)
    assert dict(everything.data["hub/db"].secrets) == {"hub/db": PLAIN}
    rpc.close()


def test_over_tls(bench):
    authority = Authority(bench.directory())
    aws = SecretsManager(free_port(), authority.server("aws")).start()
    aws.put("hub/db", PLAIN)
    hub = bench.hub([app("lamp"), store(aws, caCert=authority.certificate)])
    assert value(hub) == PLAIN
    stranger = bench.hub([app("lamp"), store(aws)])
    assert "couldn't get secret" in value(stranger) and PLAIN not in value(stranger)
    aws.stop()


def test_names_and_values_of_any_kind(bench, aws):
    for name, text in (("a b/ü:灯", '"quoted" \\ \n 灯'), ("json", '{"user":"u","pass":"p"}')):
        aws.put(name, text)
    hub = bench.hub([app("lamp"), store(aws, multipleKeyValuesPerSecret="true")])
    assert hub.api("lamp").get(f"/v1.0/secrets/{STORE}/a%20b%2F%C3%BC:%E7%81%AF").json() == {
        "a b/ü:灯": '"quoted" \\ \n 灯'}
    assert ask(hub, "json").json() == {"user": "u", "pass": "p"}
    told = hub.api("lamp").get("/v1.0/metadata").json()["components"]
    capabilities = next(one for one in told if one["name"] == STORE)["capabilities"]
    assert capabilities == ["MULTIPLE_KEY_VALUES_PER_SECRET"]


def test_all_in_pages(hub, aws):
    aws.page = 3
    for number in range(10):
        aws.put(f"s{number}", str(number))
    expected = {"hub/db": {"hub/db": PLAIN}, **{f"s{n}": {f"s{n}": str(n)} for n in range(10)}}
    answer = ask(hub, "bulk")
    assert answer.json() == expected
    assert freshness(answer) == ("live", "false")
    lists = [request for operation, request in aws.calls if operation.endswith("ListSecrets")]
    assert [one.get("NextToken") for one in lists[:4]] == [None, "3", "6", "9"]
    aws.stop()
    assert ask(hub, "bulk").json() == expected


def test_versions(hub, aws):
    aws.put("hub/db", "second")
    assert value(hub) == "second"
    for query, text in (("version_id=v1", PLAIN), ("version_stage=AWSPREVIOUS", PLAIN),
                        ("version_stage=AWSCURRENT", "second")):
        answer = ask(hub, f"hub%2Fdb?metadata.{query}")
        assert answer.json() == {"hub/db": text}, query
    assert "can't find the version" in said(ask(hub, "hub%2Fdb?metadata.version_id=v9"))


def test_what_is_missing(hub, aws):
    assert value(hub, "no/such") == (
        "failed getting secret with key no/such from secret store kms: couldn't get secret: "
        "no/such: ResourceNotFoundException: Secrets Manager can't find the specified secret.")
    for _ in range(5):
        assert "no/such" in value(hub, "no/such")
    assert aws.asked("no/such") == 1


def test_patience_with_a_busy_service(hub, aws):
    aws.refusals = [Refusal("ThrottlingException", "Rate exceeded"),
                    Refusal("InternalServiceError", status=500)]
    assert value(hub) == PLAIN
    assert aws.asked("hub/db") == 3


def test_keys_that_are_refused(bench, aws):
    hub = bench.hub([app("lamp"), store(aws, secretKey="another")])
    assert "check accessKey and secretKey" in value(hub)
    expired = bench.hub([app("lamp"), store(aws, sessionToken="old")])
    assert "the session has ended: give a new accessKey, secretKey and sessionToken" in value(
        expired)
    aws.session_token = "old"
    wait_until(lambda: value(expired) == PLAIN, "the session's token", 20)


def test_a_clock_that_is_wrong(hub, aws):
    aws.clock_offset = 40 * 365 * 86400
    assert value(hub) == PLAIN
    assert "the hub's clock is wrong" in hub.log


def test_a_new_version_takes_the_place_of_the_old(bench, hub, aws):
    assert value(hub) == PLAIN
    aws.put("hub/db", "rotated")
    wait_until(lambda: value(hub) == "rotated", "the new version", 20)
    assert "a secret has a new version" in hub.log
    aws.stop()
    restarted(bench, hub)
    assert value(hub) == "rotated"


def many(aws, hub, count=6):
    names = [f"s{n}" for n in range(count)]
    for name in names:
        aws.put(name, "first " + name)
    assert [value(hub, name) for name in names] == ["first " + name for name in names]
    aws.calls.clear()
    return names


def test_many_are_read_again_in_one_call(bench, aws):
    hub = bench.hub([app("lamp"), store(aws, refresh="2s")])
    names = many(aws, hub)
    restarted(bench, hub)
    wait_until(lambda: aws.operations().get("BatchGetSecretValue", 0) >= 2, "some rounds", 30)
    asked = aws.operations()
    assert asked.get("GetSecretValue", 0) < asked["BatchGetSecretValue"] * len(names) / 2, asked
    for name in names:
        aws.put(name, "second " + name)
    aws.deleted.add(names[0])
    aws.denied.add(names[1])
    wait_until(lambda: [value(hub, name) for name in names[2:]] ==
               ["second " + name for name in names[2:]], "the new versions", 30)
    wait_until(lambda: "not found" in value(hub, names[0]), "the deletion", 30)
    assert value(hub, names[1]) == "first " + names[1], "the copy of what is refused"
    hub.process.wait_for_log("a secret is refused")


def test_without_leave_for_many_they_are_read_one_by_one(bench, aws):
    aws.batches = False
    hub = bench.hub([app("lamp"), store(aws, refresh="2s")])
    names = many(aws, hub)
    for name in names:
        aws.put(name, "second " + name)
    wait_until(lambda: [value(hub, name) for name in names] ==
               ["second " + name for name in names], "the new versions", 30)
    restarted(bench, hub)
    hub.process.wait_for_log("BatchGetSecretValue is refused")
    aws.calls.clear()
    wait_until(lambda: aws.operations().get("GetSecretValue", 0) > len(names), "rounds", 30)
    assert "BatchGetSecretValue" not in aws.operations()


def test_apps_are_told_of_a_change_and_not_of_values(bench, aws):
    shop = Subscriber(bench, [subscription("pubsub", "keys", "/keys")])
    hub = bench.hub([app("lamp"), app("shop", shop.port),
                     store(aws, changesPubsub="pubsub", changesTopic="keys")])
    wait_for_subscriptions(hub, 1)
    assert value(hub) == PLAIN
    aws.put("hub/db", "rotated")
    event = shop.event("/keys")
    assert event["type"] == "io.edgelane.secret.changed.v1"
    assert event["data"] == {"store": STORE, "name": "hub/db",
                             "version": "v2"}
    assert value(hub) == "rotated"
    aws.deleted.add("hub/db")
    assert shop.events("/keys", 2)[-1]["data"] == {"store": STORE, "name": "hub/db", "gone": True}
    assert b"rotated" not in b"".join(one.body for one in shop.requests("/keys", 2))


@pytest.mark.parametrize("how", ["deleted", "gone"])
def test_what_is_deleted_there_is_forgotten_here(bench, hub, aws, how):
    assert value(hub) == PLAIN
    if how == "deleted":
        aws.deleted.add("hub/db")
    else:
        del aws.secrets["hub/db"]
    wait_until(lambda: ask(hub).status == 500, "the deletion", 20)
    aws.stop()
    restarted(bench, hub)
    assert "not found" in value(hub)


def test_without_the_cloud_and_after_a_kill(bench, hub, aws):
    assert value(hub) == PLAIN
    aws.stop()
    restarted(bench, hub)
    answer = ask(hub)
    assert answer.json() == {"hub/db": PLAIN}
    assert freshness(answer)[0] == "cache"
    wait_until(lambda: freshness(ask(hub)) == ("cache", "true"), "a stale copy", 20)
    assert value(hub) == PLAIN
    assert "couldn't get secret" in value(hub, "never/read")
    aws.start()
    wait_until(lambda: freshness(ask(hub)) == ("live", "false"), "a fresh copy", 90)


def test_when_the_lease_has_ended(bench, aws):
    hub = bench.hub([app("lamp"), store(aws, maxStaleOffline="2s")])
    assert value(hub) == PLAIN
    aws.stop()
    wait_until(lambda: "has ended, and it cannot be read again" in value(hub), "the end", 20)
    restarted(bench, hub)
    assert ask(hub).status == 500
    aws.start()
    wait_until(lambda: value(hub) == PLAIN, "the secret again", 90)


def test_a_lease_that_may_be_overrun(bench, aws):
    hub = bench.hub([app("lamp"), store(aws, maxStaleOffline="1s", onExpired="serve+warn")])
    assert value(hub) == PLAIN
    aws.stop()
    wait_until(lambda: ask(hub).status == 200 and "its lease has ended" in hub.log,
               "the warning", 20)
    assert value(hub) == PLAIN


def test_a_refusal_ends_it_earlier(bench, aws):
    hub = bench.hub([app("lamp"), store(aws, maxStaleOnline="2s")])
    assert value(hub) == PLAIN
    aws.denied.add("hub/db")
    wait_until(lambda: "not authorized to read hub/db" in value(hub), "the end", 20)


def test_no_secret_is_in_the_log_or_in_the_clear_on_the_disk(bench, aws):
    aws.session_token = "SESSION-TOKEN"
    hub = bench.hub([app("lamp"), store(aws, sessionToken="SESSION-TOKEN")],
                    flags=["--log-level", "debug"])
    assert value(hub) == PLAIN
    assert ask(hub, "bulk").status == 200
    aws.put("hub/db", "another in the clear")
    wait_until(lambda: value(hub) == "another in the clear", "the new version", 20)
    aws.denied.add("hub/db")
    wait_until(lambda: "a secret is refused" in hub.log, "the refusal", 20)
    hub.process.stop()
    for secret in (PLAIN, "another in the clear", SECRET_KEY, "SESSION-TOKEN"):
        assert secret not in hub.log
        assert secret.encode() not in on_disk(hub)
    assert b"secret_copy" in on_disk(hub)


def test_a_lane_does_not_read_productions(bench, aws):
    aws.put("hub/own", "base's")
    aws.put("lane/gray/hub/own", "gray's")
    hub = bench.hub([app("lamp"), app("lamp", lane="gray"), app("lamp", lane="open"),
                     lane("gray"), lane("open", secretsFallback=True), store(aws)])

    def of_lane(name, instance="lamp@gray"):
        return ask(hub, name.replace("/", "%2F"), instance)
    assert of_lane("hub/db", "lamp@open").json() == {"hub/db": PLAIN}
    assert of_lane("hub/own").json() == {"hub/own": "gray's"}
    assert of_lane("hub/db").status == 403
    assert of_lane("lane/gray/hub/own").status == 403
    aws.stop()
    restarted(bench, hub)
    assert of_lane("hub/own").json() == {"hub/own": "gray's"}
    assert of_lane("hub/db").status == 403
    assert of_lane("hub/db", "lamp@open").json() == {"hub/db": PLAIN}
    assert of_lane("never/read").status == 500


def test_what_refers_to_it_starts_without_the_cloud(bench, aws):
    aws.put("second", SECRET_KEY)
    key = {"secretKeyRef": {"name": "second", "key": "second"}}
    second = component("second", "secretstores.aws.secretmanager", {
        "region": REGION, "accessKey": ACCESS_KEY, "secretKey": key, "endpoint": aws.endpoint},
        auth={"secretStore": STORE})
    hub = bench.hub([app("lamp"), store(aws), second])

    def from_second():
        return hub.api("lamp").get("/v1.0/secrets/second/hub%2Fdb")
    assert from_second().json() == {"hub/db": PLAIN}
    aws.stop()
    restarted(bench, hub)
    assert from_second().json() == {"hub/db": PLAIN}


@pytest.fixture
def cloud(bench):
    cloud = Cloud(bench.directory())
    yield cloud
    cloud.close()


def test_the_cloud_has_copies_forgotten(bench, aws, cloud):
    aws.put("other", "v")
    hub = bench.hub([app("lamp"), store(aws, refresh="1h"), uplink(cloud.url)])
    cloud.wait_for_hub()
    assert (value(hub), value(hub, "other")) == (PLAIN, "v")
    aws.stop()
    cloud.command("c1", op="secret.purge", names=["hub/db"])
    assert cloud.reply("c1") == {"status": "ok", "code": 200, "body": "forgotten: kms: 1"}
    assert "couldn't get secret" in value(hub) and value(hub, "other") == "v"
    cloud.command("c2", op="secret.purge", names="*", store=STORE)
    assert cloud.reply("c2")["body"] == "forgotten: kms: 1"
    restarted(bench, hub)
    assert "couldn't get secret" in value(hub, "other")
    cloud.command("c3", op="secret.purge", names="*", store="elsewhere")
    assert cloud.reply("c3")["code"] == 404
    aws.start()
    wait_until(lambda: value(hub) == PLAIN, "the secret again", 20)


def test_the_cloud_has_copies_read_again(bench, aws, cloud):
    etcd = Etcd(bench.directory()).start()
    etcd.write({"shop/color": "red"})
    configuration = component("shop", "configuration.etcd",
                              {"endpoints": etcd.endpoint, "keyPrefixPath": "shop"})
    hub = bench.hub([app("lamp"), store(aws, refresh="1h"), configuration, uplink(cloud.url)])
    cloud.wait_for_hub()
    assert value(hub) == PLAIN
    aws.put("hub/db", "new")
    cloud.command("c1", op="config.refresh")
    assert cloud.reply("c1") == {"status": "ok", "code": 200,
                                 "body": "read again: shop: 1, kms: 1"}
    assert value(hub) == "new"
    aws.stop()
    cloud.command("c2", op="config.refresh")
    reply = cloud.reply("c2")
    assert (reply["status"], reply["code"]) == ("failed", 503)
    assert reply["body"].startswith("kms: ") and reply["body"].endswith("read again: shop: 1")
    etcd.end()
    cloud.command("c3", op="config.refresh", store="shop")
    assert cloud.reply("c3")["status"] == "failed"
    etcd.start()
    cloud.command("c4", op="config.refresh", store="shop")
    wait_until(lambda: cloud.replies("c4"), "the reply", 60)
    etcd.close()


@pytest.mark.parametrize("fields, words", [
    ({"region": ""}, "region"), ({"accessKey": ""}, "accessKey"), ({"endpoint": "x"}, "endpoint"),
    ({"onExpired": "perhaps"}, "onExpired"),
])
def test_fields_that_cannot_be(bench, aws, fields, words):
    hub = bench.hub([app("lamp"), component(
        STORE, "secretstores.aws.secretmanager",
        {"region": REGION, "accessKey": ACCESS_KEY, "secretKey": SECRET_KEY, **fields},
        spec={"ignoreErrors": True})])
    assert words in hub.log and SECRET_KEY not in hub.log
