"""Apps that misbehave: the caller gets a clear answer, and the hub lives on."""
import threading
import time

import pytest

from harness import wire
from harness.checks import invoke_failed, invoked
from harness.resources import app
from harness.waiting import wait_until

METHOD = "/v1.0/invoke/lamp/method"


@pytest.fixture(scope="module")
def lamp(module_bench):
    return module_bench.app()


@pytest.fixture(scope="module")
def hub(module_bench, lamp):
    return module_bench.hub([app("lamp", lamp.port), app("speaker")])


@pytest.fixture
def speaker(hub):
    """After the test, the hub still serves."""
    yield hub.api("speaker")
    assert invoked(hub.api("speaker").get(f"{METHOD}/fine"))["path"] == "/fine"
    assert hub.process.running()


def says(data):
    """A route that sends these bytes and closes."""
    def handler(exchange):
        exchange.read_body()
        exchange.send(data)
        exchange.hang_up()
    return handler


@pytest.mark.parametrize("name, data", [
    ("nothing", b""),
    ("half-a-line", b"HTTP/1.1 20"),
    ("half-a-head", b"HTTP/1.1 200 OK\r\nContent-Le"),
    ("no-http", b"SSH-2.0-OpenSSH_9.2\r\n\r\n"),
    ("bad-status", b"HTTP/1.1 2x0 OK\r\n\r\n"),
    ("bad-length", b"HTTP/1.1 200 OK\r\nContent-Length: ten\r\n\r\n0123456789"),
    ("two-lengths", b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nxy"),
    ("length-and-chunks",
     b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
    ("zero-byte-in-header", b"HTTP/1.1 200 OK\r\nX-A: \x00\r\nContent-Length: 0\r\n\r\n"),
    ("huge-header", b"HTTP/1.1 200 OK\r\nX-Huge: " + b"x" * 1_000_000 + b"\r\n\r\n"),
    ("endless-headers", b"HTTP/1.1 200 OK\r\n" + b"X-N: y\r\n" * 100_000 + b"\r\n"),
])
def test_an_answer_that_is_none(speaker, lamp, name, data):
    lamp.route(f"/{name}", says(data))
    answer = speaker.post(f"{METHOD}/{name}", b"x")
    assert invoke_failed(answer, "lamp")
    assert len(lamp.seen(f"/{name}")) == 1, "a request that was not safe to repeat was repeated"


def test_a_reset_before_the_answer(speaker, lamp):
    @lamp.route("/reset")
    def reset(exchange):
        exchange.read_body()
        wire.reset(exchange.sock)
        exchange.hang_up()
    assert invoke_failed(speaker.post(f"{METHOD}/reset", b"x"), "lamp")


@pytest.mark.parametrize("name, data", [
    ("short-body", b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nonly this"),
    ("cut-chunk", b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n9\r\ncut"),
    ("no-last-chunk", b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n"),
    ("bad-chunk", b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\nzz\r\n"),
])
def test_a_body_that_breaks_off_never_looks_whole(speaker, lamp, name, data):
    lamp.route(f"/{name}", says(data))
    with speaker.connect() as connection:
        connection.send_request("GET", f"{METHOD}/{name}")
        try:
            status = connection.read_answer().status
        except (wire.Truncated, ConnectionResetError):
            return
        # Where nothing had been sent on yet, the error may be told.
        assert status == 500


def test_a_reset_in_the_middle_of_the_body(speaker, lamp):
    begun = threading.Event()

    @lamp.route("/reset-later")
    def reset_later(exchange):
        exchange.send(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nbegin")
        assert begun.wait(10)
        wire.reset(exchange.sock)
        exchange.hang_up()

    with speaker.connect() as connection:
        connection.send_request("GET", f"{METHOD}/reset-later")
        status, headers = connection.read_head()
        assert status == 200
        body = wire.body_pieces(connection.reader, headers, True)
        assert next(body)
        begun.set()
        with pytest.raises((wire.Truncated, ConnectionResetError)):
            list(body)


def test_more_body_than_announced_is_cut_off(speaker, lamp):
    lamp.route("/too-much", says(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhelloHTTP/1.1 200 OK"
                                 b"\r\nContent-Length: 6\r\n\r\nforged"))
    with speaker.connect() as connection:
        for path, body in (("too-much", b"hello"), ("too-much", b"hello")):
            connection.send_request("GET", f"{METHOD}/{path}")
            assert connection.read_answer().body == body


def test_a_forged_second_answer_is_not_given_to_the_next_caller(speaker, lamp):
    @lamp.route("/poison")
    def poison(exchange):
        exchange.send(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
                      b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nforged")
    for _ in range(5):
        assert speaker.get(f"{METHOD}/poison").body == b"ok"
        assert invoked(speaker.get(f"{METHOD}/next"))["path"] == "/next"


def test_an_answer_that_ends_with_the_connection(speaker, lamp):
    lamp.route("/until-close", says(b"HTTP/1.1 200 OK\r\nX-A: b\r\n\r\nall of it"))
    answer = speaker.get(f"{METHOD}/until-close")
    assert (answer.status, answer.body, answer.headers.get("x-a")) == (200, b"all of it", "b")


def test_an_http_1_0_app(speaker, lamp):
    lamp.route("/old", says(b"HTTP/1.0 200 OK\r\nContent-Type: text/plain\r\n\r\nold"))
    assert speaker.get(f"{METHOD}/old").body == b"old"


def test_interim_answers_are_passed_over(speaker, lamp):
    @lamp.route("/hints")
    def hints(exchange):
        exchange.send(b"HTTP/1.1 102 Processing\r\n\r\n")
        exchange.send(b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n")
        exchange.answer(200, b"final")
    assert speaker.get(f"{METHOD}/hints").body == b"final"


def test_an_app_that_closes_its_half_after_the_answer(speaker, lamp):
    @lamp.route("/half")
    def half(exchange):
        exchange.answer(200, b"half")
        exchange.sock.shutdown(1)
        exchange.wait_for_peer_to_leave()
        exchange.hang_up()
    for _ in range(3):
        assert speaker.get(f"{METHOD}/half").body == b"half"


def test_an_app_that_answers_byte_by_byte(speaker, lamp):
    @lamp.route("/drip")
    def drip(exchange):
        for byte in b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc":
            exchange.send(bytes([byte]))
    assert speaker.get(f"{METHOD}/drip").body == b"abc"


def test_a_slow_app_is_waited_for(speaker, lamp):
    go = threading.Event()

    @lamp.route("/slow")
    def slow(exchange):
        assert go.wait(10)
        exchange.answer(200, b"at last")

    with speaker.connect() as connection:
        connection.send_request("GET", f"{METHOD}/slow")
        lamp.wait_for("/slow")
        # Others are served meanwhile.
        for _ in range(20):
            assert speaker.get(f"{METHOD}/fine").status == 200
        go.set()
        assert connection.read_answer().body == b"at last"


def test_connections_that_the_app_closed_while_idle_are_not_noticed(speaker, lamp):
    for number in range(20):
        verb = "POST" if number % 2 else "GET"
        assert speaker.request(verb, f"{METHOD}/fine", b"").status == 200
        lamp.cut_connections()


def test_closing_without_saying_so_after_each_answer(speaker, lamp):
    @lamp.route("/closer")
    def closer(exchange):
        exchange.read_body()
        exchange.answer(200, b"bye")
        exchange.hang_up()
    with speaker.connect() as connection:
        for _ in range(50):
            connection.send_request("GET", f"{METHOD}/closer")
            answer = connection.read_answer()
            assert (answer.status, answer.body) == (200, b"bye")
    for _ in range(20):
        answer = speaker.post(f"{METHOD}/closer", b"x")
        assert (answer.status, answer.body) == (200, b"bye")
        # What closes while a request is on its way could not be repeated.
        wait_until(lambda: lamp.open_connections() == 0, "the app's close")


def test_a_repeatable_request_is_repeated_on_a_connection_that_had_been_closed(speaker, lamp):
    used = set()

    @lamp.route("/second-use")
    def second_use(exchange):
        if exchange.request.connection in used:
            exchange.hang_up()
            return
        used.add(exchange.request.connection)
        exchange.answer(200, b"served")
    for _ in range(10):
        assert speaker.get(f"{METHOD}/second-use").body == b"served"


def test_an_unrepeatable_request_is_never_sent_twice(speaker, lamp):
    served = []

    @lamp.route("/order")
    def order(exchange):
        body = exchange.read_body()
        served.append(body)
        if len(served) % 2:
            exchange.answer(200, b"served")
        else:
            exchange.hang_up()
    for number in range(6):
        answer = speaker.post(f"{METHOD}/order", b"%d" % number)
        assert answer.status == (500 if number % 2 else 200)
    assert served == [b"%d" % number for number in range(6)]


def test_a_broken_app_does_not_disturb_the_callers_of_others(bench):
    stuck, fine = bench.app(), bench.app()
    left = []

    @stuck.route("/x")
    def hang(exchange):
        exchange.wait_for_peer_to_leave()
        left.append(exchange)
        exchange.hang_up()

    hub = bench.hub([app("stuck", stuck.port), app("fine", fine.port), app("speaker")])
    speaker = hub.api("speaker")
    waiting = [speaker.connect() for _ in range(100)]
    for connection in waiting:
        connection.send_request("GET", "/v1.0/invoke/stuck/method/x")
    wait_until(lambda: len(stuck.seen("/x")) == 100, "100 requests that hang")
    begin = time.monotonic()
    for _ in range(100):
        assert speaker.get("/v1.0/invoke/fine/method/x").status == 200
    assert time.monotonic() - begin < 5
    for connection in waiting:
        connection.close()
    wait_until(lambda: len(left) == 100, "the end of what nobody waits for")
