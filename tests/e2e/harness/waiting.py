"""Waiting for a condition, with a limit."""
import time

LIMIT = 10.0  # seconds; generous, as a loaded machine must not fail a test


def wait_until(condition, what="the condition", limit=LIMIT, step=0.01):
    """The first true value of condition(); fails after `limit` seconds."""
    end = time.monotonic() + limit
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError(f"{what} did not come true within {limit} s")
        time.sleep(step)
