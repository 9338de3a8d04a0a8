"""An HTTP/2 client that writes frames by hand, and reads when it likes."""
import socket
import struct

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
DATA, HEADERS, RESET, SETTINGS, WINDOW_UPDATE = 0, 1, 3, 4, 8
END_STREAM, ACK, END_HEADERS = 1, 1, 4
INITIAL_WINDOW = 4


def frame(kind, flags, stream, payload=b""):
    return struct.pack(">I", len(payload))[1:] + struct.pack(">BBI", kind, flags, stream) + payload


def field(name, value):
    """A literal that enters no table."""
    return b"\0" + bytes([len(name)]) + name.encode() + bytes([len(value)]) + value.encode()


def framed(message, claims=None):
    """A gRPC message, which claims to have so many bytes."""
    return b"\0" + struct.pack(">I", len(message) if claims is None else claims) + message


class Http2:
    """`window`: bytes of an answer that the server may send before it is told to go on."""

    def __init__(self, path, window=65535, limit=20.0):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(limit)
        self.sock.connect(path)
        self.sock.sendall(PREFACE + frame(SETTINGS, 0, 0,
                                          struct.pack(">HI", INITIAL_WINDOW, window)))

    def begin_call(self, stream, path, **metadata):
        head = b"".join(field(name, value) for name, value in {
            ":method": "POST", ":scheme": "http", ":authority": "hub", ":path": path,
            "content-type": "application/grpc", "te": "trailers", **metadata}.items())
        self.sock.sendall(frame(HEADERS, END_HEADERS, stream, head))

    def send(self, stream, data, flags=0):
        self.sock.sendall(frame(DATA, flags, stream, data))

    def call(self, stream, path, message):
        self.begin_call(stream, path)
        self.send(stream, framed(message), END_STREAM)

    def let_go_on(self, stream, more):
        self.sock.sendall(frame(WINDOW_UPDATE, 0, stream, struct.pack(">I", more)))

    def read(self):
        """(kind, flags, stream, payload) of the next frame."""
        head = self._bytes(9)
        size = int.from_bytes(head[:3], "big")
        return head[3], head[4], int.from_bytes(head[5:9], "big"), self._bytes(size)

    def read_until(self, kind, count=1):
        """Reads on until as many frames of that kind have come."""
        while count > 0:
            count -= self.read()[0] == kind

    def _bytes(self, count):
        data = b""
        while len(data) < count:
            piece = self.sock.recv(count - len(data))
            if not piece:
                raise EOFError("the server ended the connection")
            data += piece
        return data

    def close(self):
        self.sock.close()
