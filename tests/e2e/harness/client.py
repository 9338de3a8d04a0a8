"""A raw HTTP/1.1 client over TCP and Unix sockets."""
import json as json_module
import socket
import time

from harness import wire


class Answer:
    def __init__(self, status, headers, body, trailers=()):
        self.status = status
        self.headers = headers
        self.body = body
        self.trailers = trailers

    @property
    def text(self):
        return self.body.decode("utf-8", "replace")

    def json(self):
        return json_module.loads(self.body)

    def __repr__(self):
        return f"<{self.status} {self.headers!r} {self.body[:500]!r}>"


class Connection:
    """One connection, on which requests are written and answers read by hand."""

    def __init__(self, address, limit=20.0):
        is_path = isinstance(address, str)
        self.sock = socket.socket(socket.AF_UNIX if is_path else socket.AF_INET)
        self.sock.settimeout(limit)
        try:
            self._connect(address, limit)
        except OSError:
            self.sock.close()
            raise
        self.reader = wire.Reader(self.sock)

    def _connect(self, address, limit):
        # A Unix socket whose queue of connections is full refuses one that does not block.
        deadline = time.monotonic() + limit
        while True:
            try:
                return self.sock.connect(address)
            except BlockingIOError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.002)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.sock.close()

    def send(self, data):
        self.sock.sendall(data)

    def half_close(self):
        self.sock.shutdown(socket.SHUT_WR)

    def send_head(self, method, target, headers=()):
        headers = wire.pairs(headers)
        if not any(name.lower() == "host" for name, _ in headers):
            headers.insert(0, ("Host", "hub.test"))
        self.send(wire.header_block(f"{method} {target} HTTP/1.1", headers))

    def send_request(self, method, target, body=None, headers=()):
        headers = wire.pairs(headers)
        if body is not None:
            headers.append(("Content-Length", str(len(body))))
        self.send_head(method, target, headers)
        if body:
            self.send(body)

    def read_head(self):
        """(status, headers) of the next answer; (None, ...) at a clean end."""
        raw = self.reader.through(b"\r\n\r\n")
        if not raw:
            return None, wire.Headers()
        line, headers = wire.parse_head(raw)
        return int(line.split()[1]), headers

    def read_answer(self, method="GET"):
        """The next final answer."""
        status, headers = self.read_head()
        while status is not None and 100 <= status < 200:
            status, headers = self.read_head()
        if status is None:
            raise wire.Truncated("the connection ended without an answer")
        trailers = wire.Headers()
        bodiless = method == "HEAD" or status in (204, 304)
        pieces = [] if bodiless else wire.body_pieces(self.reader, headers, True, trailers)
        return Answer(status, headers, b"".join(pieces), trailers)

    def is_closed(self):
        """Whether the peer ends the connection, with nothing more to say."""
        try:
            return not self.reader.held and self.reader.fill() == 0
        except ConnectionResetError:
            return True


class Client:
    """Requests to one address, each on a connection of its own."""

    def __init__(self, address, headers=(), limit=20.0):
        self.address = address
        self.headers = wire.pairs(headers)
        self.limit = limit

    def with_headers(self, headers):
        return Client(self.address, self.headers + wire.pairs(headers), self.limit)

    def connect(self):
        return Connection(self.address, self.limit)

    def request(self, method, target, body=None, headers=(), json=None):
        headers = self.headers + wire.pairs(headers)
        if json is not None:
            body = json_module.dumps(json).encode()
            headers.append(("Content-Type", "application/json"))
        with self.connect() as connection:
            connection.send_request(method, target, body, headers)
            return connection.read_answer(method)

    def get(self, target, headers=()):
        return self.request("GET", target, headers=headers)

    def delete(self, target, headers=()):
        return self.request("DELETE", target, headers=headers)

    def post(self, target, body=None, headers=(), json=None):
        body = b"" if body is None and json is None else body
        return self.request("POST", target, body, headers, json)

    def put(self, target, body=None, headers=(), json=None):
        body = b"" if body is None and json is None else body
        return self.request("PUT", target, body, headers, json)
