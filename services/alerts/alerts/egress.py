"""How messages leave: trusted certificate authorities and proxy."""

import ssl
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import certifi

from alerts.environment import Environment, SettingsError


@dataclass(frozen=True)
class Egress:
    """Certificate authorities trusted besides the public ones (PEM), and the proxy for https.

    Hosts in `no_proxy`, separated by commas, are called directly.
    """

    authorities: str = field(default="", repr=False)
    proxy: str = field(default="", repr=False)
    no_proxy: str = ""

    def variables(self, folder: Path) -> dict[str, str]:
        """Return the environment by which Requests and OpenSSL are told.

        They take one file in place of the public authorities, so `folder` gets one with both.
        """
        found = {"HTTPS_PROXY": self.proxy, "NO_PROXY": self.no_proxy}
        if self.authorities:
            bundle = folder / "authorities.pem"
            bundle.write_text(f"{certifi.contents()}\n{self.authorities}", encoding="utf-8")
            found |= {"REQUESTS_CA_BUNDLE": str(bundle), "SSL_CERT_FILE": str(bundle)}
        return {name: value for name, value in found.items() if value}


def read(env: Environment) -> Egress:
    """Read CA_FILE, HTTPS_PROXY and NO_PROXY; raise SettingsError if one is wrong."""
    return Egress(_authorities(env.text("CA_FILE")), _proxy(env), env.text("NO_PROXY"))


def _authorities(file: str) -> str:
    if not file:
        return ""
    try:
        authorities = Path(file).read_text(encoding="ascii")
        ssl.create_default_context(cadata=authorities)
    except ssl.SSLError:
        reason = "it holds none"
    except OSError as error:
        reason = str(error.strerror)
    except ValueError:
        reason = "it is not text"
    else:
        return authorities
    raise SettingsError("CA_FILE", f"must be a file of certificates in PEM format ({reason})")


def _proxy(env: Environment) -> str:
    text = env.text("HTTPS_PROXY")
    try:
        url = urlsplit(text)
        is_proxy = url.scheme in ("http", "https") and bool(url.hostname) and bool(url.port)
        is_proxy &= text.isascii() and text.isprintable() and " " not in text
    except ValueError:
        is_proxy = False
    if text and not (is_proxy and url.path in ("", "/") and not url.query and not url.fragment):
        raise SettingsError("HTTPS_PROXY", "must be http(s)://[user:password@]host:port")
    return text
