"""Configuration that is retained at a broker: what whoever publishes it does."""
import hashlib
import json

from harness.signing import manifest


class Publisher:
    def __init__(self, cloud, signer=None):
        self.cloud = cloud
        self.signer = signer

    def retain(self, topic, value):
        self.cloud.publish(topic, value, "-r")

    def announce(self, layer, rev, items, body, epoch=1, **more):
        """`body`: the members that hold the items or name them; what is inline is not signed."""
        said = {**manifest(layer, rev, items, epoch), **more}
        said.update({name: value for name, value in body.items() if name != "inline"})
        if self.signer:
            said = self.signer.sign(said)
        self.retain(f"e1/c/{layer}", {**said, **body})

    def publish(self, layer, rev, **items):
        self.announce(layer, rev, items, {"inline": items})

    def chunks(self, layer, items, size):
        """(topic, payload) of each, with so many items, and what a manifest says of them."""
        keys = sorted(items)
        parts = [{key: items[key] for key in keys[at:at + size]}
                 for at in range(0, len(keys), size)]
        hashes = [hashlib.sha256(json.dumps(part).encode()).hexdigest() for part in parts]
        topics = [f"e1/c/{layer}/{digest[:16]}" for digest in hashes]
        return list(zip(topics, parts)), {"chunks": hashes}
