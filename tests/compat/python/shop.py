"""An app in Python that uses all that the hub offers, and tells how it went."""
import os
import sys
import time
import urllib.error
import urllib.request

from app import Shop
from client import Client
from tap import LIMIT, Tap


def wait_until_ready():
    """Asks what an orchestrator asks: whether the hub and the app are ready."""
    url = f"http://127.0.0.1:{os.environ['DAPR_HTTP_PORT']}/v1.0/healthz"
    end = time.monotonic() + LIMIT
    while True:
        try:
            with urllib.request.urlopen(url):
                return
        except urllib.error.HTTPError:
            if time.monotonic() > end:
                raise
            time.sleep(0.02)


def main():
    tap = Tap()
    client = Client()
    shop = Shop(client)
    shop.start()
    tap.case("the hub is healthy", client.start)  # the SDK waits for it
    tap.case("the hub has found the app", wait_until_ready)
    for name, function in client.cases() + shop.cases():
        tap.case(name, function)
    tap.case("shutdown", lambda: client.dapr.shutdown())
    return tap.end()


if __name__ == "__main__":
    result = main()
    sys.stdout.flush()
    os._exit(result)  # whatever threads a case has left
