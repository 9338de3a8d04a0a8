"""What the API refuses: too much, too slow, and requests that can be read in two ways."""
import pytest

from harness import wire
from harness.checks import invoked
from harness.resources import app, component
from harness.waiting import wait_until

MIB = 1024 * 1024
TARGET = "/v1.0/invoke/lamp/method/on"


@pytest.fixture(scope="module")
def lamp(module_bench):
    return module_bench.app()


@pytest.fixture(scope="module")
def hub(module_bench, lamp):
    return module_bench.hub([app("lamp", lamp.port), app("speaker")])


@pytest.fixture
def speaker(hub):
    yield hub.api("speaker")
    assert hub.api("speaker").get(TARGET).status == 200


@pytest.fixture(scope="module", autouse=True)
def stalled(hub):
    """A connection that stops in the middle of its request, for the last test of this file."""
    connection = hub.api("speaker").connect()
    connection.send(b"GET / HTTP/1.1\r\nHost: h\r\nX-Unfin")
    yield connection
    connection.close()


def test_a_body_up_to_the_limit(speaker):
    assert len(invoked(speaker.post(TARGET, b"x" * 4 * MIB))["body"]) == 4 * MIB


def is_too_large(answer):
    # daprd has no answer of its own for it; whichever it is, it is an error and says what.
    assert answer.status in (400, 413, 500), answer
    assert "errorCode" in answer.json() or "too large" in answer.text


def test_a_body_over_the_limit(speaker, lamp):
    before = len(lamp.requests)
    with speaker.connect() as connection:
        connection.send_head("POST", TARGET, {"Content-Length": str(4 * MIB + 1)})
        try:
            connection.send(b"x" * (4 * MIB + 1))
        except OSError:
            pass  # refused before all of it was sent
        is_too_large(connection.read_answer())
    assert not any(request.body for request in lamp.requests[before:])


def test_a_chunked_body_over_the_limit(speaker, lamp):
    before = len(lamp.requests)
    with speaker.connect() as connection:
        connection.send_head("POST", TARGET, {"Transfer-Encoding": "chunked"})
        try:
            for _ in range(5):
                connection.send(wire.chunk(b"x" * MIB))
            connection.send(b"0\r\n\r\n")
        except OSError:
            pass
        is_too_large(connection.read_answer())
    assert not any(request.body for request in lamp.requests[before:])


@pytest.mark.parametrize("path", ["publish/ps/t", "publish/bulk/ps/t"])
def test_a_body_over_the_limit_for_publish(bench, path):
    hub = bench.hub([app("lamp"), component("ps", "pubsub.in-memory")], ["--max-body-size", "1Ki"])
    answer = hub.api("lamp").post(f"/v1.0/{path}", b"x" * 2048)
    assert (answer.status, answer.json()["errorCode"]) == (413, "ERR_PUBSUB_PUBLISH_MESSAGE")


def test_a_body_over_the_limit_for_state(bench):
    hub = bench.hub([app("lamp"), component("store", "state.in-memory")],
                    ["--max-body-size", "1Ki"])
    lamp = hub.api("lamp")
    answer = lamp.post("/v1.0/state/store", json=[{"key": "k", "value": "x" * 2048}])
    assert answer.status == 413 and answer.json()["errorCode"]
    assert lamp.post("/v1.0/state/store", json=[{"key": "k", "value": "x" * 100}]).status == 204


@pytest.mark.parametrize("flags", [
    ["--max-body-size", "1Mi"], ["--dapr-http-max-request-size", "1"],
])
def test_the_flags_of_the_body_limit(bench, flags):
    lamp = bench.app()
    daprd = bench.daprd(flags=["--app-port", lamp.port, *flags])
    daprd.process.wait_until_answers(daprd.api, "/v1.0/healthz")
    assert daprd.api.post(TARGET, b"x" * MIB).status == 200
    is_too_large(daprd.api.post(TARGET, b"x" * (MIB + 1)))


@pytest.mark.parametrize("size", [64 * 1024, 2 * MIB])
def test_a_header_block_over_the_limit(speaker, size):
    with speaker.connect() as connection:
        try:
            connection.send_request("GET", TARGET, headers={"X-Huge": "x" * size})
        except OSError:
            pass
        assert connection.read_answer().status == 431


def test_a_request_line_over_the_limit(speaker):
    with speaker.connect() as connection:
        connection.send_head("GET", "/" + "a" * 64 * 1024)
        assert connection.read_answer().status in (414, 431)


def test_a_header_block_below_the_limit(speaker):
    headers = invoked(speaker.get(TARGET, {"X-Long": "x" * 3500}))["headers"]
    assert ["x-long", "x" * 3500] in [[name.lower(), value] for name, value in headers]


def test_a_larger_read_buffer(bench):
    lamp = bench.app()
    hub = bench.hub([app("lamp", lamp.port), app("speaker")], ["--read-buffer-size", "64Ki"])
    assert hub.api("speaker").get(TARGET, {"X-Long": "x" * 60_000}).status == 200


def test_json_without_end(bench):
    """A hundred thousand brackets are refused, not followed."""
    hub = bench.hub([app("lamp"), component("store", "state.in-memory")])
    deep = b"[" * 100_000 + b"]" * 100_000
    for path, body in (("", b'[{"key":"k","value":%b}]'), ("/bulk", b'{"keys":%b}'),
                       ("/transaction", b'{"operations":%b}')):
        answer = hub.api("lamp").post(f"/v1.0/state/store{path}", body % deep)
        assert (answer.status, answer.json()["errorCode"]) == (400, "ERR_MALFORMED_REQUEST")


def test_connections_over_the_limit(bench):
    """The socket of one app is full: it is told so, and other apps notice nothing."""
    hub = bench.hub([app("lamp"), app("speaker")])
    lamp = hub.api("lamp")
    connections = []
    while len(connections) < 4096:
        try:
            connections.append(lamp.connect())
        except BlockingIOError:
            pass  # faster than the hub takes them
    connections[-1].send_request("GET", "/v1.0/healthz")
    assert connections[-1].read_answer().status == 204
    with lamp.connect() as one_more:
        assert one_more.read_answer().status == 503
        assert one_more.is_closed()
    assert hub.api("speaker").get("/v1.0/healthz").status == 204
    assert hub.process.memory() < 64 * MIB
    for connection in connections:
        connection.close()
    wait_until(lambda: is_served(lamp), "room for connections")


def is_served(client):
    try:
        return client.get("/v1.0/healthz").status == 204
    except OSError:
        return False


HEAD = b"POST /v1.0/invoke/lamp/method/smuggled HTTP/1.1\r\nHost: h\r\n"


@pytest.mark.parametrize("request_bytes", [
    HEAD + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    HEAD + b"Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n",
    HEAD + b"Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello!",
    HEAD + b"Content-Length: 5, 6\r\n\r\nhello!",
    HEAD + b"Content-Length: +5\r\n\r\nhello",
    HEAD + b"Content-Length: -1\r\n\r\n",
    HEAD + b"Content-Length: 0x5\r\n\r\nhello",
    HEAD + b"Content-Length: 99999999999999999999\r\n\r\n",
    HEAD + b"Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n",
    HEAD + b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
    HEAD + b"Transfer-Encoding: chunked\r\nTransfer-Encoding: gzip\r\n\r\n0\r\n\r\n",
    HEAD + b"Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n",
    HEAD + b"X-Folded: a\r\n b\r\nContent-Length: 0\r\n\r\n",
    HEAD + b" X-First-Folded: a\r\nContent-Length: 0\r\n\r\n",
    HEAD + b"X-Zero: a\x00b\r\nContent-Length: 0\r\n\r\n",
    HEAD + b"X-Return: a\rb\r\nContent-Length: 0\r\n\r\n",
    HEAD + b"X Blank: a\r\nContent-Length: 0\r\n\r\n",
    HEAD + b": no name\r\nContent-Length: 0\r\n\r\n",
    b"POST /v1.0/invoke/lamp/method/smuggled HTTP/1.1\r\nContent-Length: 0\r\n\r\n",
    HEAD + b"Host: other\r\nContent-Length: 0\r\n\r\n",
    b"POST  /v1.0/invoke/lamp/method/smuggled HTTP/1.1\r\nHost: h\r\n\r\n",
    b"POST /v1.0/invoke/lamp/method/smuggled HTTP/3.7\r\nHost: h\r\n\r\n",
    b"POST /v1.0/invoke/lamp/method/smuggled\r\n\r\n",
    b"NONSENSE /v1.0/invoke/lamp/method/smuggled HTTP/1.1\r\nHost: h\r\n\r\n",
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(100),
    b"\x00" * 64,
])
def test_what_could_be_read_in_two_ways_is_refused(speaker, lamp, request_bytes):
    with speaker.connect() as connection:
        connection.send(request_bytes + b"GET /v1.0/invoke/lamp/method/second HTTP/1.1\r\n\r\n")
        status, headers = connection.read_head()
        assert status in (400, 501, 505), status
        list(wire.body_pieces(connection.reader, headers, True))
        assert connection.is_closed(), "what follows on this connection cannot be trusted"
    assert not any(request.body for request in lamp.seen("/smuggled"))
    assert not lamp.seen("/second")


@pytest.mark.parametrize("body", [
    b"-1\r\nx\r\n0\r\n\r\n",
    b"0x1\r\nx\r\n0\r\n\r\n",
    b"1\nx\r\n0\r\n\r\n",
    b"1\r\nxyz0\r\n\r\n",
    b"1 \r\n\r\n",
    b"ffffffffffffffffff\r\nx\r\n",
    b"\r\n",
])
def test_a_chunked_body_that_is_none_is_refused(speaker, lamp, body):
    with speaker.connect() as connection:
        connection.send(HEAD + b"Transfer-Encoding: chunked\r\n\r\n" + body)
        connection.send(b"GET /v1.0/invoke/lamp/method/second HTTP/1.1\r\n\r\n")
        status, headers = connection.read_head()
        assert status in (400, 500, None), status
        list(wire.body_pieces(connection.reader, headers, True))
        assert connection.is_closed()
    assert not any(request.body for request in lamp.seen("/smuggled"))
    assert not lamp.seen("/second")


def test_a_client_that_stops_in_the_middle_of_its_head(stalled):
    """Ten seconds after its first byte it is told, and let go."""
    answer = stalled.read_answer()
    assert answer.status == 408, answer
    assert stalled.is_closed()
