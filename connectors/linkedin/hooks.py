"""LinkedIn's webhook: the challenge, the signature, the batch.

https://learn.microsoft.com/en-us/linkedin/shared/api-guide/webhook-validation
The digest stands alone in the header, and "hmacsha256=" before what is signed; the header is also
taken with that prefix, since transcriptions of the documentation differ.
"""

from __future__ import annotations

import hashlib
import hmac

import orjson

from connectors.webhook import Answer, Call, Forged, require_signature

_HEADER = "x-li-signature"
_PREFIX = "hmacsha256="
_MAX_CHALLENGE = 256


def answered(call: Call, secret: str | None) -> Answer:
    """Forged without a client secret: nothing could be checked."""
    if secret is None:
        raise Forged("no client_secret is configured")
    if call.method == "GET":
        return _challenged(call.query.get("challengeCode"), secret)
    prefix = _PREFIX if call.headers.get(_HEADER, "").startswith(_PREFIX) else ""
    require_signature(call, secret, _HEADER, prefix=prefix, salt=_PREFIX.encode())
    return Answer(keep=True)


def _challenged(code: str | None, secret: str) -> Answer:
    if not code or len(code) > _MAX_CHALLENGE:
        raise Forged("no challenge")
    response = hmac.new(secret.encode(), code.encode(), hashlib.sha256).hexdigest()
    body = orjson.dumps({"challengeCode": code, "challengeResponse": response})
    return Answer(body=body, content_type="application/json")
