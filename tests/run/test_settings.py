"""Where pip's settings reach: the installer uv, and the bootstrap's own reader of a package index."""

import datetime
import ipaddress
import ssl
from collections.abc import Callable

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from .conftest import Index, Machine

SETTINGS = """
[global]
index-url = https://mara:s3cret@mirror.example/simple
extra-index-url =
    https://one.example/simple
    https://two.example/simple
timeout = 7
trusted_host = mirror.example one.example
cert = /etc/ca.pem
proxy = http://u:hush@proxy.example:3128
[install]
find-links = https://links.example/a
[freeze]
timeout = 1
"""


def settings_of_uv(machine: Machine) -> dict[str, str]:
    """Returns what uv was told by the environment when it installed the libraries."""
    return dict(word.split("=", 1) for word in machine.asked()[-1].split("\t") if "=" in word and word[0].isupper())


def test_a_settings_file_of_pip_reaches_uv(machine: Machine) -> None:
    machine.add_uv()
    (machine.home / ".config/pip").mkdir(parents=True)
    (machine.home / ".config/pip/pip.conf").write_text(SETTINGS)
    del machine.env["PIP_CONFIG_FILE"]
    done = machine.start()
    told = settings_of_uv(machine)
    assert told["UV_DEFAULT_INDEX"] == "https://mara:s3cret@mirror.example/simple"
    assert told["UV_INDEX"] == "https://one.example/simple https://two.example/simple"
    assert told["UV_INDEX_STRATEGY"] == "unsafe-best-match"
    assert told["UV_FIND_LINKS"] == "https://links.example/a"
    assert told["UV_INSECURE_HOST"] == "mirror.example one.example"
    assert told["UV_HTTP_TIMEOUT"] == "7"
    assert told["SSL_CERT_FILE"] == "/etc/ca.pem"
    assert told["HTTPS_PROXY"] == told["HTTP_PROXY"] == "http://u:hush@proxy.example:3128"
    assert (told["UV_PYTHON_DOWNLOADS"], told["UV_NO_BUILD"]) == ("never", "1")
    assert "s3cret" not in done.stderr
    assert "hush" not in done.stderr


def test_the_nearer_setting_is_the_stronger(machine: Machine) -> None:
    machine.add_uv()
    (machine.home / ".pip").mkdir()
    (machine.home / ".pip/pip.conf").write_text("[global]\ntimeout = 1\nindex-url = https://far.example/simple\n")
    named = machine.folder / "named.conf"
    named.write_text("[global]\nindex-url = https://near.example/simple\n")
    machine.start(PIP_CONFIG_FILE=str(named), PIP_DEFAULT_TIMEOUT="3", PIP_TIMEOUT="2")
    told = settings_of_uv(machine)
    assert (told["UV_DEFAULT_INDEX"], told["UV_HTTP_TIMEOUT"]) == ("https://near.example/simple", "2")


def test_what_the_user_told_uv_itself_is_stronger(machine: Machine) -> None:
    machine.add_uv()
    mine = {"UV_DEFAULT_INDEX": "https://uv.example/simple", "UV_NO_BUILD": "0", "UV_CACHE_DIR": "/tmp/cache"}
    machine.start(PIP_INDEX_URL="https://pip.example/simple", **mine)
    assert mine.items() <= settings_of_uv(machine).items()


def test_settings_that_would_bend_the_installation_do_not_reach_uv(machine: Machine) -> None:
    machine.add_uv()
    bending = {
        "UV_SYSTEM_PYTHON": "1",
        "UV_CONSTRAINT": "x.txt",
        "UV_WORKING_DIR": "/",
        "UV_EXCLUDE_NEWER": "2020-01-01",
    }
    machine.start(**bending)
    assert not bending.keys() & settings_of_uv(machine).keys()


def test_a_home_that_cannot_be_written_moves_the_cache(machine: Machine) -> None:
    machine.add_uv()
    machine.start(HOME="/nonexistent")
    assert settings_of_uv(machine)["UV_CACHE_DIR"].startswith(str(machine.venv))


def test_a_settings_file_that_cannot_be_read_is_named(machine: Machine) -> None:
    machine.add_uv()
    broken = machine.folder / "pip.conf"
    broken.write_text("index-url = https://mara:s3cret@mirror.example/simple\n")
    done = machine.start(PIP_CONFIG_FILE=str(broken))
    assert done.returncode == 1
    assert str(broken) in done.stderr
    assert "s3cret" not in done.stderr


def test_an_index_may_answer_in_json(machine: Machine, serve: Callable[..., Index]) -> None:
    index = serve()
    index.is_json = True
    assert machine.start("x", PIP_INDEX_URL=index.url()).stdout == "started x\n"


def test_the_second_index_serves_what_the_first_lacks(machine: Machine, serve: Callable[..., Index]) -> None:
    empty, full = serve(), serve()
    empty.files = {}
    assert machine.start("x", PIP_INDEX_URL=empty.url(), PIP_EXTRA_INDEX_URL=full.url()).stdout == "started x\n"


def test_a_login_goes_to_its_own_server_alone(machine: Machine, serve: Callable[..., Index]) -> None:
    index, store = serve(), serve()
    index.wanted_login, index.moved_to = "mara:s3cr&t", store
    done = machine.start("x", PIP_INDEX_URL=index.url("mara:s3cr%26t@"))
    assert done.stdout == "started x\n"
    assert index.logins == ["mara:s3cr&t"] * 2
    assert store.logins == [""]
    assert "s3cr" not in done.stderr


def test_a_login_may_stand_in_netrc(machine: Machine, serve: Callable[..., Index]) -> None:
    index = serve()
    index.wanted_login = "mara:s3cret"
    netrc = machine.home / ".netrc"
    netrc.write_text("machine 127.0.0.1 login mara password s3cret\n")
    netrc.chmod(0o600)
    assert machine.start("x", PIP_INDEX_URL=index.url()).stdout == "started x\n"


def test_a_refused_login_is_said_without_naming_it(machine: Machine, serve: Callable[..., Index]) -> None:
    index = serve()
    index.wanted_login = "mara:right"
    done = machine.start(PIP_INDEX_URL=index.url("mara:wr0ng@"))
    assert done.returncode == 1
    assert "Mend the user and password" in done.stderr
    assert "wr0ng" not in done.stderr


def test_a_proxy_of_pip_is_gone_through(machine: Machine, serve: Callable[..., Index]) -> None:
    proxy = serve()
    done = machine.start(PIP_INDEX_URL="http://mirror.example/root/simple", PIP_PROXY=f"http://{proxy.address}")
    assert len(proxy.logins) == 1
    assert done.returncode == 1


@pytest.fixture
def certificate(machine: Machine) -> ssl.SSLContext:
    """Returns the context of a server whose certificate only `ca.pem` in the machine's folder vouches for."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - datetime.timedelta(hours=1))
        .not_valid_after(now + datetime.timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    secret = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    (machine.folder / "ca.pem").write_bytes(made.public_bytes(pem))
    (machine.folder / "server.pem").write_bytes(secret + made.public_bytes(pem))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(machine.folder / "server.pem")
    return context


def test_a_certificate_counts_only_if_pip_would_trust_it(
    machine: Machine, serve: Callable[..., Index], certificate: ssl.SSLContext
) -> None:
    index = serve(certificate)
    url = index.url(scheme="https")
    refused = machine.start(PIP_INDEX_URL=url)
    assert refused.returncode == 1
    assert "Set PIP_CERT" in refused.stderr
    assert machine.start("x", PIP_INDEX_URL=url, PIP_CERT=str(machine.folder / "ca.pem")).stdout == "started x\n"


def test_a_trusted_host_needs_no_certificate(
    machine: Machine, serve: Callable[..., Index], certificate: ssl.SSLContext
) -> None:
    index = serve(certificate)
    done = machine.start("x", PIP_INDEX_URL=index.url(scheme="https"), PIP_TRUSTED_HOST="127.0.0.1")
    assert done.stdout == "started x\n"
