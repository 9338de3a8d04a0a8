"""A signer of configuration, with a key of openssl."""
import base64
import hashlib
import json
import pathlib
import subprocess


def canonical(value):
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def manifest(layer, rev, items, epoch=1):
    """What a layer's manifest says at least, not signed."""
    return {"layer": layer, "epoch": epoch, "rev": rev,
            "sha256": hashlib.sha256(canonical(items)).hexdigest()}


class Signer:
    def __init__(self, directory, name="signer"):
        directory = pathlib.Path(directory)
        self.private = directory / f"{name}.key"
        subprocess.run(["openssl", "ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out",
                        self.private], check=True, capture_output=True)
        self.public = subprocess.run(["openssl", "ec", "-in", self.private, "-pubout"], check=True,
                                     capture_output=True).stdout.decode()

    def sign(self, value):
        """`value` with a member that signs the others."""
        signature = subprocess.run(["openssl", "dgst", "-sha256", "-sign", self.private],
                                   input=canonical(value), check=True, capture_output=True)
        return {**value, "sig": base64.b64encode(signature.stdout).decode()}

    def vouch(self, rev, *signers, **more):
        """What a root says of the keys that may sign."""
        return self.sign({"rev": rev, "keys": [{"key": one.public, **more} for one in signers]})

    def manifest(self, layer, rev, items, epoch=1, **more):
        return json.dumps(self.sign({**manifest(layer, rev, items, epoch), **more}))
