"""kill -9 in the middle of state writes: nothing that was answered is ever lost."""
import os
import random
import shutil
import sqlite3

import pytest

from harness.ledger import Writer, lost
from harness.resources import app, component
from harness.state import Store
from harness.waiting import wait_until

ROUNDS = int(os.environ.get("EDGELANE_CRASH_ROUNDS", "20"))
SEED = int(os.environ.get("EDGELANE_CRASH_SEED", random.randrange(1 << 32)))
WRITERS = 4


def written(writers):
    return sum(writer.count for writer in writers)


def read_back(store, writers):
    keys = [key for writer in writers for key in writer.tried]
    return {key: item["data"] for key, item in store.bulk(*keys).items() if "data" in item}


def test_nothing_acknowledged_is_lost(bench):
    chance = random.Random(SEED)
    path = bench.directory() / "state.db"
    hub = bench.hub([app("lamp"), component("store", "state.sqlite", {
        "connectionString": str(path)})])
    total = 0
    for number in range(ROUNDS):
        client = hub.api("lamp")
        # Names of their own in each round: what a round leaves is checked once more at the end.
        writers = [Writer(client, "store", f"r{number}w{n}", chance.randrange(8))
                   for n in range(WRITERS)]
        for writer in writers:
            writer.start()
        enough = chance.randrange(5, 150)
        wait_until(lambda: written(writers) >= enough, f"{enough} writes", step=0.0005)
        hub.process.kill()
        for writer in writers:
            writer.join(10)
            assert not writer.is_alive()
        total += written(writers)
        bench.started(hub)
        found = read_back(Store(hub.api("lamp"), "store"), writers)
        wrong = [line for writer in writers for line in lost(writer, found)]
        assert not wrong, f"round {number}, EDGELANE_CRASH_SEED={SEED}: {wrong}"
    assert total >= ROUNDS * 5
    assert "level=error" not in hub.log, "an unclean end is nothing to worry about"
    assert hub.process.stop() == 0


def test_a_kill_at_the_start_harms_nothing(bench):
    """Killed while it opens its file, again and again."""
    path = bench.directory() / "state.db"
    hub = bench.hub([app("lamp"), component("store", "state.sqlite", {
        "connectionString": str(path)})])
    Store(hub.api("lamp"), "store").set("kept", 1)
    arguments = hub.process.arguments
    for _ in range(10):
        hub.process.kill()
        process = bench.process(arguments)
        wait_until(lambda: process.log or not process.running(), "a first line", step=0.0005)
        process.kill()
    bench.started(hub)
    assert Store(hub.api("lamp"), "store").get("kept").json() == 1


@pytest.mark.parametrize("verb", ["save", "transact"])
def test_what_is_answered_is_in_the_file(bench, verb):
    """Read through a copy of the files, as a power cut would leave them."""
    path = bench.directory() / "state.db"
    hub = bench.hub([app("lamp"), component("store", "state.sqlite", {
        "connectionString": str(path)})])
    store = Store(hub.api("lamp"), "store")
    copies = bench.directory()
    for number in range(20):
        if verb == "save":
            answer = store.save({"key": f"k{number}", "value": number})
        else:
            answer = store.transact(("upsert", {"key": f"k{number}", "value": number}))
        assert answer.status == 204
        for name in os.listdir(path.parent):
            if not name.endswith("-shm"):
                shutil.copy(path.parent / name, copies / name)
        file = sqlite3.connect(copies / "state.db")
        keys = {key for (key,) in file.execute("SELECT key FROM state")}
        file.close()
        assert f"lamp||k{number}" in keys
