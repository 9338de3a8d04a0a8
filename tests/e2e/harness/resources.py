"""Resources as the YAML files spell them."""


def app(app_id, port=None, **spec):
    if port is not None:
        spec = {"address": "127.0.0.1", "port": port, **spec}
    return {"apiVersion": "edgelane.dev/v1", "kind": "App", "metadata": {"name": app_id},
            "spec": spec}


def component(name, kind, fields=(), spec=(), **more):
    """`fields` are name to value, or name to {secretKeyRef | envRef: ...}."""
    metadata = []
    for key, value in dict(fields).items():
        metadata.append({"name": key, **value} if isinstance(value, dict)
                        else {"name": key, "value": value})
    return {"apiVersion": "dapr.io/v1alpha1", "kind": "Component", "metadata": {"name": name},
            "spec": {"type": kind, "version": "v1", "metadata": metadata, **dict(spec)}, **more}


def http_endpoint(name, base_url, **spec):
    return {"apiVersion": "dapr.io/v1alpha1", "kind": "HTTPEndpoint", "metadata": {"name": name},
            "spec": {"baseUrl": base_url, **spec}}
