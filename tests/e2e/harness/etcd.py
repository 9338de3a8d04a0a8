"""A real etcd on loopback ports of its own, and what an operator does with it."""
import base64
import json
import pathlib
import shutil
import signal
import ssl
import subprocess
import urllib.error
import urllib.request

from harness.daemon import free_port
from harness.waiting import wait_until


def program():
    found = shutil.which("etcd")
    assert found, "these tests need etcd: apt-get install etcd-server"
    return found


def b64(text):
    data = text if isinstance(text, bytes) else text.encode()
    return base64.b64encode(data).decode()


class Refused(Exception):
    """What etcd said instead of an answer."""


class Etcd:
    def __init__(self, directory, *flags, authority=None):
        """`authority` signs its certificate, and those of whoever connects."""
        self.directory = pathlib.Path(directory)
        self.flags = list(flags)
        self.scheme, self.context = "http", None
        if authority:
            self._use_tls(authority)
        self.port, self.peer_port = free_port(), free_port()
        self.endpoint = f"127.0.0.1:{self.port}"
        self.cluster = "first"  # another one makes another cluster of an empty folder
        self.child = None
        self.token = None

    def _use_tls(self, authority):
        authority.issue("etcd")
        certificate, key = authority.directory / "etcd.pem", authority.directory / "etcd.key"
        trusted = authority.directory / f"{authority.name}.pem"
        self.scheme = "https"
        self.flags += ["--cert-file", certificate, "--key-file", key, "--client-cert-auth",
                       "--trusted-ca-file", trusted]
        self.context = ssl.create_default_context(cafile=trusted)
        self.context.load_cert_chain(certificate, key)

    @property
    def data(self):
        return self.directory / "data"

    def start(self):
        client, peer = f"{self.scheme}://{self.endpoint}", f"http://127.0.0.1:{self.peer_port}"
        arguments = [program(), "--name", "one", "--data-dir", self.data,
                     "--listen-client-urls", client, "--advertise-client-urls", client,
                     "--listen-peer-urls", peer, "--initial-advertise-peer-urls", peer,
                     "--initial-cluster", f"one={peer}",
                     "--initial-cluster-token", self.cluster,
                     "--heartbeat-interval", "20", "--election-timeout", "200", *self.flags]
        with open(self.directory / "etcd.log", "ab") as log:
            self.child = subprocess.Popen(arguments, stdout=log, stderr=log)
        wait_until(self._answers, "an etcd that answers", 30)
        return self

    def _answers(self):
        assert self.child.poll() is None, (self.directory / "etcd.log").read_text()
        try:
            self.call("/v3/maintenance/status")
        except Refused:
            return True  # it asks who we are
        except OSError:
            return False
        return True

    def call(self, path, body=None):
        headers = {"Authorization": self.token} if self.token else {}
        request = urllib.request.Request(f"{self.scheme}://{self.endpoint}{path}",
                                         json.dumps(body or {}).encode(), headers)
        try:
            with urllib.request.urlopen(request, timeout=10, context=self.context) as answer:
                return json.loads(answer.read())
        except urllib.error.HTTPError as error:
            raise Refused(error.read().decode()) from error

    def write(self, items):
        """One transaction; None deletes. The revision that it made."""
        operations = [
            {"request_delete_range": {"key": b64(key)}} if value is None else
            {"request_put": {"key": b64(key), "value": b64(value)}}
            for key, value in items.items()]
        return int(self.call("/v3/kv/txn", {"success": operations})["header"]["revision"])

    def compact(self, revision):
        self.call("/v3/kv/compaction", {"revision": str(revision), "physical": True})

    def end(self, number=signal.SIGTERM):
        self.child.send_signal(number)
        self.child.wait(20)

    def close(self):
        if self.child is not None and self.child.poll() is None:
            self.end(signal.SIGKILL)

    def save(self):
        """Ends it and puts what it holds aside."""
        self.end()
        shutil.copytree(self.data, self.directory / "saved")

    def restore(self):
        """Ends it and takes back what was put aside."""
        self.end()
        shutil.rmtree(self.data)
        shutil.copytree(self.directory / "saved", self.data)

    def replace(self):
        """Ends it; what starts next is another cluster, without any key."""
        self.end()
        shutil.rmtree(self.data)
        self.cluster = "second"

    def log_in(self, name, password):
        self.token = None
        answer = self.call("/v3/auth/authenticate", {"name": name, "password": password})
        self.token = answer["token"]

    def enable_auth(self, prefix, end, user, password):
        """A root, and a user that may read the keys from `prefix` to before `end`."""
        for name, secret in (("root", "admin"), (user, password)):
            self.call("/v3/auth/user/add", {"name": name, "password": secret})
            self.call("/v3/auth/role/add", {"name": name})
        self.call("/v3/auth/role/grant", {"name": user, "perm": {
            "permType": "READ", "key": b64(prefix), "range_end": b64(end)}})
        for name in ("root", user):
            self.call("/v3/auth/user/grant", {"user": name, "role": name})
        self.call("/v3/auth/enable")
        self.log_in("root", "admin")

    def revoke(self, user):
        self.log_in("root", "admin")
        self.call("/v3/auth/user/revoke", {"name": user, "role": user})

    def grant(self, user):
        self.log_in("root", "admin")
        self.call("/v3/auth/user/grant", {"user": user, "role": user})
