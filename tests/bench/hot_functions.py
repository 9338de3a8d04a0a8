#!/usr/bin/env python3
"""Writes cmake/hot_functions.txt: what runs in every call through the hub, for the linker to put
side by side, so that a call touches few pages of the program. Needs valgrind and the release with
its symbols; a name that a later build has not is passed over."""
import argparse
import pathlib
import re
import shutil
import socket
import subprocess
import sys
import tempfile

from lab import servers

PROJECT = pathlib.Path(__file__).resolve().parents[2]
LIST = PROJECT / "cmake" / "hot_functions.txt"
CALLS = 200
LEAST = 4  # instructions a call
PATHS = (("GET", f"{servers.INVOKE}/b/1024", None),
         ("POST", f"{servers.INVOKE}/b/10", b"x" * 16384))


def ask(sock, message):
    """Sends one request and reads its answer."""
    sock.sendall(message)
    answer = b""
    while b"\r\n\r\n" not in answer:
        answer += sock.recv(65536)
    head, _, body = answer.partition(b"\r\n\r\n")
    left = int(re.search(rb"(?i)content-length: *(\d+)", head).group(1)) - len(body)
    while left > 0:
        left -= len(sock.recv(65536))


def counting(pid, switch):
    subprocess.run(["callgrind_control", f"--instr={switch}", str(pid)], check=True,
                   stdout=subprocess.DEVNULL)


def record(lab, out):
    """Has valgrind count what calls execute, once they go their usual way."""
    upstream = lab.start_upstream()
    root = lab.make_root("hot", 2, upstream.port)
    port = servers.free_port()
    hub = lab.start("hub", ["valgrind", "--tool=callgrind", "--instr-atstart=no", "--demangle=no",
                            f"--callgrind-out-file={out}",
                            *lab.hub_command(root, port, "--default-app", "caller")], port)
    servers.wait_for_answer(port, f"{servers.INVOKE}/b/1", 60)
    with socket.create_connection(("127.0.0.1", port)) as sock:
        messages = [servers.request_bytes(*path) for path in PATHS]
        for message in messages * 10:
            ask(sock, message)
        counting(hub.pid, "on")
        for message in messages * CALLS:
            ask(sock, message)
        counting(hub.pid, "off")


def hot_functions(out, program):
    """The names, those with the most instructions first."""
    table = subprocess.run(["callgrind_annotate", "--threshold=100", str(out)], check=True,
                           capture_output=True, text=True).stdout
    line = re.compile(rf"^ *([\d,]+) .*?:(\S+) \[{re.escape(str(program))}\]$", re.MULTILINE)
    counts = {}
    for number, name in line.findall(table):
        counts[name] = counts.get(name, 0) + int(number.replace(",", ""))
    hot = [name for name, count in counts.items() if count >= LEAST * CALLS * len(PATHS) / 2]
    return sorted(hot, key=lambda name: (-counts[name], name))


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bin", default=str(PROJECT / "build/release/bin"), metavar="DIR",
                        help="folder of edgelaned (build/release/bin)")
    hub = pathlib.Path(parser.parse_args().bin).resolve() / "edgelaned"
    if shutil.which("valgrind") is None or not hub.exists():
        sys.exit(f"hot_functions: valgrind or {hub} is missing")
    with tempfile.TemporaryDirectory() as folder:
        out = pathlib.Path(folder) / "counts"
        with servers.Lab(folder, hub, hub.parent.parent / "bench", 0) as lab:
            record(lab, out)
        names = hot_functions(out, hub)
    LIST.write_text("\n".join(names) + "\n", encoding="utf-8")
    print(f"{len(names)} functions in {LIST.relative_to(PROJECT)}")


if __name__ == "__main__":
    main()
