"""Invocation of what is no app of the hub: URLs and HTTPEndpoint resources, with TLS."""
import ssl
from urllib.parse import quote

import pytest

from harness.checks import invoke_failed, invoked
from harness.resources import app, component, http_endpoint
from harness.tls import Authority
from harness.wire import Headers


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    return Authority(tmp_path_factory.mktemp("ca"))


@pytest.fixture(scope="module")
def other_authority(tmp_path_factory):
    return Authority(tmp_path_factory.mktemp("other-ca"), "other")


@pytest.fixture(scope="module")
def plain(module_bench):
    return module_bench.app()


@pytest.fixture(scope="module")
def secure(module_bench, authority):
    return module_bench.app(tls=authority.server("server"))


@pytest.fixture(scope="module")
def mutual(module_bench, authority):
    return module_bench.app(tls=authority.server("mutual", client_authority=authority))


@pytest.fixture(scope="module")
def wrong_name(module_bench, authority):
    return module_bench.app(tls=authority.server("elsewhere", "DNS:elsewhere.example"))


@pytest.fixture(scope="module")
def hub(module_bench, authority, other_authority, plain, secure, mutual, wrong_name):
    certificate, key = authority.issue("client-of-hub")
    trusting = {"rootCA": {"value": authority.certificate}}
    with_certificate = {**trusting, "certificate": {"value": certificate},
                        "privateKey": {"value": key}}
    headers = [{"name": "X-Set", "value": "by endpoint"}, {"name": "X-Secret", "value": "s3cret-h"}]
    speaker = app("speaker", appToken={"value": "speakers-own"})
    return module_bench.hub([
        speaker, app("other"),
        http_endpoint("plain", f"http://{plain.host}/base", headers=headers),
        http_endpoint("secure", f"https://{secure.host}", clientTLS=trusting),
        http_endpoint("mutual", f"https://{mutual.host}", clientTLS=with_certificate),
        http_endpoint("no-certificate", f"https://{mutual.host}", clientTLS=trusting),
        http_endpoint("wrong-ca", f"https://{secure.host}",
                      clientTLS={"rootCA": {"value": other_authority.certificate}}),
        http_endpoint("system-ca", f"https://{secure.host}"),
        http_endpoint("wrong-name", f"https://{wrong_name.host}", clientTLS=trusting),
        {**http_endpoint("scoped", f"http://{plain.host}"), "scopes": ["other"]},
    ])


@pytest.fixture
def speaker(hub):
    return hub.api("speaker")


@pytest.mark.parametrize("spelling", [lambda url: url, lambda url: quote(url, safe="")])
def test_a_url_as_the_id(speaker, plain, spelling):
    url = spelling(f"http://{plain.host}")
    seen = invoked(speaker.post(f"/v1.0/invoke/{url}/method/a/b?c=%2F", b"body",
                                {"X-Mine": "1", "dapr-api-token": "callers"}))
    headers = Headers(seen["headers"])
    assert (seen["method"], seen["path"], seen["query"]) == ("POST", "/a/b", "c=%2F")
    assert (seen["body"], headers.get("x-mine"), headers.get("host")) == ("body", "1", plain.host)


def test_a_url_with_a_path_as_the_id(speaker, plain):
    assert invoked(speaker.get(f"/v1.0/invoke/http://{plain.host}/v2/method/a"))["path"] == "/v2/a"


def test_a_url_in_the_header(speaker, plain):
    seen = invoked(speaker.get("/a/b?c=d", {"dapr-app-id": f"http://{plain.host}"}))
    assert (seen["path"], seen["query"]) == ("/a/b", "c=d")


def test_no_token_goes_to_a_foreign_host(speaker, plain):
    seen = Headers(invoked(speaker.get(f"/v1.0/invoke/http://{plain.host}/method/a",
                                       {"dapr-api-token": "callers"}))["headers"])
    assert "dapr-api-token" not in seen
    seen = Headers(invoked(speaker.get("/v1.0/invoke/plain/method/a",
                                       {"dapr-api-token": "callers"}))["headers"])
    assert "dapr-api-token" not in seen


def test_a_url_that_nobody_serves(speaker, bench):
    silent = bench.app(listening=False)
    target = f"http://{silent.host}"
    assert "refused" in invoke_failed(speaker.get(f"/v1.0/invoke/{target}/method/a"), target)


def test_a_url_with_a_host_that_does_not_exist(speaker):
    target = "http://nobody.invalid"
    assert invoke_failed(speaker.get(f"/v1.0/invoke/{target}/method/a"), target)


def test_an_https_url_must_be_trusted(speaker, secure):
    target = f"https://{secure.host}"
    said = invoke_failed(speaker.get(f"/v1.0/invoke/{target}/method/a"), target)
    assert "certificate" in said.lower()


def test_an_endpoint(speaker):
    seen = invoked(speaker.put("/v1.0/invoke/plain/method/a/b?c=d", b"body",
                               {"X-Set": "by caller", "X-Mine": "1"}))
    headers = Headers(seen["headers"])
    assert (seen["method"], seen["path"], seen["query"]) == ("PUT", "/base/a/b", "c=d")
    assert headers.all("x-set") == ["by endpoint"]
    assert headers.get("x-secret") == "s3cret-h"
    assert (headers.get("x-mine"), seen["body"]) == ("1", "body")


@pytest.mark.parametrize("name", ["secure", "mutual"])
def test_an_endpoint_with_tls(speaker, name):
    for number in range(5):
        seen = invoked(speaker.post(f"/v1.0/invoke/{name}/method/n{number}", b"x" * 100_000))
        assert (seen["path"], len(seen["body"])) == (f"/n{number}", 100_000)


@pytest.mark.parametrize("name", ["no-certificate", "wrong-ca", "system-ca", "wrong-name"])
def test_an_endpoint_whose_tls_fails(speaker, hub, secure, mutual, wrong_name, name):
    served = [len(one.requests) for one in (secure, mutual, wrong_name)]
    assert invoke_failed(speaker.get(f"/v1.0/invoke/{name}/method/a"), name)
    assert [len(one.requests) for one in (secure, mutual, wrong_name)] == served
    assert hub.process.running()


def test_an_endpoint_of_another_app(speaker, hub):
    assert invoked(hub.api("other").get("/v1.0/invoke/scoped/method/a"))["path"] == "/a"
    assert invoke_failed(speaker.get("/v1.0/invoke/scoped/method/a"), "scoped")


def test_endpoints_are_in_the_metadata(hub):
    told = hub.api("other").get("/v1.0/metadata").json()["httpEndpoints"]
    assert {"name": "plain"} in told and {"name": "scoped"} in told
    told = hub.api("speaker").get("/v1.0/metadata").json()["httpEndpoints"]
    assert {"name": "scoped"} not in told


def test_nothing_secret_is_logged(hub):
    assert "s3cret-h" not in hub.log and "PRIVATE KEY" not in hub.log


def test_an_app_behind_tls(bench, other_authority):
    """protocol: https does not look at the app's certificate."""
    lamp = bench.app(tls=other_authority.server("lamp"))
    hub = bench.hub([app("lamp", lamp.port, protocol="https"), app("speaker")])
    assert invoked(hub.api("speaker").get("/v1.0/invoke/lamp/method/on"))["path"] == "/on"


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion")
def test_tls_below_1_2_is_refused(bench, authority):
    context = authority.server("old")
    context.minimum_version = ssl.TLSVersion.TLSv1
    context.maximum_version = ssl.TLSVersion.TLSv1_1
    context.set_ciphers("ALL:@SECLEVEL=0")
    old = bench.app(tls=context)
    hub = bench.hub([app("speaker"), http_endpoint(
        "old", f"https://{old.host}", clientTLS={"rootCA": {"value": authority.certificate}})])
    assert invoke_failed(hub.api("speaker").get("/v1.0/invoke/old/method/a"), "old")


def test_a_file_of_secrets_for_an_endpoint(bench, plain):
    directory = bench.directory()
    (directory / "secrets.json").write_text('{"key": "from-the-file"}')
    headers = [{"name": "X-Key", "secretKeyRef": {"name": "key", "key": "key"}}]
    hub = bench.hub([
        app("speaker"),
        component("vault", "secretstores.local.file",
                  {"secretsFile": str(directory / "secrets.json")}),
        {**http_endpoint("plain", f"http://{plain.host}", headers=headers),
         "auth": {"secretStore": "vault"}}])
    seen = Headers(invoked(hub.api("speaker").get("/v1.0/invoke/plain/method/a"))["headers"])
    assert seen.get("x-key") == "from-the-file"
    assert "from-the-file" not in hub.log
