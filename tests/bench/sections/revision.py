"""One revision of many keys, to every app that subscribed."""
import http.server
import json
import statistics
import threading
import time

from lab import report, servers

TITLE = "Configuration: one revision to all subscribers"
KEYS = 200
SUBSCRIBERS = (1, 10)
REVISIONS = 20
ADMIN = "/v1.0-edgelane/configuration/configstore"
SUBSCRIBE = "/v1.0/configuration/configstore/subscribe"
HEAD = ("subscribers", "all know, p50 ms", "p90 ms", "all calls answered, p50 ms")


class App:
    """Takes what the hub tells, and counts the keys of the latest revision."""

    def __init__(self):
        self.known, self.done = threading.Semaphore(0), threading.Semaphore(0)
        self.revision = None
        self.calls = 0
        app = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                app.take(self.rfile.read(int(self.headers.get("Content-Length", 0))))
                self.send_response(200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def do_GET(self):
                self.do_POST()

            def log_message(self, *_):
                """Quiet."""
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def take(self, body):
        """A call: as Dapr does it, one for each key, and in each all that has changed."""
        items = json.loads(body or b"{}").get("items", {})
        if len(items) != KEYS or any(one["value"] != self.revision for one in items.values()):
            return
        self.calls += 1
        if self.calls == 1:
            self.known.release()
        if self.calls == KEYS:
            self.done.release()


def revise(root, revision):
    items = {f"k{n}": revision for n in range(KEYS)}
    status, body = servers.request(str(root / "run" / "admin.sock"), "POST", ADMIN,
                                   json.dumps({"items": items}).encode())
    if status not in (200, 204):
        raise RuntimeError(f"writing the configuration failed: {status} {body}")


def wait_for(apps, what, began):
    """Milliseconds until it has come for all."""
    for app in apps:
        if not getattr(app, what).acquire(timeout=60):
            raise RuntimeError(f"an app had {app.calls} of {KEYS} calls")
    return 1000 * (time.monotonic() - began)


def one_revision(root, apps, revision):
    """Milliseconds until all apps know all keys, and until all have been called for each."""
    for app in apps:
        app.revision, app.calls = revision, 0
    began = time.monotonic()
    revise(root, revision)
    return wait_for(apps, "known", began), wait_for(apps, "done", began)


def start(bench, count):
    apps = [App() for _ in range(count)]
    root = bench.lab.make_root(f"revision-{count}", 1)
    text = "".join(servers.APP.format(name=f"app{n}") + f"spec:\n  port: {app.port}\n"
                   for n, app in enumerate(apps))
    (root / "etc" / "apps.yaml").write_text(text, encoding="utf-8")
    bench.lab.start_hub(root)
    time.sleep(0.5)  # the apps are seen on their ports
    for n in range(count):
        socket = str(root / "run" / "apps" / f"app{n}" / "http.sock")
        status, body = servers.request(socket, "GET", SUBSCRIBE)
        if status != 200:
            raise RuntimeError(f"subscribing failed: {status} {body}")
    return root, apps


def measure(bench, count):
    bench.say(f"{count} subscribers")
    root, apps = start(bench, count)
    one_revision(root, apps, "first")
    revisions = 3 if bench.quick else REVISIONS
    times = [one_revision(root, apps, f"revision {n}") for n in range(revisions)]
    known, done = ([pair[n] for pair in times] for n in (0, 1))
    return (count, f"{statistics.median(known):.1f}", f"{sorted(known)[revisions * 9 // 10]:.1f}",
            f"{statistics.median(done):.1f}")


def run(bench):
    rows = [measure(bench, count) for count in SUBSCRIBERS]
    text = (f"{KEYS} keys written as one revision to configuration.sqlite, until every app knows all "
            "of them, and until each has answered a call for each key, as Dapr makes them; the first "
            "call has all keys. The apps are Python, in one process with the client.\n\n"
            + report.table(HEAD, rows))
    return report.Section("revision", TITLE, text, [])
