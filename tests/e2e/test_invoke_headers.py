"""Headers of an invocation, towards the app and back."""
import socket

import pytest

from harness.checks import invoked
from harness.resources import app
from harness.wire import Headers

TARGET = "/v1.0/invoke/lamp/method/on"
TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


@pytest.fixture(scope="module")
def lamp(module_bench):
    return module_bench.app()


@pytest.fixture(scope="module")
def hub(module_bench, lamp):
    lamp_resource = app("lamp", lamp.port, appToken={"value": "app-secret"})
    return module_bench.hub([lamp_resource, app("speaker")])


@pytest.fixture
def send(hub):
    """Invokes the lamp with these headers and gives those that it saw."""
    def send_headers(headers, client=None):
        seen = invoked((client or hub.api("speaker")).get(TARGET, headers))
        return Headers(map(tuple, seen["headers"]))
    return send_headers


def test_ordinary_headers_arrive(send):
    seen = send([("X-One", "a"), ("x-two", "b, c"), ("Cookie", "k=v; l=w"), ("Accept", "*/*")])
    assert [seen.all(name) for name in ("x-one", "x-two", "cookie", "accept")] == [
        ["a"], ["b, c"], ["k=v; l=w"], ["*/*"]]


def test_values_arrive_byte_for_byte(send):
    value = "caf\xe9 \"quoted\"  two blanks\ttab \xff"
    assert send({"X-Value": value}).all("x-value") == [value]


def test_repeated_headers_all_arrive(send):
    seen = send([("X-Many", "1"), ("X-Many", "2"), ("x-many", "3")])
    assert ",".join(seen.all("x-many")).replace(" ", "") == "1,2,3"


@pytest.mark.parametrize("name, value", [
    ("Keep-Alive", "timeout=5"), ("Proxy-Connection", "keep-alive"), ("Te", "trailers"),
    ("Proxy-Authorization", "Basic x"), ("Proxy-Authenticate", "Basic"),
    ("Http2-Settings", "x"), ("Trailer", "X-Sum"), ("Destination-App-Id", "other"),
    ("X-Data-Bin", "AAAA"), ("X-Empty", ""),
])
def test_headers_that_do_not_travel(send, name, value):
    assert name not in send({name: value})


def test_headers_named_in_connection_do_not_travel(send):
    seen = send([("Connection", "X-Private, keep-alive"), ("Connection", "x-other"),
                 ("X-Private", "1"), ("X-Other", "2"), ("X-Kept", "3")])
    assert "x-private" not in seen and "x-other" not in seen
    assert seen.get("x-kept") == "3"


def test_grpc_names_get_a_prefix(send):
    seen = send({"Grpc-Timeout": "1S"})
    assert "grpc-timeout" not in seen
    assert seen.get("dapr-grpc-timeout") == "1S"


def test_host_is_the_apps(send, lamp):
    assert send({"Host": "somewhere.else"}).get("host") == lamp.host


def test_content_type_arrives(hub):
    answer = hub.api("speaker").post(TARGET, b"{}", {"Content-Type": "text/x-odd; a=b"})
    assert Headers(invoked(answer)["headers"]).all("content-type") == ["text/x-odd; a=b"]


def test_no_content_type_is_invented(send):
    assert "content-type" not in send({})


def test_who_forwarded(send):
    seen = send({})
    name = socket.gethostname()
    address = seen.get("x-forwarded-for")
    assert address.count(".") == 3 or ":" in address
    assert seen.all("x-forwarded-host") == [name]
    bracketed = f'"[{address}]"' if ":" in address else address
    assert seen.all("forwarded") == [f"for={bracketed};by={bracketed};host={name}"]


def test_forwarded_values_are_added_to_what_is_there(send):
    seen = send({"X-Forwarded-For": "192.0.2.9", "X-Forwarded-Host": "first.example"})
    values = ",".join(seen.all("x-forwarded-for")).replace(" ", "").split(",")
    assert values[0] == "192.0.2.9" and len(values) == 2
    hosts = ",".join(seen.all("x-forwarded-host")).replace(" ", "").split(",")
    assert hosts == ["first.example", socket.gethostname()]


def test_who_calls_whom(send):
    seen = send({})
    assert seen.all("dapr-caller-app-id") == ["speaker"]
    assert seen.all("dapr-caller-namespace") == ["default"]
    assert seen.all("dapr-callee-app-id") == ["lamp"]


def test_a_caller_cannot_pretend_to_be_another(send):
    seen = send([("Dapr-Caller-App-Id", "admin"), ("DAPR-CALLER-NAMESPACE", "root"),
                 ("dapr-callee-app-id", "x")])
    assert seen.all("dapr-caller-app-id") == ["speaker"]
    assert seen.all("dapr-caller-namespace") == ["default"]
    assert seen.all("dapr-callee-app-id") == ["lamp"]


def test_an_app_that_calls_itself_cannot_pretend_either(send, hub):
    seen = send({"Dapr-Caller-App-Id": "admin"}, hub.api("lamp"))
    assert "admin" not in seen.all("dapr-caller-app-id")


def test_the_app_token_goes_to_the_app_and_the_api_token_does_not(send):
    assert send({"dapr-api-token": "callers"}).all("dapr-api-token") == ["app-secret"]


def test_trace_context_is_passed_on(send):
    seen = send({"traceparent": TRACE, "tracestate": "vendor=1,other=2",
                 "baggage": "lane=blue,k=v;p=1"})
    assert seen.get("traceparent").split("-")[1] == TRACE.split("-")[1]
    assert seen.get("tracestate") == "vendor=1,other=2"
    assert seen.all("baggage") == ["lane=blue,k=v;p=1"]


def test_the_answer_repeats_the_trace_context(hub):
    answer = hub.api("speaker").get(TARGET, {"traceparent": TRACE, "baggage": "lane=blue"})
    assert answer.headers.get("baggage") == "lane=blue"
    parent = answer.headers.get("traceparent")
    assert parent is None or parent.split("-")[1] == TRACE.split("-")[1]


@pytest.mark.parametrize("baggage", ["no-value", "=x", "a b=c", "k=a b"])
def test_invalid_baggage_is_refused(hub, lamp, baggage):
    before = len(lamp.requests)
    answer = hub.api("speaker").get(TARGET, {"baggage": baggage})
    assert answer.status == 400, answer
    assert len(lamp.requests) == before


def test_headers_of_the_answer(hub, lamp):
    lamp.route("/odd", lambda exchange: exchange.answer(201, b"made", [
        ("Set-Cookie", "a=1"), ("Set-Cookie", "b=2"), ("X-Value", "\xe9"),
        ("Content-Type", "text/plain; charset=x"), ("Keep-Alive", "timeout=9"),
        ("Connection", "X-Inner"), ("X-Inner", "1"), ("Proxy-Authenticate", "Basic"),
        ("Cache-Control", "no-store")]))
    answer = hub.api("speaker").get("/v1.0/invoke/lamp/method/odd")
    seen = answer.headers
    assert (answer.status, answer.body) == (201, b"made")
    assert seen.all("set-cookie") == ["a=1", "b=2"]
    assert seen.all("x-value") == ["\xe9"]
    assert seen.all("content-type") == ["text/plain; charset=x"]
    assert seen.get("cache-control") == "no-store"
    for name in ("keep-alive", "x-inner", "proxy-authenticate"):
        assert name not in seen, name
    assert "x-inner" not in seen.tokens("connection")


def test_no_content_type_is_added_to_the_answer_of_the_app(hub, lamp):
    lamp.route("/bare", lambda exchange: exchange.answer(200, b"x"))
    assert "content-type" not in hub.api("speaker").get("/v1.0/invoke/lamp/method/bare").headers
