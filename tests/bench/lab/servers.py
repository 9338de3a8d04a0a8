"""The servers: the app behind, nginx, haproxy, and the hub."""
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import time

from lab import machine

INVOKE = "/v1.0/invoke/callee/method"

NGINX_CONF = """
worker_processes 1; daemon off; error_log {dir}/error.log; pid {dir}/nginx.pid; {user}
worker_rlimit_nofile 8192;
events {{ worker_connections 4096; }}
http {{
  access_log off; keepalive_requests 1000000000; keepalive_timeout 3600s;
  client_body_temp_path {dir}/body; proxy_temp_path {dir}/proxy; fastcgi_temp_path {dir}/fastcgi;
  uwsgi_temp_path {dir}/uwsgi; scgi_temp_path {dir}/scgi;
  upstream app {{ server 127.0.0.1:{app}; keepalive 256; keepalive_requests 1000000000; }}
  server {{
    listen 127.0.0.1:{port} backlog=1024;
    location / {{
      proxy_pass http://app; proxy_http_version 1.1; proxy_set_header Connection "";
      proxy_buffer_size 32k; proxy_buffers 8 32k; proxy_busy_buffers_size 64k;
      client_body_buffer_size 512k;
    }}
  }}
}}
"""

HAPROXY_CONF = """
global
  nbthread 1
  maxconn 4096
  tune.bufsize 32768
defaults
  mode http
  timeout connect 5s
  timeout client 3600s
  timeout server 3600s
  http-reuse always
frontend front
  bind 127.0.0.1:{port} backlog 1024
  default_backend app
backend app
  server app 127.0.0.1:{app} pool-max-conn -1
"""

APP = """---
apiVersion: edgelane.dev/v1
kind: App
metadata:
  name: {name}
"""


# Everything on that a call passes through: the limit of calls and the health of the app.
CALLEE_SPEC = """spec:
  port: {port}
  maxConcurrency: 1000
  health:
    enabled: true
    path: /b/1
"""


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_for_port(port, process, limit=10.0):
    end = time.monotonic() + limit
    while time.monotonic() < end:
        if process.poll() is not None:
            raise RuntimeError(f"{process.args[0]} ended with {process.returncode}")
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.01)
    raise RuntimeError(f"{process.args[0]} does not listen on port {port}")


class Server:
    """A process that listens on a port."""

    def __init__(self, name, command, port, turn, log):
        self.name = name
        self.port = port
        with open(log, "ab") as out:
            self.process = subprocess.Popen(
                command, stdout=out, stderr=out, stdin=subprocess.DEVNULL,
                preexec_fn=turn.take)
        wait_for_port(port, self.process)
        self.pid = self.process.pid  # whose CPU and memory count

    def cpu_seconds(self):
        return machine.cpu_seconds(self.pid)

    def stop(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


class Lab:
    """Starts servers in one directory and stops them all."""

    def __init__(self, folder, hub, tools, cpu):
        self.folder = pathlib.Path(folder)
        self.hub = pathlib.Path(hub)  # the program
        self.tools = pathlib.Path(tools)  # the folder of the bench_* programs
        self.turn = machine.Turn(cpu)
        self.running = []

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop_all()

    def tool(self, name):
        return str(self.tools / f"bench_{name}")

    def path(self, name):
        return self.folder / name

    def start(self, name, command, port):
        server = Server(name, command, port, self.turn, self.path(f"{name}.log"))
        self.running.append(server)
        return server

    def stop(self, server):
        self.running.remove(server)
        server.stop()

    def stop_all(self):
        for server in reversed(self.running):
            server.stop()
        self.running.clear()

    def start_upstream(self):
        port = free_port()
        return self.start("upstream", [self.tool("upstream"), str(port)], port)

    def start_nginx(self, app_port):
        folder = self.path("nginx")
        folder.mkdir(exist_ok=True)
        port = free_port()
        user = "user root;" if os.geteuid() == 0 else ""
        conf = folder / "nginx.conf"
        conf.write_text(NGINX_CONF.format(dir=folder, user=user, app=app_port, port=port))
        server = self.start("nginx", ["nginx", "-c", str(conf)], port)
        while not (workers := machine.children(server.pid)):
            time.sleep(0.01)
        server.pid = workers[0]
        return server

    def start_haproxy(self, app_port):
        port = free_port()
        conf = self.path("haproxy.cfg")
        conf.write_text(HAPROXY_CONF.format(app=app_port, port=port))
        return self.start("haproxy", ["haproxy", "-db", "-f", str(conf)], port)

    def make_root(self, name, apps, app_port=None):
        """A hub's directory with this many apps: the first calls, the second is called."""
        root = self.path(name)
        shutil.rmtree(root, ignore_errors=True)
        (root / "etc").mkdir(parents=True)
        names = ["caller", "callee", *(f"app{n}" for n in range(3, apps + 1))][:apps]
        text = ""
        for app in names:
            text += APP.format(name=app)
            if app == "callee" and app_port:
                text += CALLEE_SPEC.format(port=app_port)
        (root / "etc" / "apps.yaml").write_text(text)
        return root

    def hub_command(self, root, port, *more):
        return [str(self.hub), "--root", str(root), "--dapr-http-port", str(port), *more]

    def start_hub(self, root, *more, name="edgelane"):
        port = free_port()
        return self.start(name, self.hub_command(root, port, *more), port)

    def start_invoking_hub(self, app_port):
        root = self.make_root("invoke-root", 2, app_port)
        hub = self.start_hub(root, "--default-app", "caller")
        wait_for_answer(hub.port, f"{INVOKE}/b/1")
        return hub


def wait_for_answer(port, path, limit=10.0):
    end = time.monotonic() + limit
    while time.monotonic() < end:
        status, _ = request(("127.0.0.1", port), "GET", path)
        if status == 200:
            return
        time.sleep(0.05)
    raise RuntimeError(f"no good answer from port {port} to {path}")


def request(address, method, path, body=None):
    """(status, body) of one request on a connection of its own; a path is a Unix socket."""
    family = socket.AF_UNIX if isinstance(address, str) else socket.AF_INET
    with socket.socket(family) as sock:
        sock.settimeout(20)
        sock.connect(address)
        sock.sendall(request_bytes(method, path, body, "Connection: close\r\n"))
        answer = b""
        while piece := sock.recv(65536):
            answer += piece
    head, _, rest = answer.partition(b"\r\n\r\n")
    return int(head.split(b" ", 2)[1]), rest


def request_bytes(method, path, body=None, headers=""):
    body = body or b""
    length = f"Content-Length: {len(body)}\r\nContent-Type: application/json\r\n" if body else ""
    head = f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n{length}{headers}\r\n"
    return head.encode() + body
