"""How Meta's webhooks knock: a challenge to whoever subscribes, then calls signed over the raw body.

https://developers.facebook.com/docs/graph-api/webhooks/getting-started
"""

from __future__ import annotations

from pydantic import SecretStr

from connectors.graph import SIGNATURE
from connectors.webhook import Answer, Call, require_signature, require_token


def answer_signed(
    call: Call, *, verify_token: SecretStr | None, app_secret: SecretStr | None
) -> Answer:
    """Keep what is signed with `app_secret`; Forged where it is not, 404 where none is configured."""
    if verify_token is None or app_secret is None:
        return Answer(status=404)
    if call.method == "GET":
        require_token(call.query.get("hub.verify_token"), verify_token.get_secret_value())
        return Answer(body=call.query.get("hub.challenge", "").encode())
    if call.method != "POST":
        return Answer(status=405)
    require_signature(call, app_secret.get_secret_value(), SIGNATURE, prefix="sha256=")
    return Answer(keep=True)
