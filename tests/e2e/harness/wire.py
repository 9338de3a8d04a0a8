"""HTTP/1.1 messages read byte by byte, so that tests see what really travelled."""
import re
import socket


class Truncated(Exception):
    """The peer ended before the message did."""


class Headers(list):
    """(name, value) pairs in the order and spelling of the wire."""

    def all(self, name):
        return [value for key, value in self if key.lower() == name.lower()]

    def get(self, name, default=None):
        return next(iter(self.all(name)), default)

    def __contains__(self, name):
        return bool(self.all(name))

    def tokens(self, name):
        return [part.strip().lower() for value in self.all(name) for part in value.split(",")]


class Reader:
    """Bytes of a socket, with what was read too much kept for later."""

    def __init__(self, sock):
        self.sock = sock
        self.held = bytearray()

    def fill(self):
        piece = self.sock.recv(256 * 1024)
        self.held += piece
        return len(piece)

    def take(self, count):
        piece = bytes(self.held[:count])
        del self.held[:count]
        return piece

    def through(self, mark):
        """Everything up to and with `mark`; b"" at a clean end."""
        searched = 0
        while True:
            at = self.held.find(mark, searched)
            if at >= 0:
                return self.take(at + len(mark))
            searched = max(0, len(self.held) - len(mark))
            if not self.fill():
                if self.held:
                    raise Truncated(bytes(self.held[:200]))
                return b""

    def pieces(self, count):
        """`count` bytes as they come."""
        while count:
            if not self.held and not self.fill():
                raise Truncated(f"{count} bytes missing")
            piece = self.take(min(count, len(self.held)))
            count -= len(piece)
            yield piece

    def exactly(self, count):
        return b"".join(self.pieces(count))

    def rest(self):
        while self.held or self.fill():
            yield self.take(len(self.held))


def parse_head(raw):
    """The start line and the headers of a block that ends with an empty line."""
    lines = raw.decode("latin-1").split("\r\n")
    headers = Headers()
    for line in lines[1:]:
        if line:
            name, _, value = line.partition(":")
            headers.append((name, value.strip(" \t")))
    return lines[0], headers


def chunks(reader, trailers=None):
    """The pieces of a chunked body, each chunk as one piece."""
    while True:
        line = reader.through(b"\r\n")
        if not re.fullmatch(rb"[0-9a-fA-F]+(;[^\r\n]*)?\r\n", line):
            raise Truncated(f"no chunk size: {line!r}")
        size = int(line.split(b";")[0], 16)
        if size == 0:
            break
        yield reader.exactly(size)
        if reader.exactly(2) != b"\r\n":
            raise Truncated("no line end after a chunk")
    while (line := reader.through(b"\r\n")) != b"\r\n":
        if not line:
            raise Truncated("no end of trailers")
        if trailers is not None:
            trailers.extend(parse_head(b"\r\n" + line)[1])


def body_pieces(reader, headers, until_close, trailers=None):
    """The body that `headers` announce; `until_close` says what no framing means."""
    if "chunked" in headers.tokens("transfer-encoding"):
        return chunks(reader, trailers)
    if "content-length" in headers:
        return reader.pieces(int(headers.get("content-length")))
    return reader.rest() if until_close else iter(())


def chunk(data):
    return b"%x\r\n%s\r\n" % (len(data), data)


def header_block(start_line, headers):
    lines = [start_line] + [f"{name}: {value}" for name, value in pairs(headers)]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


def pairs(headers):
    return list(headers.items()) if isinstance(headers, dict) else list(headers)


def reset(sock):
    """Closes with a TCP reset instead of an orderly end."""
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0")
    sock.close()
