"""A small stand-in for AWS Secrets Manager, as there is no real one on a test's machine.

It speaks what the tests need of the documented protocol (GetSecretValue, BatchGetSecretValue and
ListSecrets as JSON 1.1, errors as 400 with __type), and judges each call as AWS does: the signature
that it expects is computed anew by botocore, from what came over the wire.
"""
import datetime
import http.server
import json
import socket
import threading
import time

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

REGION = "eu-west-1"
ACCESS_KEY = "AKIDEXAMPLE"
SECRET_KEY = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
TIME_FORMAT = "%Y%m%dT%H%M%SZ"


class Refusal(Exception):
    def __init__(self, kind, message="", status=400):
        super().__init__(kind)
        self.kind, self.message, self.status = kind, message, status


def signature(headers, body, date, secret_key, token):
    """What the Authorization header must say, as botocore sees it."""
    request = AWSRequest("POST", f"http://{headers['Host']}/", headers=headers, data=body)
    request.context["timestamp"] = date
    auth = SigV4Auth(Credentials(ACCESS_KEY, secret_key, token), "secretsmanager", REGION)
    canonical = auth.canonical_request(request)
    scope = auth.credential_scope(request)
    names = auth.signed_headers(auth.headers_to_sign(request))
    made = auth.signature(auth.string_to_sign(request, canonical), request)
    return (f"AWS4-HMAC-SHA256 Credential={ACCESS_KEY}/{scope}, SignedHeaders={names}, "
            f"Signature={made}")


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def date_time_string(self, timestamp=None):
        return super().date_time_string(timestamp or self.server.owner.now())

    def do_POST(self):
        owner = self.server.owner
        body = self.rfile.read(int(self.headers["Content-Length"]))
        try:
            status, answer = 200, owner.answer(self.path, self.headers, body)
        except Refusal as refusal:
            status = refusal.status
            answer = {"__type": refusal.kind, "Message": refusal.message}
        text = json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/x-amz-json-1.1")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)


class _Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, *arguments):
        super().__init__(*arguments)
        self.lines = []

    def get_request(self):
        line, address = super().get_request()
        self.lines.append(line)
        return line, address

    def hang_up(self):
        for line in self.lines:
            try:
                line.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass  # it has ended

    def handle_error(self, request, client_address):
        pass  # a hub that is killed, or does not trust the certificate


class SecretsManager:
    """`tls`: an SSLContext of a server, or None."""

    def __init__(self, port, tls=None):
        self.port, self.tls = port, tls
        self.secrets = {}  # name: versions, the newest last
        self.deleted = set()
        self.denied = set()
        self.batches = True  # whether the key may read many in one call
        self.session_token = None
        self.secret_key = SECRET_KEY
        self.page = 100
        self.refusals = []  # what the next calls get, one each
        self.clock_offset = 0
        self.calls = []  # (operation, request)
        self.server = None

    @property
    def endpoint(self):
        return f"{'https' if self.tls else 'http'}://127.0.0.1:{self.port}"

    def start(self):
        self.server = _Server(("127.0.0.1", self.port), _Handler)
        self.server.owner = self
        if self.tls:
            self.server.socket = self.tls.wrap_socket(
                self.server.socket, server_side=True, do_handshake_on_connect=False)
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def stop(self):
        if self.server:
            self.server.shutdown()
            self.server.server_close()
            self.server.hang_up()
            self.server = None

    def now(self):
        return time.time() + self.clock_offset

    def put(self, name, text):
        self.secrets.setdefault(name, []).append(text)
        self.deleted.discard(name)

    def asked(self, name):
        """How often a secret was asked for."""
        return sum(request.get("SecretId") == name for _, request in self.calls)

    def answer(self, path, headers, body):
        self._judge(path, headers, body)
        request = json.loads(body)
        operation = headers["X-Amz-Target"]
        self.calls.append((operation, request))
        if self.refusals:
            raise self.refusals.pop(0)
        if operation == "secretsmanager.GetSecretValue":
            return self._get(request)
        if operation == "secretsmanager.BatchGetSecretValue":
            return self._get_many(request)
        if operation == "secretsmanager.ListSecrets":
            return self._list(request)
        raise Refusal("UnknownOperationException")

    def _judge(self, path, headers, body):
        date = headers["X-Amz-Date"]
        signed_at = datetime.datetime.strptime(date, TIME_FORMAT).replace(
            tzinfo=datetime.timezone.utc).timestamp()
        if abs(signed_at - self.now()) > 300:
            raise Refusal("InvalidSignatureException", f"Signature expired: {date} is too far off")
        if headers["X-Amz-Security-Token"] != self.session_token:
            raise Refusal("ExpiredTokenException", "The security token has expired")
        signed = {name: value for name, value in headers.items()
                  if name.lower().startswith("x-amz-") or name in ("Host", "Content-Type")}
        expected = signature(signed, body, date, self.secret_key, self.session_token)
        if path != "/" or headers["Authorization"] != expected:
            raise Refusal("InvalidSignatureException",
                          "The request signature we calculated does not match yours")

    def _get(self, request):
        name = request["SecretId"]
        if name in self.denied:
            raise Refusal("AccessDeniedException", f"not authorized to read {name}")
        if name in self.deleted:
            raise Refusal("InvalidRequestException", "the secret was marked for deletion.")
        versions = self.secrets.get(name)
        if not versions:
            raise Refusal("ResourceNotFoundException",
                          "Secrets Manager can't find the specified secret.")
        number = len(versions)
        if request.get("VersionStage", "AWSCURRENT") == "AWSPREVIOUS":
            number -= 1
        if "VersionId" in request:
            number = int(request["VersionId"][1:])
        if not 1 <= number <= len(versions):
            raise Refusal("ResourceNotFoundException", "can't find the version")
        return {"ARN": f"arn:aws:secretsmanager:{REGION}:1:secret:{name}", "Name": name,
                "VersionId": f"v{number}", "SecretString": versions[number - 1],
                "VersionStages": ["AWSCURRENT"], "CreatedDate": 1.7e9}

    def _get_many(self, request):
        if not self.batches:
            raise Refusal("AccessDeniedException", "not authorized: BatchGetSecretValue")
        names = request["SecretIdList"]
        if not 1 <= len(names) <= 20:
            raise Refusal("ValidationException", "SecretIdList has 1 to 20 names")
        values, errors = [], []
        for name in names:
            try:
                values.append(self._get({"SecretId": name}))
            except Refusal as refusal:
                errors.append({"SecretId": name, "ErrorCode": refusal.kind,
                               "Message": refusal.message})
        return {"SecretValues": values, "Errors": errors}

    def operations(self):
        """How often each was called."""
        names = [operation.removeprefix("secretsmanager.") for operation, _ in self.calls]
        return {name: names.count(name) for name in names}

    def _list(self, request):
        names = sorted(set(self.secrets) - self.deleted)
        begin = int(request.get("NextToken", "0"))
        end = begin + min(self.page, request["MaxResults"])
        answer = {"SecretList": [{"Name": name} for name in names[begin:end]]}
        if end < len(names):
            answer["NextToken"] = str(end)
        return answer
