"""A disk that fills up: what is refused, what goes on, and what comes back."""
import pytest

from harness.home import Home
from harness.small_disk import SmallDisk
from harness.waiting import wait_until

@pytest.fixture
def home(bench):
    homes = []

    def make(size, fields=()):
        homes.append(Home(bench, lambda path: SmallDisk(path, size), fields))
        return homes[-1]
    yield make
    for one in homes:
        one.close()


def test_publishing_is_refused_and_works_again_with_space(home):
    small = home("4m")
    small.start()
    small.disk.fill(leaving=1 << 20)
    small.publish_until_refused(20_000)
    assert small.accepted > 10
    small.publish_until_refused(20_000)
    assert small.hub.log.count("disk or quota full: what adds to a file is refused") == 1
    small.serves()
    small.disk.give_back()
    small.wait_until_published(20_000)
    small.deliver()
    assert small.hub.process.stop() == 0


def test_the_ballast_is_given_back_and_taken_again(home):
    """While publishing goes on all the time."""
    small = home("32m")
    small.start()
    wait_until(lambda: (small.disk.path / "queue.db.ballast").exists(), "the ballast")
    small.disk.fill()
    small.publish_until_refused(200_000)
    small.hub.process.wait_for_log("disk full: ballast given back")
    small.serves()
    small.disk.give_back()
    small.wait_until_published(200_000)
    assert (small.disk.path / "queue.db.ballast").exists()
    small.publish(20)
    small.deliver()
    assert small.hub.process.stop() == 0


def test_delivering_makes_room_in_a_file_at_its_limit(home):
    small = home("8m", {"maxFileSize": "1Mi"})
    small.start()
    small.publish_until_refused(1000)
    assert small.accepted > 256
    small.serves()
    small.deliver()
    small.wait_until_published(1000)
    assert small.hub.process.stop() == 0


def test_messages_on_a_full_disk_outlive_a_restart(home):
    small = home("4m")
    small.start()
    small.disk.fill(leaving=1 << 20)
    small.publish_until_refused(20_000)
    small.hub.process.kill()
    small.disk.give_back()
    small.bench.started(small.hub)
    small.deliver()
    assert small.hub.process.stop() == 0


def test_a_full_disk_drains_without_more_space(home):
    small = home("4m")
    small.start()
    small.disk.fill(leaving=1 << 20)
    small.publish_until_refused(20_000)
    small.deliver()
    small.wait_until_published(20_000)
    small.deliver()
    assert small.hub.process.stop() == 0


def test_a_large_message_leaves_room_to_work_with(home):
    """It would fit, but nothing after it."""
    small = home("4m")
    small.start()
    small.disk.fill(leaving=1 << 20)
    small.publish_until_refused(450_000, most=3)
    small.publish_until_refused(20_000)
    small.deliver()
    assert small.hub.process.stop() == 0


@pytest.mark.parametrize("end", ["orderly", "killed"])
def test_a_hub_starts_on_a_full_disk(home, end):
    small = home("4m")
    small.start()
    assert all(answer.status < 300 for answer in small.keep_everywhere("red"))
    small.disk.fill(leaving=1 << 20)
    small.publish_until_refused(20_000)
    accepted = small.accepted
    small.hub.process.kill() if end == "killed" else small.hub.process.stop()
    small.disk.fill()
    assert small.disk.free() == 0
    small.bench.started(small.hub)
    small.has_everywhere("red")
    small.serves(color="red")
    assert small.publish(20_000).status == 500
    small.refuses_everywhere("full")
    small.deliver()
    assert small.accepted == accepted
    small.disk.give_back()
    small.wait_until_kept("green")
    small.wait_until_published(1000)
    small.deliver()
    assert small.hub.process.stop() == 0


def test_a_hub_starts_for_the_first_time_on_a_full_disk(home):
    small = home("4m")
    small.disk.fill()
    small.bench.started(small.hub)
    assert small.api.get("/v1.0/state/statestore/k").status == 204
    small.refuses_everywhere("full")
    small.disk.give_back()
    small.wait_until_kept("green")
    wait_until(lambda: "app is subscribed to" in small.hub.log, "the app's subscription")
    assert [small.publish(1000).status for _ in range(2)] == [204, 204]
    small.deliver()
    assert small.hub.process.stop() == 0
    small.bench.started(small.hub)
    small.has_everywhere("green")
    assert small.hub.process.stop() == 0
