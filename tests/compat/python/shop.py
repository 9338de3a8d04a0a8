"""An app in Python that uses all that the hub offers, and tells how it went."""
import json
import os
import sys
import time
import urllib.request

from app import Shop
from client import Client
from tap import LIMIT, Tap


def wait_until_subscribed(count):
    """Until the hub has asked the app for its topics; what is published before may go nowhere."""
    url = f"http://127.0.0.1:{os.environ['DAPR_HTTP_PORT']}/v1.0/metadata"
    end = time.monotonic() + LIMIT
    while True:
        with urllib.request.urlopen(url) as answer:
            known = json.load(answer).get("subscriptions", [])
        if len(known) == count:
            return
        if time.monotonic() > end:
            raise TimeoutError(f"the hub knows of {known}")
        time.sleep(0.02)


def main():
    tap = Tap()
    client = Client()
    shop = Shop(client)
    shop.start()
    tap.case("the hub is healthy", client.start)  # the SDK waits for it
    tap.case("the hub knows the app's topics", lambda: wait_until_subscribed(shop.TOPICS))
    for name, function in client.cases() + shop.cases():
        tap.case(name, function)
    tap.case("shutdown", lambda: client.dapr.shutdown())
    return tap.end()


if __name__ == "__main__":
    result = main()
    sys.stdout.flush()
    os._exit(result)  # whatever threads a case has left
