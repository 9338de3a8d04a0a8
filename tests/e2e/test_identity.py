"""Who is asking: sockets, ports, tokens, and requests without identity."""
import grp
import os
import stat

import pytest

from harness.checks import invoked
from harness.client import Client
from harness.daemon import free_port, run_to_end
from harness.resources import app, component
from harness.state import Store
from harness.wire import Headers

INVOKE = "/v1.0/invoke/lamp/method/on"


@pytest.fixture(scope="module")
def own_port():
    return free_port()


@pytest.fixture(scope="module")
def hub(module_bench, own_port):
    lamp = module_bench.app()
    return module_bench.hub([
        app("lamp", lamp.port), app("speaker"), app("ported", api={"port": own_port}),
        app("secret", api={"token": {"value": "t0ken-of-secret"}}),
        app("other", api={"token": {"envRef": "OTHERS"}}),
        component("store", "state.in-memory")], environment={"OTHERS": "t0ken-of-other"})


def caller(client, headers=()):
    """Whom the callee takes this client for."""
    return Headers(invoked(client.get(INVOKE, headers))["headers"]).get("dapr-caller-app-id")


def test_a_socket_says_who(hub):
    assert caller(hub.api("speaker")) == "speaker"
    assert caller(hub.api("ported")) == "ported"


def test_a_port_of_its_own_says_who(own_port, hub):
    assert caller(Client(("127.0.0.1", own_port))) == "ported"


def test_a_token_says_who_on_the_shared_port(hub):
    assert caller(hub.shared, {"dapr-api-token": "t0ken-of-secret"}) == "secret"
    assert caller(hub.shared, {"dapr-api-token": "t0ken-of-other"}) == "other"


def test_a_wrong_token(hub):
    for path in (INVOKE, "/v1.0/state/store/k", "/v1.0/metadata", "/nowhere"):
        answer = hub.shared.get(path, {"dapr-api-token": "wrong"})
        assert answer.status == 401
        assert answer.headers.get("content-type").startswith("text/plain")
        assert answer.body == b"invalid api token\n"


@pytest.mark.parametrize("token", ["t0ken-of-secre", "t0ken-of-secret2", "T0KEN-OF-SECRET"])
def test_a_token_is_compared_whole(hub, token):
    assert hub.shared.get(INVOKE, {"dapr-api-token": token}).status == 401


@pytest.mark.parametrize("verb, path", [
    ("GET", INVOKE), ("POST", "/v1.0/state/store"), ("GET", "/v1.0/state/store/k"),
    ("PUT", "/v1.0/metadata/k"), ("POST", "/v1.0/shutdown"), ("GET", "/anything")])
def test_without_identity_there_is_little(hub, verb, path):
    answer = hub.shared.request(verb, path, b"[]", {"dapr-app-id": "lamp"})
    assert answer.status in (401, 403)
    assert "errorCode" in answer.text or answer.body == b"invalid api token\n"
    assert len(answer.body) > 10, "it says why"


def test_without_identity_there_is_health_and_metadata(hub):
    assert hub.shared.get("/v1.0/healthz").status == 204
    assert hub.shared.get("/v1.0/healthz/outbound").status == 204
    assert hub.shared.get("/v1.0/metadata").status == 200


def test_the_default_app(bench):
    lamp = bench.app()
    hub = bench.hub([app("lamp", lamp.port), app("speaker")], ["--default-app", "speaker"])
    assert caller(hub.shared) == "speaker"
    assert hub.shared.get(INVOKE, {"dapr-api-token": "wrong"}).status in (200, 401)


def test_health_needs_no_token_and_all_else_does(bench):
    daprd = bench.daprd("lamp", [component("store", "state.in-memory")],
                        environment={"DAPR_API_TOKEN": "t0ken"})
    assert daprd.api.get("/v1.0/healthz/outbound").status == 204
    daprd.process.wait_until_answers(daprd.api, "/v1.0/healthz")
    for path in ("/v1.0/metadata", "/v1.0/state/store/k", INVOKE, "/nowhere", "/v1.0/shutdown"):
        for headers in ({}, {"dapr-api-token": "wrong"}, {"dapr-api-token": ""}):
            answer = daprd.api.get(path, headers)
            assert (answer.status, answer.body) == (401, b"invalid api token\n"), path
    assert daprd.api.get("/v1.0/metadata", {"dapr-api-token": "t0ken"}).status == 200
    assert "t0ken" not in daprd.log


# Like a health check at the start, and a call of an app for all else.
DISGUISED = ["/v1.0/healthz%2f..%2f..%2fmethod", "/v1.0/healthzz", "/v1.0/healthz/outbound/x",
             "/v1.0/healthz/x/../../v1.0/invoke/lamp/method/m"]


@pytest.mark.parametrize("path", DISGUISED)
def test_no_app_is_called_without_a_token(bench, path):
    lamp = bench.app()
    daprd = bench.daprd("lamp", flags=["--app-port", lamp.port],
                        environment={"DAPR_API_TOKEN": "t0ken"})
    hub = bench.hub([app("lamp", lamp.port, api={"token": {"value": "t0ken"}})])
    for api in (daprd.api, hub.shared):
        for headers in ({"dapr-app-id": "lamp"},
                        {"dapr-app-id": f"http://127.0.0.1:{lamp.port}"},
                        {"authorization": "Basic ZGFwci1hcHAtaWQ6bGFtcA=="}):
            assert api.get(path, headers).status in (401, 403, 404), (path, headers)
            assert api.post(path, b"x", headers).status in (401, 403, 404), (path, headers)
    for headers in ({"dapr-app-id": "lamp"}, {}):
        assert daprd.api.post("/v1.0/healthz", b"x", headers).status == 401
    assert not [one for one in lamp.requests if one.path != "/dapr/subscribe"]


def test_the_api_token_of_daprd_does_not_reach_the_app(bench):
    lamp = bench.app()
    daprd = bench.daprd("lamp", flags=["--app-port", lamp.port], environment={
        "DAPR_API_TOKEN": "of-the-api", "APP_API_TOKEN": "of-the-app"})
    daprd.process.wait_until_answers(daprd.api, "/v1.0/healthz")
    answer = daprd.api.get(INVOKE, {"dapr-api-token": "of-the-api"})
    assert Headers(invoked(answer)["headers"]).all("dapr-api-token") == ["of-the-app"]
    assert "of-the-a" not in daprd.log


def test_state_of_apps_is_apart(hub):
    Store(hub.api("lamp"), "store").set("k", "lamp's")
    assert Store(hub.api("speaker"), "store").get("k").status == 204
    secret = Store(hub.shared.with_headers({"dapr-api-token": "t0ken-of-secret"}), "store")
    assert secret.get("k").status == 204


@pytest.mark.parametrize("mode", [0o660, 0o600, 0o666])
def test_the_mode_of_a_socket(bench, mode):
    hub = bench.hub([app("lamp", socket={"mode": f"{mode:04o}"})])
    told = os.stat(hub.socket_path("lamp")).st_mode
    assert stat.S_ISSOCK(told) and stat.S_IMODE(told) == mode


def test_a_socket_is_not_for_everybody(bench):
    hub = bench.hub([app("lamp")])
    assert os.stat(hub.socket_path("lamp")).st_mode & 0o007 == 0


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may give a socket away")
def test_the_owner_of_a_socket(bench):
    hub = bench.hub([app("lamp", socket={"owner": "daemon", "group": "games", "mode": "0600"})])
    told = os.stat(hub.socket_path("lamp"))
    assert (told.st_uid, told.st_gid) == (1, grp.getgrnam("games").gr_gid)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may become another user")
def test_the_peer_of_a_socket_is_checked(bench):
    """Also where somebody has opened the file to all: the hub itself looks at who it is."""
    lamp = bench.app()
    hub = bench.hub([app("lamp", lamp.port), app("speaker", socket={"owner": "daemon"})])
    os.chmod(hub.directory, 0o755)
    os.chmod(hub.socket_path("speaker"), 0o666)
    assert status_as(hub, 1) == b"HTTP/1.1 200"
    assert status_as(hub, 65534) in (b"", b"HTTP/1.1 403", b"HTTP/1.1 401")


def status_as(hub, user):
    """The first bytes that user gets from speaker's socket."""
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.setgid(user)
            os.setuid(user)
            with hub.api("speaker").connect() as connection:
                connection.send_request("GET", INVOKE)
                os.write(write, connection.sock.recv(12))
        except OSError:
            pass
        finally:
            os._exit(0)
    os.close(write)
    os.waitpid(child, 0)
    with os.fdopen(read, "rb") as pipe:
        return pipe.read()


def test_a_socket_of_a_hub_that_was_killed_is_replaced(bench):
    hub = bench.hub([app("lamp")])
    hub.process.kill()
    assert os.path.exists(hub.socket_path("lamp"))
    bench.started(hub)
    assert hub.api("lamp").get("/v1.0/healthz").status == 204


def test_sockets_are_removed_at_the_end(bench):
    hub = bench.hub([app("lamp")])
    assert hub.process.stop() == 0
    assert not os.path.exists(hub.socket_path("lamp"))


def test_two_hubs_in_one_directory(bench):
    """The second must not take the first one's sockets away."""
    hub = bench.hub([app("lamp")])
    code, said = run_to_end(["--root", hub.directory, "--dapr-http-port", free_port()])
    assert code == 1 and said
    assert hub.api("lamp").get("/v1.0/healthz").status == 204
