"""The answer to what cannot be read as a request, and so never reaches the app."""

from werkzeug.http import HTTP_STATUS_CODES

from web.http.headers import EVERYWHERE
from web.http.problems import PROBLEM, body


def refusal(status: int, detail: str) -> bytes:
    """Return a whole HTTP response with problem details, after which the connection ends."""
    title = HTTP_STATUS_CODES[status]
    content = body(status, title, detail or title).encode()
    headers = {
        "Connection": "close",
        "Content-Type": PROBLEM,
        "Content-Length": len(content),
        "Cache-Control": "no-store",
        **EVERYWHERE,
    }
    lines = [f"HTTP/1.1 {status} {title}", *(f"{name}: {value}" for name, value in headers.items())]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + content
