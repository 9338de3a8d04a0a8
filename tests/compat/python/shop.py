"""An app in Python that uses all that the hub offers, and tells how it went."""
import sys

from dapr.clients import DaprClient

from client import Client
from tap import Tap


def main():
    tap = Tap()
    client = None

    def wait():
        nonlocal client
        client = Client()  # waits until the hub is healthy

    tap.case("the hub is healthy", wait)
    for name, function in client.cases() if client else []:
        tap.case(name, function)
    tap.case("shutdown", lambda: client.dapr.shutdown())
    return tap.end()


if __name__ == "__main__":
    sys.exit(main())
