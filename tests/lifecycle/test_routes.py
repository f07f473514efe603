"""Routes to a server: proxies, certificate authorities, client certificates.

The tests use real proxies and real TLS on the loopback interface, and the installed packages in Python and Node.
"""

from __future__ import annotations

import json
import os
import ssl
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import trustme
from conftest import NODE, PYTHON, Server, environment
from forwarders import HttpProxy, SocksProxy, TlsFront

WORD = "p@ss:word/verysecret"
QUOTED = "p%40ss%3Aword%2Fverysecret"
START = {
    "python": (
        "import json, sys, trilogue\n"
        "options = json.loads(sys.argv[1])\n"
        "try:\n"
        "    client = trilogue.Client(max_retries=0, **options)\n"
        "    ask = dict(model='m', messages=[{'role': 'user', 'content': 'Hi'}], stream=True)\n"
        "    print(json.dumps(client.chat.completions.create(**ask).get_final_text()))\n"
        "    assert 'verysecret' not in repr(client)\n"
        "except trilogue.APIError as error:\n"
        "    print(json.dumps([type(error).__name__, str(error), repr(vars(error))]))\n"
    ),
    "node": (
        "import { inspect } from 'node:util';\n"
        "import { Client } from 'trilogue';\n"
        "const names = { base_url: 'baseURL', api_key: 'apiKey', ca_bundle: 'caBundle', client_cert: 'clientCert' };\n"
        "const options = { maxRetries: 0 };\n"
        "for (const [name, value] of Object.entries(JSON.parse(process.argv[1]))) options[names[name] ?? name] = value;\n"
        "try {\n"
        "  const client = new Client(options);\n"
        "  const ask = { model: 'm', messages: [{ role: 'user', content: 'Hi' }], stream: true };\n"
        "  const stream = await client.chat.completions.create(ask);\n"
        "  console.log(JSON.stringify((await stream.final()).choices[0].message.content));\n"
        "  if (inspect(client, { depth: Infinity, showHidden: true }).includes('verysecret')) throw new Error('shown');\n"
        "} catch (error) {\n"
        "  console.log(JSON.stringify([error.name, error.message, inspect(error, { depth: Infinity })]));\n"
        "}\n"
    ),
}
COMMANDS = {"python": [PYTHON, "-c", START["python"]], "node": ["node", "--input-type=module", "-e", START["node"]]}
#: Variables of the machine that runs the tests.
STRANGE = [name for name in os.environ if name.lower().endswith("_proxy") or name.startswith("SSL_CERT_")]

pytestmark = pytest.mark.parametrize("runtime", COMMANDS)


def ask(runtime: str, base_url: str, variables: dict[str, str] | None = None, **options: str) -> Any:
    """Request an answer; return its text, or the name, message and cause of the error."""
    given = json.dumps({"base_url": base_url, "api_key": "k-1234", **options})
    own = {name: value for name, value in environment("").items() if name not in STRANGE}
    own.pop("MODELSLAB_BASE_URL")
    ended = subprocess.run(
        [*COMMANDS[runtime], given],
        env={**own, **(variables or {})},
        cwd=NODE,
        check=True,
        capture_output=True,
        text=True,
        timeout=30,
    )
    assert "verysecret" not in ended.stdout + ended.stderr
    return json.loads(ended.stdout)


@pytest.fixture
def proxy() -> Iterator[HttpProxy]:
    """Start a proxy without authentication."""
    with HttpProxy() as running:
        yield running


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    """Make an authority that is not trusted yet."""
    return trustme.CA()


@pytest.fixture
def bundle(authority: trustme.CA, tmp_path: Path) -> str:
    """Write the authority's certificate to a file."""
    path = tmp_path / "authority.pem"
    authority.cert_pem.write_to_path(str(path))
    return str(path)


@pytest.fixture
def secure(server: Server, authority: trustme.CA) -> Iterator[TlsFront]:
    """Start a TLS server in front of the test server."""
    with TlsFront(server.url, authority.issue_cert("localhost").configure_cert) as front:
        yield front


def address(front: TlsFront, server: Server) -> str:
    """Return a base URL behind TLS."""
    return server.base_url("stream.plain").replace(server.url, front.url)


@pytest.mark.parametrize("variable", ["http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"])
def test_http_uses_the_proxy_of_the_environment(runtime: str, variable: str, server: Server, proxy: HttpProxy) -> None:
    base_url = server.base_url("stream.plain")
    assert ask(runtime, base_url, {variable: proxy.url}) == "Hello!"
    assert proxy.requests == [f"POST {base_url}/chat/completions HTTP/1.1"]


@pytest.mark.parametrize("variable", ["https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"])
def test_https_uses_a_tunnel(
    runtime: str, variable: str, server: Server, proxy: HttpProxy, secure: TlsFront, bundle: str
) -> None:
    variables = {variable: proxy.url, "SSL_CERT_FILE": bundle}
    assert ask(runtime, address(secure, server), variables) == "Hello!"
    assert proxy.requests == [f"CONNECT localhost:{secure.port} HTTP/1.1"]


@pytest.mark.parametrize(
    ("variable", "value"), [("no_proxy", "127.0.0.1"), ("NO_PROXY", "a.test, 127.0.0.0/8"), ("no_proxy", "*")]
)
def test_no_proxy_is_honoured(runtime: str, variable: str, value: str, server: Server, proxy: HttpProxy) -> None:
    variables = {"http_proxy": proxy.url, variable: value}
    assert ask(runtime, server.base_url("stream.plain"), variables) == "Hello!"
    assert proxy.requests == []


@pytest.mark.parametrize(
    "value",
    ["::::", "ftp://127.0.0.1:1", "http//127.0.0.1", "http://", "http://127.0.0.1:port", "http://u:verysecret@"],
)
@pytest.mark.parametrize("variable", ["HTTP_PROXY", "http_proxy", "ALL_PROXY"])
def test_an_unusable_proxy_is_rejected(runtime: str, variable: str, value: str, server: Server) -> None:
    base_url = server.base_url("stream.plain")
    name, message, _ = ask(runtime, base_url, {variable: value})
    assert (name, message.split()[0]) == ("ConfigurationError", variable)
    assert server.log(base_url) == []
    # The proxy is not used for this server.
    assert ask(runtime, base_url, {variable: value, "NO_PROXY": "127.0.0.1"}) == "Hello!"
    assert ask(runtime, base_url, {variable: value}, proxy="") == "Hello!"
    assert ask(runtime, base_url, {"HTTPS_PROXY": value}) == "Hello!"
    name, message, _ = ask(runtime, base_url, proxy=value)
    assert (name, message.split()[0]) == ("ConfigurationError", "proxy")


def test_the_option_overrides_the_environment(runtime: str, server: Server, proxy: HttpProxy) -> None:
    base_url = server.base_url("stream.plain")
    with HttpProxy() as other:
        assert ask(runtime, base_url, {"http_proxy": other.url, "no_proxy": "*"}, proxy=proxy.url) == "Hello!"
        assert ask(runtime, base_url, {"http_proxy": other.url}, proxy="") == "Hello!"
        assert (len(proxy.requests), other.requests) == (1, [])


@pytest.mark.parametrize("kind", ["plain", "tunnel"])
def test_only_the_proxy_gets_its_password(
    runtime: str, kind: str, server: Server, secure: TlsFront, bundle: str
) -> None:
    base_url = server.base_url("stream.plain") if kind == "plain" else address(secure, server)
    with HttpProxy(f"user:{WORD}") as proxy:
        url = f"http://user:{QUOTED}@127.0.0.1:{proxy.port}"
        assert ask(runtime, base_url, proxy=url, ca_bundle=bundle) == "Hello!"
        assert ask(runtime, base_url, {"all_proxy": url}, ca_bundle=bundle) == "Hello!"
        assert ["proxy-authorization" in entry["headers"] for entry in server.log(base_url)] == [False] * 2
        name, message, _ = ask(
            runtime, base_url, proxy=f"http://user:verysecret@127.0.0.1:{proxy.port}", ca_bundle=bundle
        )
    assert name in {"APIStatusError", "APIConnectionError"}
    assert "407" in message or "proxy" in message


def test_socks(runtime: str, server: Server, secure: TlsFront, bundle: str) -> None:
    with SocksProxy("user", WORD) as proxy:
        url = f"socks5h://user:{QUOTED}@127.0.0.1:{proxy.port}"
        assert ask(runtime, address(secure, server), {"all_proxy": url}, ca_bundle=bundle) == "Hello!"
        assert ask(runtime, server.base_url("stream.plain"), proxy=url) == "Hello!"
        assert proxy.requests[0] == f"localhost:{secure.port}"
        name, _, _ = ask(
            runtime, server.base_url("stream.plain"), proxy=f"socks5://user:verysecret@127.0.0.1:{proxy.port}"
        )
    assert name == "APIConnectionError"


def test_the_socks_scheme_selects_name_resolution(runtime: str, server: Server, secure: TlsFront, bundle: str) -> None:
    with SocksProxy("user", WORD) as proxy:
        for scheme in ("socks5", "socks5h"):
            url = f"{scheme}://user:{QUOTED}@127.0.0.1:{proxy.port}"
            assert ask(runtime, address(secure, server), proxy=url, ca_bundle=bundle) == "Hello!"
        assert proxy.requests[0] in {f"127.0.0.1:{secure.port}", f"::1:{secure.port}"}
        assert proxy.requests[1] == f"localhost:{secure.port}"


def test_a_proxy_can_use_tls(
    runtime: str, server: Server, proxy: HttpProxy, authority: trustme.CA, secure: TlsFront, bundle: str
) -> None:
    base_url = server.base_url("stream.plain")
    with TlsFront(proxy.url, authority.issue_cert("localhost").configure_cert) as front:
        assert ask(runtime, base_url, proxy=front.url, ca_bundle=bundle) == "Hello!"
        assert ask(runtime, address(secure, server), {"https_proxy": front.url, "SSL_CERT_FILE": bundle}) == "Hello!"
        assert ask(runtime, base_url, {"http_proxy": front.url, "SSL_CERT_FILE": bundle}) == "Hello!"
        # Its authority is not trusted.
        name, message, _ = ask(runtime, base_url, proxy=front.url)
    assert (name, "certificate" in message) == ("APIConnectionError", True)
    assert proxy.requests == [
        f"POST {base_url}/chat/completions HTTP/1.1",
        f"CONNECT localhost:{secure.port} HTTP/1.1",
        f"POST {base_url}/chat/completions HTTP/1.1",
    ]


@pytest.mark.parametrize("scheme", ["http", "https", "socks4", "socks4a", "socks5", "socks5h"])
def test_a_missing_proxy_is_named_as_the_cause(runtime: str, scheme: str, server: Server) -> None:
    with HttpProxy() as gone:
        pass
    url = f"{scheme}://user:verysecret@127.0.0.1:{gone.port}"
    name, message, _ = ask(runtime, server.base_url("stream.plain"), proxy=url)
    assert name == "APIConnectionError"
    assert "refused" in message


@pytest.mark.parametrize(
    "proxy", ["verysecret", "ftp://u:verysecret@127.0.0.1", "http://", "127.0.0.1:3128", "http://u:verysecret@[::1"]
)
def test_a_wrong_proxy_is_rejected_and_not_shown(runtime: str, proxy: str) -> None:
    name, message, _ = ask(runtime, "http://127.0.0.1:9", proxy=proxy)
    assert name == "ConfigurationError"
    assert "http://127.0.0.1:3128" in message


@pytest.mark.parametrize(("base_url", "why"), [("https://bücher.test", "xn--"), ("https://localhost:65536", "port")])
def test_an_invalid_host_is_rejected(runtime: str, base_url: str, why: str) -> None:
    name, message, _ = ask(runtime, base_url)
    assert name == "ConfigurationError"
    assert base_url in message
    assert why in message


def test_invalid_characters_of_a_path_are_encoded(runtime: str, server: Server, proxy: HttpProxy) -> None:
    assert ask(runtime, f"{server.base_url('stream.plain')}/ü{{1}}", proxy=proxy.url) == "Hello!"
    assert proxy.requests[0].endswith("/%C3%BC%7B1%7D/chat/completions HTTP/1.1")


def test_a_named_authority_is_trusted(
    runtime: str, server: Server, secure: TlsFront, bundle: str, tmp_path: Path
) -> None:
    base_url = address(secure, server)
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "one.pem").write_bytes(Path(bundle).read_bytes())
    (folder / "notes.txt").write_text("no certificate")
    assert ask(runtime, base_url, ca_bundle=bundle) == "Hello!"
    assert ask(runtime, base_url, {"SSL_CERT_FILE": bundle}) == "Hello!"
    assert ask(runtime, base_url, {"SSL_CERT_DIR": f"{tmp_path / 'folder'}"}) == "Hello!"
    # A variable of Python's `requests`, which this package ignores.
    name, message, _ = ask(runtime, base_url, {"REQUESTS_CA_BUNDLE": bundle})
    assert (name, "certificate" in message) == ("APIConnectionError", True)


def test_a_named_authority_is_the_only_one(
    runtime: str, server: Server, secure: TlsFront, bundle: str, tmp_path: Path
) -> None:
    other = tmp_path / "other.pem"
    trustme.CA().cert_pem.write_to_path(str(other))
    base_url = address(secure, server)
    for variables, options in (
        ({"SSL_CERT_FILE": bundle}, {"ca_bundle": str(other)}),
        ({"SSL_CERT_FILE": str(other)}, {}),
    ):
        name, message, _ = ask(runtime, base_url, variables, **options)
        assert (name, "certificate" in message) == ("APIConnectionError", True)


@pytest.mark.parametrize("option", ["ca_bundle", "client_cert", "SSL_CERT_FILE", "SSL_CERT_DIR"])
@pytest.mark.parametrize("content", ["missing", "empty", "text", "broken"])
def test_an_unusable_file_is_rejected_at_construction(runtime: str, option: str, content: str, tmp_path: Path) -> None:
    path = tmp_path / "file.pem"
    if option == "SSL_CERT_DIR" and content != "missing":
        (tmp_path / "file.pem").mkdir()
        path = tmp_path / "file.pem" / "one.pem"
    if content == "empty":
        path.write_text("")
    elif content == "text":
        path.write_text("no certificate")
    elif content == "broken":
        path.write_text("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")
    named = str(tmp_path / "file.pem")
    variables = {option: named} if option.isupper() else {}
    options = {} if option.isupper() else {option: named}
    # Nothing listens there: the option is rejected before anything is sent.
    name, message, _ = ask(runtime, "https://localhost:9", variables, **options)
    # Each language spells the option as its callers do.
    spelled = (
        {"ca_bundle": "caBundle", "client_cert": "clientCert"}.get(option, option) if runtime == "node" else option
    )
    assert name == "ConfigurationError"
    assert spelled in message
    assert named in message


def test_a_client_certificate_is_sent(
    runtime: str, server: Server, authority: trustme.CA, bundle: str, tmp_path: Path
) -> None:
    shown = tmp_path / "client.pem"
    authority.issue_cert("client@example.org").private_key_and_cert_chain_pem.write_to_path(str(shown))

    def prepare(context: ssl.SSLContext) -> None:
        authority.issue_cert("localhost").configure_cert(context)
        authority.configure_trust(context)
        context.verify_mode = ssl.CERT_REQUIRED

    with TlsFront(server.url, prepare) as front:
        base_url = address(front, server)
        assert ask(runtime, base_url, ca_bundle=bundle, client_cert=str(shown)) == "Hello!"
        name, _, _ = ask(runtime, base_url, ca_bundle=bundle)
    assert name == "APIConnectionError"
    # The authority's certificate alone is no client certificate.
    name, message, _ = ask(runtime, "https://localhost:9", client_cert=bundle)
    assert (name, "private key" in message) == ("ConfigurationError", True)
