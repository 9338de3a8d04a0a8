"""Service invocation: who is called, with which verb, path, query and body."""
import base64

import pytest

from harness.checks import NO_APP_ID, has_error, invoke_failed, invoked
from harness.resources import app


@pytest.fixture(scope="module")
def lamp(module_bench):
    return module_bench.app()


@pytest.fixture(scope="module")
def hub(module_bench, lamp):
    speaker = module_bench.app()
    return module_bench.hub([app("lamp", lamp.port), app("speaker", speaker.port), app("mute")])


@pytest.fixture
def speaker(hub):
    return hub.api("speaker")


@pytest.mark.parametrize("verb", ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "PROPFIND"])
def test_every_verb_arrives(speaker, verb):
    seen = invoked(speaker.request(verb, "/v1.0/invoke/lamp/method/on"))
    assert (seen["method"], seen["path"]) == (verb, "/on")


def test_head_has_the_length_and_no_body(speaker, lamp):
    lamp.route("/size", lambda exchange: exchange.answer(200, b"12345"))
    with speaker.connect() as connection:
        connection.send_request("HEAD", "/v1.0/invoke/lamp/method/size")
        answer = connection.read_answer("HEAD")
        assert (answer.status, answer.headers.get("content-length")) == (200, "5")
        connection.send_request("GET", "/v1.0/invoke/lamp/method/size")
        assert connection.read_answer().body == b"12345"


@pytest.mark.parametrize("body", [b"", b"x", bytes(range(256)), b"a" * 300_000])
def test_bodies_arrive_byte_for_byte(speaker, body):
    seen = invoked(speaker.post("/v1.0/invoke/lamp/method/put", body))
    assert seen["body"].encode("latin-1") == body


def test_a_chunked_body_arrives(speaker):
    with speaker.connect() as connection:
        connection.send_head("POST", "/v1.0/invoke/lamp/method/put",
                             {"Transfer-Encoding": "chunked"})
        connection.send(b"3\r\nabc\r\n4;why=not\r\ndefg\r\n0\r\nX-Sum: 7\r\n\r\n")
        assert invoked(connection.read_answer())["body"] == "abcdefg"


@pytest.mark.parametrize("asked, path", [
    ("/v1.0/invoke/lamp/method/a/b/c", "/a/b/c"),
    ("/v1.0/invoke/lamp/method/", "/"),
    ("/v1.0/invoke/lamp/method/a//b", "/a/b"),
    ("/v1.0/invoke/lamp/method/a/./b/../c", "/a/c"),
    ("/v1.0/invoke/lamp/method/a%2Fb", "/a/b"),
    ("/v1.0/invoke///lamp/method/on", "/on"),
    ("/v1.0//invoke/lamp/method/on", "/on"),
    ("//v1.0/invoke/lamp/method/on", "/on"),
    ("/v1.0/invoke/lamp/method/method/on", "/method/on"),
    ("/v1.0/invoke/l%61mp/method/on", "/on"),
])
def test_paths(speaker, asked, path):
    assert invoked(speaker.get(asked))["path"] == path


@pytest.mark.parametrize("asked, path", [
    ("/v1.0/invoke/lamp/method/a%20b", "/a%20b"),
    ("/v1.0/invoke/lamp/method/%E7%81%AF", "/%E7%81%AF"),
])
def test_what_must_be_escaped_is_escaped_again(speaker, asked, path):
    assert invoked(speaker.get(asked))["path"] == path


@pytest.mark.parametrize("query", ["a=1&b=2", "a=%2F%20+&a=&&=", "q=http://x/y?z", "a%00b", ""])
def test_the_query_is_not_touched(speaker, query):
    assert invoked(speaker.get(f"/v1.0/invoke/lamp/method/on?{query}"))["query"] == query


@pytest.mark.parametrize("method", ["a%3Fb", "a%23b", "a%00b", "a%0Ab", "a%7Fb"])
def test_a_method_with_forbidden_characters_is_refused(speaker, lamp, method):
    before = len(lamp.requests)
    answer = speaker.get(f"/v1.0/invoke/lamp/method/{method}")
    assert "invalid method" in invoke_failed(answer, "lamp")
    assert len(lamp.requests) == before


def test_a_malformed_escape_is_400(speaker):
    assert speaker.get("/v1.0/invoke/lamp/method/a%2").status == 400
    assert speaker.get("/v1.0/invoke/lamp/method/%zz").status == 400


def test_the_id_in_a_header(speaker):
    seen = invoked(speaker.post("/orders//1?x=2", b"b", {"dapr-app-id": "lamp"}))
    assert (seen["path"], seen["query"], seen["body"]) == ("/orders/1", "x=2", "b")
    assert "dapr-app-id" not in [name.lower() for name, _ in seen["headers"]]


def test_the_id_in_the_header_wins_over_the_path(speaker):
    seen = invoked(speaker.get("/v1.0/invoke/nobody/method/on", {"dapr-app-id": "lamp"}))
    assert seen["path"] == "/v1.0/invoke/nobody/method/on"


def test_an_api_path_wins_over_the_header(speaker):
    assert speaker.get("/v1.0/healthz/outbound", {"dapr-app-id": "lamp"}).status == 204


def basic(text):
    return {"Authorization": "Basic " + base64.b64encode(text.encode()).decode()}


@pytest.mark.parametrize("user", ["dapr-app-id", "Dapr-App-ID"])
def test_the_id_in_basic_authorization(speaker, user):
    headers = basic(f"{user}:lamp")
    seen = invoked(speaker.get("/orders", headers))
    assert seen["path"] == "/orders"
    assert dict(map(reversed, seen["headers"]))[headers["Authorization"]].lower() == "authorization"


@pytest.mark.parametrize("text", ["dapr-app-id:http://x", "user:lamp", "dapr-app-id"])
def test_other_basic_authorization_names_no_app(speaker, text):
    has_error(speaker.get("/orders", basic(text)), 404, "ERR_DIRECT_INVOKE", NO_APP_ID)


@pytest.mark.parametrize("verb, target", [
    ("GET", "/"),
    ("GET", "/v1.0/nothing/here"),
    ("POST", "/v1.0/invoke/lamp/on"),
    ("DELETE", "/v1.0/metadata"),
    ("PATCH", "/v1.0/state/store"),
])
def test_what_is_no_api_is_404(speaker, verb, target):
    has_error(speaker.request(verb, target), 404, "ERR_DIRECT_INVOKE", NO_APP_ID)


def test_an_id_with_its_namespace(speaker):
    assert invoked(speaker.get("/v1.0/invoke/lamp.default/method/on"))["path"] == "/on"


def test_an_app_calls_itself(speaker):
    seen = invoked(speaker.get("/v1.0/invoke/speaker/method/on"))
    names = [name.lower() for name, _ in seen["headers"]]
    assert seen["path"] == "/on"
    assert "x-forwarded-for" not in names and "forwarded" not in names


def test_an_app_that_only_calls_cannot_be_called(speaker, hub):
    said = invoke_failed(speaker.get("/v1.0/invoke/mute/method/on"), "mute")
    assert said == "rpc error: code = Internal desc = app channel is not initialized"
    said = invoke_failed(hub.api("mute").get("/v1.0/invoke/mute/method/on"), "mute")
    assert said == "cannot invoke local endpoint: app channel not initialized"


def test_an_unknown_app(speaker):
    assert "nobody" in invoke_failed(speaker.get("/v1.0/invoke/nobody/method/on"), "nobody")


def test_an_unknown_namespace(speaker):
    answer = speaker.get("/v1.0/invoke/lamp.other/method/on")
    assert "lamp" in invoke_failed(answer, "lamp.other")


def test_an_id_with_two_dots(speaker):
    said = invoke_failed(speaker.get("/v1.0/invoke/a.b.c/method/on"), "a.b.c")
    assert said == "invalid app id a.b.c"


@pytest.mark.parametrize("status", [200, 201, 204, 301, 302, 304, 400, 401, 404, 418, 429, 500,
                                    503, 599])
def test_the_apps_status_is_the_answer(speaker, lamp, status):
    path = f"/status/{status}"
    lamp.route(path, lambda exchange: exchange.answer(
        status, b"said", {"Location": "http://127.0.0.1:1/", "X-Of-App": "1"}))
    answer = speaker.get(f"/v1.0/invoke/lamp/method{path}")
    assert (answer.status, answer.headers.get("x-of-app")) == (status, "1")
    assert answer.body == (b"" if status in (204, 304) else b"said")
    assert len(lamp.seen(path)) == 1, "an answer of the app is never asked for again"


def test_many_requests_on_one_connection(speaker, lamp):
    connections = lamp.connections
    with speaker.connect() as connection:
        for number in range(200):
            connection.send_request("GET", f"/v1.0/invoke/lamp/method/n{number}")
            assert invoked(connection.read_answer())["path"] == f"/n{number}"
    assert lamp.connections <= connections + 1, "connections to the app are used again"


def test_pipelined_requests_are_answered_in_order(speaker):
    with speaker.connect() as connection:
        one = b"GET /v1.0/invoke/lamp/method/n%d HTTP/1.1\r\nHost: h\r\n\r\n"
        connection.send(b"".join(one % number for number in range(20)))
        for number in range(20):
            assert invoked(connection.read_answer())["path"] == f"/n{number}"
