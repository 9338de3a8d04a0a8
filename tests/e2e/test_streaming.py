"""Bodies that are streamed, both ways, and what that costs in memory."""
import threading

import pytest

from harness import wire
from harness.daemon import SANITIZED
from harness.resources import app
from harness.waiting import wait_until

MIB = 1024 * 1024
SIZE = 256 * MIB
GROWTH = 4 * MIB  # "a few buffers"


@pytest.fixture(scope="module")
def lamp(module_bench):
    return module_bench.app()


@pytest.fixture(scope="module")
def hub(module_bench, lamp):
    return module_bench.hub([app("lamp", lamp.port), app("speaker")], ["--max-body-size", "0"])


@pytest.fixture
def speaker(hub):
    return hub.api("speaker")


class Growth:
    """The most memory that a hub has had since, above what it had at first."""

    def __init__(self, process):
        self.process = process
        # 5 sets the high-water mark to what is used now (proc(5)).
        with open(f"/proc/{process.pid}/clear_refs", "w", encoding="ascii") as file:
            file.write("5")
        self.first = process.memory("VmRSS")

    def is_small(self):
        grown = self.process.memory("VmHWM") - self.first
        assert SANITIZED or grown <= GROWTH, f"{grown / MIB:.1f} MiB"


def sized(exchange):
    exchange.send(wire.header_block("HTTP/1.1 200 OK", {"Content-Length": str(SIZE)}))
    send_many(exchange.send, SIZE)


def chunked(exchange):
    exchange.begin_chunked()
    send_many(lambda piece: exchange.send(wire.chunk(piece)), SIZE)
    exchange.send(b"0\r\n\r\n")


def send_many(send, size, piece=b"\xa5" * MIB):
    for _ in range(size // len(piece)):
        send(piece)


def count(exchange):
    received = sum(len(piece) for piece in exchange.pieces())
    exchange.request.body = b""
    exchange.answer(200, str(received).encode())


def length_of_body(connection):
    status, headers = connection.read_head()
    assert status == 200
    return sum(map(len, wire.body_pieces(connection.reader, headers, True)))


@pytest.mark.parametrize("answer", [sized, chunked])
def test_a_large_answer_passes_in_little_memory(hub, speaker, lamp, answer):
    lamp.route(f"/{answer.__name__}", answer)
    growth = Growth(hub.process)
    with speaker.connect() as connection:
        connection.send_request("GET", f"/v1.0/invoke/lamp/method/{answer.__name__}")
        assert length_of_body(connection) == SIZE
    growth.is_small()


@pytest.mark.parametrize("framing", ["Content-Length", "Transfer-Encoding"])
def test_a_large_upload_passes_in_little_memory(hub, speaker, lamp, framing):
    lamp.route("/count", count)
    growth = Growth(hub.process)
    with speaker.connect() as connection:
        chunks = framing == "Transfer-Encoding"
        connection.send_head("POST", "/v1.0/invoke/lamp/method/count",
                             {framing: "chunked" if chunks else str(SIZE)})
        send_many((lambda piece: connection.send(wire.chunk(piece))) if chunks
                  else connection.send, SIZE)
        connection.send(b"0\r\n\r\n" if chunks else b"")
        assert connection.read_answer().body == str(SIZE).encode()
    growth.is_small()


def test_both_ways_at_once(hub, speaker, lamp):
    @lamp.route("/mirror")
    def mirror(exchange):
        exchange.begin_chunked()
        for piece in exchange.pieces():
            exchange.send(wire.chunk(piece))
        exchange.request.body = b""
        exchange.send(b"0\r\n\r\n")

    growth = Growth(hub.process)
    with speaker.connect() as connection:
        connection.send_head("POST", "/v1.0/invoke/lamp/method/mirror",
                             {"Transfer-Encoding": "chunked"})
        def upload():
            send_many(lambda piece: connection.send(wire.chunk(piece)), 64 * MIB)
            connection.send(b"0\r\n\r\n")
        sender = threading.Thread(target=upload)
        sender.start()
        assert length_of_body(connection) == 64 * MIB
        sender.join()
    growth.is_small()


def test_a_caller_that_does_not_read_holds_the_app_back(hub, speaker, lamp):
    sent = [0]

    @lamp.route("/flood")
    def flood(exchange):
        exchange.begin_chunked()
        def send(piece):
            exchange.send(wire.chunk(piece))
            sent[0] += len(piece)
        send_many(send, SIZE)
        exchange.send(b"0\r\n\r\n")

    growth = Growth(hub.process)
    with speaker.connect() as connection:
        connection.send_request("GET", "/v1.0/invoke/lamp/method/flood")
        wait_until(lambda: stands_still(sent), "the app being held back", step=0.2)
        assert sent[0] < 64 * MIB
        growth.is_small()
        assert length_of_body(connection) == SIZE
    growth.is_small()


def stands_still(sent, last={}):
    before, last["sent"] = last.get("sent"), sent[0]
    return before == sent[0] and sent[0] > 0


def test_an_app_that_does_not_read_holds_the_caller_back(hub, speaker, lamp):
    go = threading.Event()

    @lamp.route("/lazy")
    def lazy(exchange):
        assert go.wait(20)
        count(exchange)

    growth = Growth(hub.process)
    sent = [0]
    with speaker.connect() as connection:
        connection.send_head("POST", "/v1.0/invoke/lamp/method/lazy", {"Content-Length": str(SIZE)})
        def upload():
            def send(piece):
                connection.send(piece)
                sent[0] += len(piece)
            send_many(send, SIZE)
        sender = threading.Thread(target=upload)
        sender.start()
        wait_until(lambda: stands_still(sent), "the caller being held back", step=0.2)
        assert sent[0] < 64 * MIB
        go.set()
        assert connection.read_answer().body == str(SIZE).encode()
        sender.join()
    growth.is_small()


@pytest.mark.parametrize("accept", ["text/event-stream", "*/*"])
def test_events_arrive_one_by_one(speaker, lamp, accept):
    go = threading.Semaphore(0)

    @lamp.route("/events")
    def events(exchange):
        exchange.begin_chunked({"Content-Type": "text/event-stream"})
        for number in range(20):
            exchange.send(wire.chunk(b"data: tick %d\n\n" % number))
            assert go.acquire(timeout=10)
        exchange.send(b"0\r\n\r\n")

    with speaker.connect() as connection:
        connection.send_request("GET", "/v1.0/invoke/lamp/method/events",
                                headers={"Accept": accept})
        status, headers = connection.read_head()
        assert (status, headers.get("content-type")) == (200, "text/event-stream")
        if accept == "text/event-stream":
            assert "no-cache" in headers.tokens("cache-control")
        pieces = wire.body_pieces(connection.reader, headers, True)
        for number in range(20):
            # The app sends the next one only now: nothing may have been held back.
            assert next(pieces) == b"data: tick %d\n\n" % number
            go.release()
        assert list(pieces) == []


def test_the_head_comes_before_the_body(speaker, lamp):
    go = threading.Event()

    @lamp.route("/late")
    def late(exchange):
        exchange.send(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n")
        assert go.wait(10)
        exchange.send(b"late")

    with speaker.connect() as connection:
        connection.send_request("GET", "/v1.0/invoke/lamp/method/late")
        status, headers = connection.read_head()
        go.set()
        assert status == 200
        assert b"".join(wire.body_pieces(connection.reader, headers, True)) == b"late"


def test_an_upload_reaches_the_app_piece_by_piece(speaker, lamp):
    pieces = []

    @lamp.route("/pieces")
    def keep(exchange):
        for piece in exchange.pieces():
            pieces.append(piece)
        exchange.request.body = b""
        exchange.answer(200, b"".join(pieces))

    with speaker.connect() as connection:
        connection.send_head("POST", "/v1.0/invoke/lamp/method/pieces",
                             {"Transfer-Encoding": "chunked"})
        for number in range(10):
            connection.send(wire.chunk(b"%d" % number))
            wait_until(lambda: len(b"".join(pieces)) == number + 1, f"piece {number}")
        connection.send(b"0\r\n\r\n")
        assert connection.read_answer().body == b"0123456789"


def test_an_answer_may_come_before_the_request_has_ended(speaker, lamp):
    @lamp.route("/early")
    def early(exchange):
        exchange.answer(403, b"no", {"Connection": "close"})
        exchange.hang_up()

    with speaker.connect() as connection:
        connection.send_head("POST", "/v1.0/invoke/lamp/method/early",
                             {"Content-Length": str(SIZE)})
        connection.send(b"x")
        assert connection.read_answer().status == 403


def test_a_caller_that_leaves_ends_the_call_to_the_app(speaker, lamp):
    left = threading.Event()

    @lamp.route("/endless")
    def endless(exchange):
        exchange.begin_chunked()
        try:
            while True:
                exchange.send(wire.chunk(b"x" * 65536))
        except OSError:
            left.set()
            raise

    with speaker.connect() as connection:
        connection.send_request("GET", "/v1.0/invoke/lamp/method/endless")
        assert connection.read_head()[0] == 200
    assert left.wait(10)


def test_a_caller_that_leaves_a_silent_app_ends_the_call(speaker, lamp):
    left = threading.Event()

    @lamp.route("/silent")
    def silent(exchange):
        exchange.wait_for_peer_to_leave()
        left.set()
        exchange.hang_up()

    with speaker.connect() as connection:
        connection.send_request("GET", "/v1.0/invoke/lamp/method/silent")
        lamp.wait_for("/silent")
    assert left.wait(10)
