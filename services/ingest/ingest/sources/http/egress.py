"""How calls reach the networks: trusted certificate authorities and proxy."""

import ssl
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import proxy_bypass_environment  # type: ignore[attr-defined]

from ingest.environment import Environment, SettingsError


@dataclass(frozen=True)
class Egress:
    """Certificate authorities trusted besides the public ones (PEM), and the proxy.

    `proxy` is the URL of a proxy for https, or empty. Hosts in `no_proxy`, separated by commas, and
    their subdomains are called directly.
    """

    authorities: str = ""
    proxy: str = field(default="", repr=False)
    no_proxy: str = ""

    @cached_property
    def context(self) -> ssl.SSLContext:
        """A context that verifies certificates and host names. Raises ValueError or SSLError."""
        context = ssl.create_default_context()
        if self.authorities:
            context.load_verify_locations(cadata=self.authorities)
        return context

    def proxy_for(self, url: str) -> str | None:
        """Return the proxy for a call, or None to call directly."""
        parts = urlsplit(url)
        if not self.proxy or parts.scheme != "https":
            return None
        host = parts.netloc.rpartition("@")[2]
        is_direct = proxy_bypass_environment(host, {"no": self.no_proxy})
        return None if is_direct else self.proxy


DIRECT = Egress()


def read(env: Environment) -> Egress:
    """Read CA_FILE, HTTPS_PROXY and NO_PROXY; raise SettingsError if one is wrong."""
    return Egress(_authorities(env.text("CA_FILE")), _proxy(env), env.text("NO_PROXY"))


def _authorities(file: str) -> str:
    if not file:
        return ""
    try:
        authorities = Path(file).read_text(encoding="ascii")
        _ = Egress(authorities).context
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
