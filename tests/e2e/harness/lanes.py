"""Lanes as the YAML files spell them, and apps that tell which instance they are."""
import hashlib
import hmac

from harness.resources import app

KEY = "the household's key"


def lane(name, **spec):
    return {"apiVersion": "edgelane.dev/v1", "kind": "Lane", "metadata": {"name": name},
            "spec": spec}


def lane_rules(**spec):
    return {"apiVersion": "edgelane.dev/v1", "kind": "LaneRules", "metadata": {"name": "home"},
            "spec": spec}


def tag(user, key=KEY):
    return hmac.new(key.encode(), user.encode(), hashlib.sha256).hexdigest()[:32]


class Instances:
    """Real apps, one for each lane of each app id; each answers with its name."""

    def __init__(self, bench):
        self.bench = bench
        self.apps = {}

    def __getitem__(self, name):
        return self.apps[name]

    def last(self, name):
        """The last call of an instance; not the hub's question for its subscriptions."""
        return [one for one in self.apps[name].requests if one.path != "/dapr/subscribe"][-1]

    def add(self, app_id, lane_id="base", **spec):
        """The App resource of a new instance."""
        name = app_id if lane_id == "base" else f"{app_id}@{lane_id}"
        instance = self.bench.app(**({"listening": False} if spec.pop("down", False) else {}))

        def answer(exchange):
            exchange.read_body()
            exchange.answer(body=name.encode())
        instance.default = answer
        self.apps[name] = instance
        return app(app_id, instance.port, lane=lane_id, **spec)


def lane_headers(request):
    """What a request says of its lane."""
    return request.header("baggage"), request.header("x-lane")
