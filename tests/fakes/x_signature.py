"""Checks the OAuth 1.0a signature of a call (RFC 5849, section 3.2), as X does."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from oauthlib.common import Request
from oauthlib.oauth1.rfc5849 import signature

from fakes.server import Call

CONSUMER = {"test-consumer-key": "test-consumer-secret"}
CLOCK_SECONDS = 300


class ApiError(Exception):
    """An answer other than 200, in X's shape."""

    def __init__(self, status: int, title: str, detail: str, **more: Any) -> None:
        super().__init__(title)
        self.status = status
        self.body = {"title": title, "detail": detail, "status": status, "type": "about:blank"}
        self.body |= more


@dataclass
class Signatures:
    """The nonces that were used: a call counts once."""

    nonces: set[str] = field(default_factory=set)

    def check(self, call: Call, tokens: Mapping[str, str], now: float) -> dict[str, str]:
        """Return the call's OAuth parameters; `tokens` has the secret of each token.

        Raises ApiError for a wrong signature, a wrong time and a replay.
        """
        header = {"Authorization": call.headers.get("authorization", "")}
        given = dict(
            signature.collect_parameters(headers=header, exclude_oauth_signature=False)
        )
        consumer_secret = CONSUMER.get(given.get("oauth_consumer_key", ""))
        token_secret = tokens.get(given.get("oauth_token", ""))
        request = Request(call.url, call.method, None, header)
        request.params = signature.collect_parameters(
            uri_query=urlsplit(call.url).query, headers=header
        )
        request.signature = given.get("oauth_signature", "")
        nonce = given.get("oauth_nonce", "")
        valid = (
            consumer_secret is not None
            and token_secret is not None
            and nonce not in self.nonces
            and given.get("oauth_signature_method") == "HMAC-SHA1"
            and signature.verify_hmac_sha1(request, consumer_secret, token_secret)
        )
        self.nonces.add(nonce)
        if not valid:
            raise ApiError(401, "Unauthorized", "Unauthorized")
        if abs(now - int(given.get("oauth_timestamp", "0") or 0)) >= CLOCK_SECONDS:
            raise ApiError(401, "Unauthorized", "Timestamp out of bounds.")
        return given
