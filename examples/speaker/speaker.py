#!/usr/bin/env python3
"""A speaker: POST /say with a text. On "lights on" and "lights off" it switches the lamp.

It calls the lamp through the hub and knows neither its address nor its language. It is told by the
environment: APP_PORT, where it listens; DAPR_HTTP_PORT, where its hub is; DAPR_API_TOKEN, what it
shows to the hub.
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


def switch_lamp(method):
    """What the lamp answers to PUT /on or /off, or what went wrong."""
    headers = {"dapr-api-token": TOKEN} if TOKEN else {}
    request = urllib.request.Request(f"{HUB}/v1.0/invoke/lamp/method/{method}", b"", headers,
                                     method="PUT")
    try:
        with OPENER.open(request, timeout=10) as answer:
            return json.load(answer)
    except urllib.error.HTTPError as error:
        return {"error": error.read().decode("utf-8", "replace")}
    except OSError as error:
        return {"error": str(error)}


class Speaker(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        if self.path == "/healthz":
            self.answer(200, {})
        else:
            self.answer(404, {"error": "the speaker knows POST /say"})

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if self.path != "/say":
            self.answer(404, {"error": "the speaker knows POST /say"})
            return
        text = body.decode("utf-8", "replace").strip().strip('"')
        print(f"the speaker says: {text}", flush=True)
        told = {"said": text}
        if text.lower() in COMMANDS:
            told["lamp"] = switch_lamp(COMMANDS[text.lower()])
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
    print("the speaker listens", flush=True)
    http.server.ThreadingHTTPServer(("127.0.0.1", PORT), Speaker).serve_forever()
