"""Ways in which clients talk: curl, HTTP/1.0, Expect, half-closing, one byte at a time."""
import json
import subprocess

import pytest

from harness.checks import invoked
from harness.resources import app

MIB = 1024 * 1024
TARGET = "/v1.0/invoke/lamp/method/on"


@pytest.fixture(scope="module")
def lamp(module_bench):
    return module_bench.app()


@pytest.fixture(scope="module")
def hub(module_bench, lamp):
    return module_bench.hub([app("lamp", lamp.port), app("speaker")],
                            ["--default-app", "speaker", "--max-body-size", "64Mi"])


@pytest.fixture
def url(hub):
    return f"http://127.0.0.1:{hub.port}"


def curl(*arguments):
    command = ["curl", "-sS", "--max-time", "20", *arguments]
    return subprocess.run(command, check=True, capture_output=True).stdout


def test_curl_gets(url):
    assert b'"path": "/on"' in curl(url + TARGET)


def versions(*arguments):
    return curl("-o", "/dev/null", "-w", "%{http_version} %{http_code}", *arguments).decode()


@pytest.mark.parametrize("way", ["--http2", "--http2-prior-knowledge"])
def test_curl_speaks_http2(hub, url, lamp, way):
    assert b'"path": "/on"' in curl(way, url + TARGET)
    assert versions(way, url + TARGET) == "2 200"
    assert versions(way, url + "/v1.0/healthz") == "2 204"
    assert versions(way, url + "/v1.0/state/none/key") == "2 400"
    assert versions(way, "--unix-socket", hub.socket_path("speaker"),
                    f"http://localhost{TARGET}") == "2 200"
    lamp.route("/large", lambda exchange: exchange.answer(200, b"x" * 5 * MIB))
    assert len(curl(way, "-H", "dapr-app-id: lamp", url + "/large")) == 5 * MIB


def test_http2_carries_bodies_and_headers_to_the_app(url, lamp, tmp_path):
    (tmp_path / "upload").write_bytes(b"\x5a" * 3 * MIB)
    out = curl("--http2-prior-knowledge", "--data-binary", f"@{tmp_path / 'upload'}", "-H",
               "X-Mine: 1", "-H", "Cookie: a=1", "-H", "Cookie: b=2", url + TARGET)
    assert len(json.loads(out)["body"]) == 3 * MIB
    seen = lamp.requests[-1]
    assert (seen.version, seen.header("x-mine")) == ("HTTP/1.1", "1")
    assert seen.header("cookie") == "a=1; b=2"
    assert int(seen.header("content-length")) == 3 * MIB


def test_http2_can_be_switched_off(bench):
    hub = bench.hub([app("speaker")], environment={"DAPR_HTTP_DISABLE_H2C": "true"})
    assert versions("--http2", f"http://127.0.0.1:{hub.port}/v1.0/healthz") == "1.1 204"


def test_curl_over_the_apps_socket(hub):
    out = curl("--unix-socket", hub.socket_path("speaker"), f"http://localhost{TARGET}")
    assert b'"path": "/on"' in out


def test_curl_uploads_after_100_continue(url, lamp, tmp_path):
    size = 32 * MIB
    (tmp_path / "upload").write_bytes(b"\x5a" * size)
    lamp.route("/size", lambda exchange: exchange.answer(
        200, str(len(exchange.read_body())).encode()))
    out = curl("-T", str(tmp_path / "upload"), "-X", "POST", "-H", "dapr-app-id: lamp",
               "-H", "Expect: 100-continue", "--expect100-timeout", "15",
               "-w", " %{http_code} %{time_total}", url + "/size").decode()
    told, status, seconds = out.split()
    assert (told, status) == (str(size), "200")
    assert float(seconds) < 10, "curl had to give up waiting for 100 Continue"


def test_curl_head(url, lamp):
    lamp.route("/on-head", lambda exchange: exchange.answer(200, b"12345", {"X-A": "b"}))
    out = curl("-I", "-H", "dapr-app-id: lamp", url + "/on-head").decode()
    assert out.startswith("HTTP/1.1 200") and "content-length: 5" in out.lower()


def test_curl_http_1_0(url, lamp):
    @lamp.route("/chunks")
    def chunks(exchange):
        exchange.begin_chunked()
        exchange.send(b"3\r\none\r\n3\r\ntwo\r\n0\r\n\r\n")
    assert curl("--http1.0", "-H", "dapr-app-id: lamp", url + "/chunks") == b"onetwo"


def test_curl_reuses_its_connection(url):
    out = curl("-o", "/dev/null", "-o", "/dev/null", "-w", "%{num_connects} %{http_code}\n",
               url + TARGET, url + TARGET)
    assert out == b"1 200\n0 200\n"


def test_100_continue_comes_before_the_body(hub):
    with hub.api("speaker").connect() as connection:
        connection.send_head("POST", TARGET, {"Content-Length": "5", "Expect": "100-continue"})
        status, _ = connection.read_head()
        assert status == 100
        connection.send(b"hello")
        assert invoked(connection.read_answer())["body"] == "hello"


def test_an_unknown_expectation(hub):
    with hub.api("speaker").connect() as connection:
        connection.send_head("POST", TARGET, {"Content-Length": "0", "Expect": "wonders"})
        assert connection.read_answer().status in (200, 417)


def test_a_client_that_closes_its_half_gets_its_answer(hub):
    with hub.api("speaker").connect() as connection:
        connection.send_request("POST", TARGET, b"hello")
        connection.half_close()
        assert invoked(connection.read_answer())["body"] == "hello"
        assert connection.is_closed()


def test_one_byte_at_a_time(hub):
    with hub.api("speaker").connect() as connection:
        for byte in b"POST %b HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\nok" % TARGET.encode():
            connection.send(bytes([byte]))
        assert invoked(connection.read_answer())["body"] == "ok"


def test_connection_close_is_respected(hub):
    with hub.api("speaker").connect() as connection:
        connection.send_request("GET", TARGET, headers={"Connection": "close"})
        answer = connection.read_answer()
        assert answer.status == 200 and "close" in answer.headers.tokens("connection")
        assert connection.is_closed()


def test_http_1_0_keep_alive(hub):
    with hub.api("speaker").connect() as connection:
        for _ in range(2):
            connection.send(b"GET %b HTTP/1.0\r\nConnection: keep-alive\r\n\r\n" % TARGET.encode())
            answer = connection.read_answer()
            assert answer.status == 200
            if "keep-alive" not in answer.headers.tokens("connection"):
                break


def test_the_absolute_form(hub):
    with hub.api("speaker").connect() as connection:
        connection.send_head("GET", f"http://localhost:3500{TARGET}")
        assert invoked(connection.read_answer())["path"] == "/on"


def test_empty_lines_before_a_request(hub):
    with hub.api("speaker").connect() as connection:
        connection.send(b"\r\n\r\nGET %b HTTP/1.1\r\nHost: h\r\n\r\n" % TARGET.encode())
        assert connection.read_answer().status == 200


def test_many_idle_connections(hub):
    connections = [hub.api("speaker").connect() for _ in range(800)]
    assert hub.api("speaker").get(TARGET).status == 200
    for connection in connections[::80]:
        connection.send_request("GET", TARGET)
        assert connection.read_answer().status == 200
    for connection in connections:
        connection.close()
