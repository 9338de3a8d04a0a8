"""A signer of configuration, with a key of openssl."""
import base64
import hashlib
import json
import pathlib
import subprocess


def canonical(value):
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


class Signer:
    def __init__(self, directory, name="signer"):
        directory = pathlib.Path(directory)
        self.private = directory / f"{name}.key"
        subprocess.run(["openssl", "ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out",
                        self.private], check=True, capture_output=True)
        self.public = subprocess.run(["openssl", "ec", "-in", self.private, "-pubout"], check=True,
                                     capture_output=True).stdout.decode()

    def signed(self, document):
        signature = subprocess.run(["openssl", "dgst", "-sha256", "-sign", self.private],
                                   input=canonical(document), check=True, capture_output=True)
        return {**document, "sig": base64.b64encode(signature.stdout).decode()}

    def manifest(self, layer, rev, items, epoch=1):
        manifest = {"layer": layer, "epoch": epoch, "rev": rev,
                    "sha256": hashlib.sha256(canonical(items)).hexdigest()}
        return json.dumps(self.signed(manifest))
