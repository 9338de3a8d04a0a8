"""Resources that change while the hub runs."""
import signal

import pytest

from harness import daemon
from harness.resources import app, component
from harness.waiting import wait_until


def names_of(hub):
    return {item["name"] for item in hub.shared.get("/v1.0-edgelane/status").json()["components"]}


def write(hub, *resources):
    daemon.write_resources(hub.directory / "etc", resources)


def save(hub, store, value):
    return hub.api("lamp").post(f"/v1.0/state/{store}", json=[{"key": "k", "value": value}])


@pytest.fixture
def hub(bench):
    return bench.hub([app("lamp"), component("one", "state.in-memory")])


def test_a_new_component_is_there_without_a_restart(hub):
    assert save(hub, "two", 1).status == 400
    write(hub, app("lamp"), component("one", "state.in-memory"),
          component("two", "state.in-memory"))
    wait_until(lambda: "two" in names_of(hub), "the new component")
    assert save(hub, "two", 1).status == 204


def test_a_component_that_is_gone_is_not_found_and_the_others_go_on(hub):
    assert save(hub, "one", 1).status == 204
    write(hub, app("lamp"), component("two", "state.in-memory"))
    wait_until(lambda: "one" not in names_of(hub), "the end of the component")
    assert save(hub, "one", 1).status == 400
    wait_until(lambda: "two" in names_of(hub), "the new component")


def test_a_changed_component_is_opened_anew(hub):
    path = hub.directory / "values.db"
    write(hub, app("lamp"), component("one", "state.sqlite", {"connectionString": str(path)}))
    hub.process.wait_for_log("component changed")
    wait_until(path.exists, "the store's file")
    wait_until(lambda: save(hub, "one", 5).status == 204, "an answer of the changed component")
    assert hub.api("lamp").get("/v1.0/state/one/k").json() == 5


def test_a_fault_in_the_files_leaves_what_runs(hub):
    (hub.directory / "etc" / "resources.yaml").write_text(
        "apiVersion: edgelane.dev/v1\nkind: App\nmetadata: {name: lamp}\nspec: {port: many}\n")
    hub.process.wait_for_log("what runs goes on")
    assert "resources.yaml:4: spec.port" in hub.process.log
    assert save(hub, "one", 1).status == 204


def test_a_component_that_cannot_be_opened_is_left_out(hub):
    write(hub, app("lamp"), component("one", "state.in-memory"), component("bad", "state.nothing"))
    hub.process.wait_for_log("a component failed and is left out")
    assert save(hub, "one", 1).status == 204


def test_another_app_makes_the_hub_start_again_in_its_process(bench, hub):
    second = bench.app()
    write(hub, app("lamp"), app("speaker", second.port), component("one", "state.in-memory"))

    def answers():
        try:
            return hub.api("lamp").get("/v1.0/invoke/speaker/method/hello").status == 200
        except OSError:
            return False
    wait_until(answers, "an answer of the new app")
    assert hub.process.running()


def test_a_hangup_reads_everything_again(hub):
    hub.process.signal(signal.SIGHUP)

    def began_again():
        return hub.process.log.count("dapr initialized. Status: Running") == 2
    wait_until(began_again, "the second start")
    hub.process.wait_until_answers(hub.shared)
    assert save(hub, "one", 1).status == 204


def test_a_hangup_with_a_fault_in_the_files_changes_nothing(hub):
    (hub.directory / "etc" / "resources.yaml").write_text("apiVersion: edgelane.dev/v1\nkind: App\n")
    hub.process.signal(signal.SIGHUP)
    hub.process.wait_for_log("the resources cannot be read")
    assert save(hub, "one", 1).status == 204


def test_a_file_may_be_replaced_by_renaming(hub):
    text = (hub.directory / "etc" / "resources.yaml").read_text()
    new = hub.directory / "etc" / "resources.yaml.new"
    new.write_text(text.replace("name: one", "name: other"))
    new.rename(hub.directory / "etc" / "resources.yaml")
    wait_until(lambda: names_of(hub) >= {"other"}, "the renamed component")
    assert "one" not in names_of(hub)


@pytest.mark.parametrize("signalled", [False, True])
def test_a_group_that_is_not_there_is_refused(bench, hub, signalled):
    bad = app("speaker", bench.app().port)
    bad["spec"]["socket"] = {"group": "nosuch"}
    write(hub, app("lamp"), bad, component("one", "state.in-memory"))
    if signalled:
        hub.process.signal(signal.SIGHUP)
    hub.process.wait_for_log("what runs goes on")
    line = 1 + (hub.directory / "etc" / "resources.yaml").read_text().splitlines().index(
        "    group: nosuch")
    assert f"resources.yaml:{line}: spec.socket.group: no group nosuch" in hub.log
    assert hub.log.count("Starting Dapr Runtime") == 1
    assert save(hub, "one", 1).status == 204


def test_a_hub_does_not_start_with_a_group_that_is_not_there(bench):
    lamp = app("lamp")
    lamp["spec"]["socket"] = {"group": "nosuch"}
    directory = bench.directory()
    daemon.write_resources(directory / "etc", [lamp])
    code, printed = daemon.run_to_end(["--root", directory, daemon.ANY_METRICS_PORT])
    assert code == 1
    assert "resources.yaml:" in printed and "spec.socket.group: no group nosuch" in printed


def test_what_ran_goes_on_where_the_hub_does_not_start_with_what_is_new(bench, hub):
    """Its port is taken, which shows only when it is opened."""
    other = bench.app()
    assert save(hub, "one", 1).status == 204
    bad = app("speaker", other.port)
    bad["spec"]["api"] = {"port": other.port}
    write(hub, app("lamp"), bad, component("one", "state.in-memory"))
    hub.process.wait_for_log("the hub does not start with the changed resources: what ran goes on")
    hub.process.wait_until_answers(hub.shared)
    assert save(hub, "one", 1).status == 204
    assert "address already in use" in hub.log
    starts = hub.log.count("Starting Dapr Runtime")
    write(hub, app("lamp"), app("speaker", other.port), component("one", "state.in-memory"))
    wait_until(lambda: hub.log.count("Starting Dapr Runtime") == starts + 1, "another start")
    hub.process.wait_until_answers(hub.shared)
    # Ready is after the subscriptions are open.
    wait_until(lambda: hub.api("speaker").get("/v1.0/healthz").status == 204, "the speaker's hub")
