"""OAuth 1.0 as a request without a body is signed (RFC 5849 §3): HMAC-SHA1 or PLAINTEXT."""

from __future__ import annotations

import base64
import hmac
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import quote

from yarl import URL


@dataclass(frozen=True, slots=True, kw_only=True)
class Signer:
    consumer_key: str
    consumer_secret: str = field(repr=False)
    token: str = field(repr=False)
    token_secret: str = field(repr=False)
    plaintext: bool = False

    def header(
        self,
        method: str,
        url: str,
        params: Mapping[str, str | int],
        at: datetime,
        *,
        nonce: str | None = None,
    ) -> str:
        """The Authorization header; XING takes a nonce once in 24 hours."""
        told = {
            "oauth_consumer_key": self.consumer_key,
            "oauth_nonce": nonce or secrets.token_hex(16),
            "oauth_signature_method": "PLAINTEXT" if self.plaintext else "HMAC-SHA1",
            "oauth_timestamp": str(int(at.timestamp())),
            "oauth_token": self.token,
            "oauth_version": "1.0",
        }
        key = f"{_encoded(self.consumer_secret)}&{_encoded(self.token_secret)}"
        base = _base_string(method, url, {**params, **told})
        told["oauth_signature"] = key if self.plaintext else _hmac(key, base)
        return "OAuth " + ", ".join(f'{name}="{_encoded(value)}"' for name, value in told.items())


def _base_string(method: str, url: str, params: Mapping[str, str | int]) -> str:
    """§3.4.1: scheme and host in lower case, no default port, parameters sorted once encoded."""
    target = URL(url)
    port = "" if target.is_default_port() else f":{target.port}"
    address = f"{target.scheme}://{(target.raw_host or '').lower()}{port}{target.raw_path}"
    pairs = sorted((_encoded(name), _encoded(str(value))) for name, value in params.items())
    listed = "&".join(f"{name}={value}" for name, value in pairs)
    return "&".join(map(_encoded, (method, address, listed)))


def _hmac(key: str, text: str) -> str:
    return base64.b64encode(hmac.digest(key.encode(), text.encode(), "sha1")).decode()


def _encoded(value: str) -> str:
    return quote(value, safe="-._~")
