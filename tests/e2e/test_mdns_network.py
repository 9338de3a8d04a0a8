"""Apps that are found by their ids on another host, and what of a hub leaves its machine."""
import random

import pytest

from harness import daemon
from harness.other_host import OtherHost
from harness.resources import app

RUN = f"{random.randrange(1 << 32):08x}"
SEEKS = {"apiVersion": "dapr.io/v1alpha1", "kind": "Configuration",
         "metadata": {"name": "config"}, "spec": {"nameResolution": {"component": "mdns"}}}


def named(name):
    return f"{name}-{RUN}"


def here():
    return ["--dapr-internal-grpc-port", daemon.free_port()]


def everywhere():
    return [*here(), "--dapr-internal-grpc-listen-address", "0.0.0.0"]


def call(hub, app_id):
    return hub.api("speaker").get(f"/v1.0/invoke/{app_id}/method/on")


@pytest.fixture(scope="module")
def far():
    host = OtherHost()
    yield host
    host.close()


@pytest.fixture(scope="module")
def there(module_bench, far):
    """A hub on the other host, with a lamp."""
    directory = module_bench.directory()
    daemon.write_resources(directory / "etc", [
        app(named("lamp"), 8080, address=far.address), app("speaker")])
    arguments = ["--root", directory, "--dapr-http-port", 0, "--dapr-grpc-port", 0,
                 "--metrics-port=0", *everywhere()]
    process = module_bench.process(arguments, prefix=far.prefix)
    process.wait_for_log("application discovered")
    return daemon.Client(str(directory / "run" / "apps" / "speaker" / "http.sock"))


@pytest.mark.parametrize("name, resources, flags", [
    ("on every interface", [], everywhere),
    ("without a port", [SEEKS], list),
    ("with a port of its own", [SEEKS], here)])
def test_an_app_on_another_host_is_found(bench, there, name, resources, flags):
    hub = bench.hub([app("speaker"), *resources], flags=flags())
    answer = call(hub, named("lamp"))
    assert (answer.status, answer.body) == (200, b"there"), name


def test_a_port_of_this_machine_is_no_matter_of_others(bench, there):
    one = bench.app()
    hub = bench.hub([app("speaker"), app(named("safe"), one.port)], flags=here())
    beside = bench.hub([app("speaker")], flags=here())
    assert call(beside, named("safe")).status == 200
    answer = there.get(f"/v1.0/invoke/{named('safe')}/method/on")
    assert "couldn't find service" in answer.text
    assert "couldn't find service" in call(hub, named("lamp")).text, "nor does it ask them"


def test_a_port_on_every_interface_is_called_from_there(bench, there):
    one = bench.app()
    bench.hub([app(named("open"), one.port)], flags=everywhere())
    assert there.get(f"/v1.0/invoke/{named('open')}/method/on").status == 200
