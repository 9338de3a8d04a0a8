#!/usr/bin/env python3
"""A speaker: POST /say with a text. On "lights on" and "lights off" it switches the lamp.

It calls the lamp through the hub and knows neither its address nor its language. It subscribes to
the topic "lamp" and says what became of it; and it reads the key of its voice from the hub's secret
store. It is told by the environment: APP_PORT, where it listens; DAPR_HTTP_PORT, where its hub is;
DAPR_API_TOKEN, what it shows to the hub.
"""
import http.server
import json
import os
import signal
import sys
import urllib.error
import urllib.request

PORT = int(os.environ.get("APP_PORT", "9002"))
HUB = f"http://127.0.0.1:{os.environ.get('DAPR_HTTP_PORT', '3500')}"
TOKEN = os.environ.get("DAPR_API_TOKEN", "")
OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))  # the hub is near
COMMANDS = {"lights on": "on", "lights off": "off"}
SUBSCRIPTIONS = [{"pubsubname": "pubsub", "topic": "lamp", "route": "/lamp"}]


def ask_hub(method, path, body=None):
    """What the hub answers, or {"error": ...}."""
    headers = {"dapr-api-token": TOKEN} if TOKEN else {}
    request = urllib.request.Request(HUB + path, body, headers, method=method)
    try:
        with OPENER.open(request, timeout=10) as answer:
            return json.load(answer)
    except urllib.error.HTTPError as error:
        return {"error": error.read().decode("utf-8", "replace")}
    except OSError as error:
        return {"error": str(error)}


def read_voice():
    """A device keeps the keys of its services in the hub, sealed, and never in a file."""
    secret = ask_hub("GET", "/v1.0/secrets/secretstore/voice")
    key = secret.get("voice")
    return f"a key of {len(key)} characters" if key else f"no key: {secret.get('error')}"


class Speaker(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        if self.path == "/healthz":
            self.answer(200, {})
        elif self.path == "/dapr/subscribe":
            self.answer(200, SUBSCRIPTIONS)
        else:
            self.answer(404, {"error": "the speaker knows POST /say"})

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if self.path == "/say":
            self.say(body.decode("utf-8", "replace").strip().strip('"'))
        elif self.path == "/lamp":
            lamp = json.loads(body)["data"]
            print(f"the speaker says: the lamp is {'on' if lamp['on'] else 'off'}", flush=True)
            self.answer(200, {})
        else:
            self.answer(404, {"error": "the speaker knows POST /say"})

    def say(self, text):
        print(f"the speaker says: {text}", flush=True)
        told = {"said": text}
        if text.lower() in COMMANDS:
            told["lamp"] = ask_hub("PUT", f"/v1.0/invoke/lamp/method/{COMMANDS[text.lower()]}", b"")
        self.answer(200, told)

    def answer(self, status, value):
        body = json.dumps(value, separators=(",", ":")).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format, *args):  # pylint: disable=redefined-builtin
        """What it says is its log."""


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    signal.signal(signal.SIGINT, lambda *_: sys.exit(0))
    print(f"the speaker listens, its voice has {read_voice()}", flush=True)
    http.server.ThreadingHTTPServer(("127.0.0.1", PORT), Speaker).serve_forever()
