"""A real HTTP app, threaded and on raw sockets, that misbehaves where a route says so."""
import json
import socket
import threading

from harness import wire
from harness.waiting import wait_until


class Request:
    """One request as it came in; `body` is there once the handler has read it."""

    def __init__(self, raw, connection):
        self.raw = raw
        line, self.headers = wire.parse_head(raw)
        self.method, self.target, self.version = line.split(" ")
        self.path, _, self.query = self.target.partition("?")
        self.connection = connection  # number of the connection
        self.body = None
        self.trailers = wire.Headers()

    def header(self, name):
        return self.headers.get(name)


class Exchange:
    """One request and the socket to answer on, for a route's handler."""

    def __init__(self, app, sock, reader, request):
        self.app = app
        self.sock = sock
        self.reader = reader
        self.request = request
        self.keep = True

    def pieces(self):
        request = self.request
        if "100-continue" in request.headers.tokens("expect"):
            self.send(b"HTTP/1.1 100 Continue\r\n\r\n")
        return wire.body_pieces(self.reader, request.headers, False, request.trailers)

    def read_body(self):
        if self.request.body is None:
            self.request.body = b"".join(self.pieces())
        return self.request.body

    def send(self, data):
        self.sock.sendall(data)

    def answer(self, status=200, body=b"", headers=(), reason="Whatever"):
        headers = wire.pairs(headers)
        bodiless = status in (204, 304)
        if not bodiless:
            headers.append(("Content-Length", str(len(body))))
        head = wire.header_block(f"HTTP/1.1 {status} {reason}", headers)
        self.send(head if bodiless or self.request.method == "HEAD" else head + body)

    def begin_chunked(self, headers=()):
        headers = wire.pairs(headers) + [("Transfer-Encoding", "chunked")]
        self.send(wire.header_block("HTTP/1.1 200 OK", headers))

    def hang_up(self):
        self.keep = False

    def wait_for_peer_to_leave(self, limit=15.0):
        self.sock.settimeout(limit)
        try:
            while self.reader.fill():
                pass
        except ConnectionError:
            pass


def echo(exchange):
    """Answers with the request itself, as JSON."""
    body = exchange.read_body()
    request = exchange.request
    told = {
        "method": request.method,
        "path": request.path,
        "query": request.query,
        "headers": list(request.headers),
        "body": body.decode("latin-1"),
    }
    exchange.answer(200, json.dumps(told).encode(), {"Content-Type": "application/json"})


def _family(address):
    if isinstance(address, str):
        return socket.AF_UNIX
    return socket.AF_INET6 if ":" in address[0] else socket.AF_INET


class App:
    """`routes` maps paths to handlers; everything else goes to `default`."""

    def __init__(self, default=echo, listening=True, tls=None, address=("127.0.0.1", 0)):
        self.default = default
        # Without subscriptions of its own, unless a test says otherwise.
        self.routes = {"/dapr/subscribe": lambda exchange: exchange.answer(404)}
        self.requests = []
        self.connections = 0
        self._tls = tls
        self._open = set()
        self._closed = False
        self._lock = threading.Lock()
        self._socket = socket.socket(_family(address))
        if not isinstance(address, str) and address[1]:
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        # Bound and not listening: connections are refused, and nobody else gets the port.
        self._socket.bind(address)
        # Connections inherit this: while some end, the app may come back to its port.
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.port = None if isinstance(address, str) else self._socket.getsockname()[1]
        if listening:
            self.listen()

    @property
    def host(self):
        return f"127.0.0.1:{self.port}"

    def listen(self):
        self._socket.listen(256)
        threading.Thread(target=self._accept, daemon=True).start()

    def route(self, path, handler=None):
        """Sets a route's handler; without one, a decorator that does."""
        if handler is None:
            return lambda function: self.route(path, function)
        self.routes[path] = handler
        return handler

    @property
    def last(self):
        return self.requests[-1]

    def seen(self, path):
        return [request for request in self.requests if request.path == path]

    def wait_for(self, path, count=1):
        wait_until(lambda: len(self.seen(path)) >= count, f"{count} requests for {path}")
        return self.seen(path)

    def cut_connections(self):
        """Ends every connection that is open now."""
        with self._lock:
            for sock in self._open:
                try:
                    sock.shutdown(socket.SHUT_RDWR)
                except OSError:
                    pass

    def open_connections(self):
        with self._lock:
            return len(self._open)

    def close(self):
        try:
            self._socket.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self._socket.close()
        with self._lock:
            self._closed = True
        self.cut_connections()

    def _accept(self):
        while True:
            try:
                sock, _ = self._socket.accept()
            except OSError:
                return
            self.connections += 1
            threading.Thread(target=self._serve, args=(sock, self.connections), daemon=True).start()

    def _serve(self, sock, number):
        try:
            if sock.family != socket.AF_UNIX:
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if self._tls:
                sock = self._tls.wrap_socket(sock, server_side=True)
            with self._lock:
                if self._closed:
                    return
                self._open.add(sock)
            reader = wire.Reader(sock)
            while self._serve_one(sock, reader, number):
                pass
        except (OSError, wire.Truncated, ValueError):
            pass
        finally:
            with self._lock:
                self._open.discard(sock)
            sock.close()

    def _serve_one(self, sock, reader, number):
        raw = reader.through(b"\r\n\r\n")
        if not raw:
            return False
        request = Request(raw, number)
        exchange = Exchange(self, sock, reader, request)
        self.requests.append(request)
        self.routes.get(request.path, self.default)(exchange)
        if exchange.keep:
            exchange.read_body()
        return exchange.keep and "close" not in request.headers.tokens("connection")
