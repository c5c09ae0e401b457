"""How this machine may reach the outside: proxy, private CA, allow-list, and who we say we are."""

from __future__ import annotations

import base64
import ssl
from dataclasses import dataclass, field
from functools import lru_cache
from importlib import metadata
from pathlib import Path

from pydantic import SecretStr
from yarl import URL

from connectors.connector import Refused


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkPolicy:
    """Filled from the configuration's [network]; `proxy` is a URL that holds no credentials."""

    proxy: str | None = None
    proxy_user: str | None = field(default=None, repr=False)
    proxy_password: SecretStr | None = None
    no_proxy: tuple[str, ...] = ()  # host suffixes, IPs, CIDRs, "localhost", "*"
    ca_file: Path | None = None  # trusted besides the system's own authorities
    allowed_hosts: tuple[str, ...] = ()  # names, IPs, CIDRs, each optionally with :port
    contact: str | None = None

    def __post_init__(self) -> None:
        if self.proxy is None:
            return
        url = URL(self.proxy)
        if url.scheme not in ("http", "https") or not url.raw_host:
            raise ValueError("proxy must be written http://host:port")
        if url.raw_user or url.raw_password:
            raise ValueError("proxy must hold no credentials: use proxy_user and proxy_password")

    @property
    def proxy_url(self) -> URL | None:
        return URL(self.proxy) if self.proxy else None

    def proxy_headers(self) -> dict[str, str]:
        """Proxy-Authorization (RFC 7617, UTF-8), or nothing where the proxy asks for no login."""
        if self.proxy is None or self.proxy_user is None:
            return {}
        password = self.proxy_password.get_secret_value() if self.proxy_password else ""
        pair = base64.b64encode(f"{self.proxy_user}:{password}".encode()).decode()
        return {"Proxy-Authorization": f"Basic {pair}"}

    def user_agent(self) -> str:
        contact = "".join(char for char in self.contact or "" if " " <= char <= "~")
        agent = f"hospital-listener/{_version()}"
        return f"{agent} (+{contact})" if contact else agent

    def tls(self) -> ssl.SSLContext:
        """What every TLS connection trusts; Refused when `ca_file` cannot be read."""
        if self.ca_file is None:
            return _system_tls(_stamp())
        context = ssl.create_default_context()
        try:
            context.load_verify_locations(cafile=self.ca_file)
        except OSError as error:  # ssl.SSLError is one
            raise Refused(f"network.ca_file {self.ca_file}: {error.strerror or error}") from None
        # Python 3.13 turned this on: it refuses the in-house authorities that hospitals really have.
        context.verify_flags &= ~ssl.VERIFY_X509_STRICT
        return context


@lru_cache(maxsize=1)
def _system_tls(_stamp: tuple[int, ...]) -> ssl.SSLContext:
    """The system's authorities; reading its hundred and fifty takes 25 ms, and every client wants them."""
    return ssl.create_default_context()


def _stamp() -> tuple[int, ...]:
    """Changes when the system's authorities do."""
    paths = ssl.get_default_verify_paths()
    stores = (Path(name) for name in (paths.cafile, paths.capath) if name)
    return tuple(store.stat().st_mtime_ns for store in stores if store.exists())


def _version() -> str:
    try:
        return metadata.version("hospital-listener")
    except metadata.PackageNotFoundError:
        return "0"
