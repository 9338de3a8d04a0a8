"""Memory of the hub at rest and after load, and the size of its program."""
import contextlib
import resource
import shutil
import socket
import subprocess
import time

from lab import load, machine, report, servers
from lab.servers import INVOKE

TITLE = "Memory and size"
IDLE_CONNECTIONS = 1000
SETTLE = 0.5  # seconds until a server is at rest
LIGHT_REQUESTS = 20  # of each kind for each app
MESSAGES_A_SECOND = 10
MEGABYTE = 1e6
SUBSCRIPTION = """---
apiVersion: dapr.io/v1alpha1
kind: Subscription
metadata:
  name: {app}-{topic}
spec:
  pubsubname: pubsub
  topic: topic{topic}
  route: /b/0
scopes: [{app}]
"""


def pss_at_rest(pid):
    time.sleep(SETTLE)
    return machine.pss_kb(pid)


def idle_pss(bench, apps, upstream_port):
    lab = bench.lab
    hub = lab.start_hub(lab.make_root(f"memory-{apps}", apps, upstream_port))
    kilobytes = pss_at_rest(hub.pid)
    lab.stop(hub)
    return kilobytes


def light_load_pss(bench, apps, upstream_port):
    """Each app on its own socket: a few invocations, sets and gets."""
    lab = bench.lab
    root = lab.make_root(f"light-{apps}", apps, upstream_port)
    hub = lab.start_hub(root)
    for path in sorted((root / "run" / "apps").glob("*/http.sock")):
        for n in range(LIGHT_REQUESTS):
            item = f'[{{"key":"k{n}","value":"{"v" * 256}"}}]'.encode()
            servers.request(str(path), "POST", "/v1.0/state/statestore", item)
            servers.request(str(path), "GET", f"/v1.0/state/statestore/k{n}")
            servers.request(str(path), "GET", f"{INVOKE}/b/1024")
    kilobytes = pss_at_rest(hub.pid)
    lab.stop(hub)
    return kilobytes


def messages_pss(bench, apps, topics, upstream_port):
    """Every app subscribes to every topic; PSS while messages come."""
    lab = bench.lab
    root = lab.make_root("messages", apps, upstream_port)
    resources = root / "etc" / "apps.yaml"
    names = [f"app{n}" for n in range(3, apps + 1)]
    text = resources.read_text(encoding="utf-8")
    for name in ("caller", *names):
        text = text.replace(f"name: {name}\n", f"name: {name}\nspec:\n  port: {upstream_port}\n")
    for name in ("caller", "callee", *names):
        text += "".join(SUBSCRIPTION.format(app=name, topic=n) for n in range(topics))
    resources.write_text(text, encoding="utf-8")
    hub = lab.start_hub(root, "--default-app", "caller")
    for n in range(MESSAGES_A_SECOND * bench.seconds * 2):
        path = f"/v1.0/publish/pubsub/topic{n % topics}"
        servers.request(("127.0.0.1", hub.port), "POST", path, b'{"level":42}')
        time.sleep(1 / MESSAGES_A_SECOND)
    kilobytes = machine.pss_kb(hub.pid)
    lab.stop(hub)
    return kilobytes


def loaded_pss(bench, server):
    """[at rest, after 64 connections of 1 KB, after 16 KB]."""
    figures = [pss_at_rest(server.pid)]
    for size in (1024, 16384):
        load.wrk(server.port, load.Shape(f"{INVOKE}/b/{size}", 64), 2, bench.lab.turn)
        figures.append(pss_at_rest(server.pid))
    return figures


def connection_bytes(server):
    """PSS that one idle connection adds, which has had an answer."""
    request = servers.request_bytes("GET", f"{INVOKE}/b/64")
    before = pss_at_rest(server.pid)
    with contextlib.ExitStack() as held:
        for _ in range(IDLE_CONNECTIONS):
            sock = held.enter_context(socket.create_connection(("127.0.0.1", server.port)))
            sock.sendall(request)
            if not sock.recv(4096).startswith(b"HTTP/1.1 200"):
                raise RuntimeError(f"{server.name} refused a connection")
        return (pss_at_rest(server.pid) - before) * 1024 / IDLE_CONNECTIONS


def stripped_size(bench):
    copy = bench.lab.path("stripped")
    shutil.copy(bench.lab.hub, copy)
    subprocess.run(["strip", str(copy)], check=True)
    return copy.stat().st_size


def idle_table(bench, upstream_port):
    rows = [(f"at rest, {apps} app{'' if apps == 1 else 's'}", idle_pss(bench, apps, upstream_port))
            for apps in (0, 1, 10)]
    rows.append(("10 apps at light load", light_load_pss(bench, 10, upstream_port)))
    rows.append((f"10 apps, 50 subscriptions, {MESSAGES_A_SECOND} messages a second",
                 messages_pss(bench, 10, 5, upstream_port)))
    return rows


def run(bench):
    lab = bench.lab
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    upstream = lab.start_upstream()
    bench.say("memory at rest")
    idle = idle_table(bench, upstream.port)
    rows = []
    for start in (lab.start_nginx, lab.start_haproxy, lab.start_invoking_hub):
        server = start(upstream.port)
        bench.say(f"memory of {server.name} under load")
        figures = loaded_pss(bench, server)
        lab.stop(server)
        server = start(upstream.port)
        rows.append((server.name, *figures, f"{connection_bytes(server):.0f}"))
        lab.stop(server)
    size = stripped_size(bench)
    ours = rows[-1]
    bars = [
        report.at_most("memory, 10 apps at light load", 8, idle[-2][1] / 1024, " MB PSS"),
        report.at_most("memory, 10 apps, 50 subscriptions, 10 messages/s", 8, idle[-1][1] / 1024,
                       " MB PSS"),
        report.at_most("memory for each idle connection", 1.5, float(ours[4]) / 1024, " KB"),
        report.at_most("program, stripped, static dependencies", 4, size / MEGABYTE, " MB"),
    ]
    text = (report.table(("hub", "PSS KB"), idle) + "\n\n"
            + report.table(("server", "PSS KB at rest", "after 64 conn. 1 KB", "after 16 KB",
                            "bytes/idle conn."), rows)
            + f"\n\nnginx is its worker alone. The idle connections are {IDLE_CONNECTIONS}, each "
            f"has had one answer through the proxy, at a server just started. The program "
            f"stripped: {size} bytes.")
    return report.Section("memory", TITLE, text, bars)
