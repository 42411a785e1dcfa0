"""Messages as services/ingest writes them, as Java regular expressions for Spark's own functions.

Other JSON that says the same is just as good (docs/contracts/message.schema.json), but has to be
parsed before that is known. These patterns only ever say yes to valid UTF-8 that the parser takes.

No code runs more often. Java is fast with few ranges of characters, those met most first, in a
greedy loop; it is slow with single characters beyond Latin-1, and with possessive loops.
"""

_YEAR = "(?:19[7-9]|2[0-9][0-9])[0-9]"
# Every month has 28 days, all but one have 30, and seven have 31.
_DATE = (
    rf"{_YEAR}-(?:(?:0[1-9]|1[0-2])-(?:0[1-9]|1[0-9]|2[0-8])"
    "|(?:0[13-9]|1[0-2])-(?:29|30)|(?:0[13578]|1[02])-31)"
)
_TIME = r"(?:[01][0-9]|2[0-3])(?::[0-5][0-9]){2}(?:\.[0-9]{1,6})?"

# What a string consists of beside escapes: no quotation mark, backslash or control character.
_PLAIN = r"[\]-\x{10ffff}#-\[ !]"
_PLAIN_BUT_SIGN = r"[\]-\x{10ffff}$-\[ !]"


def _string(plain: str) -> str:
    """A JSON string with a bounded number of escapes: Java's matcher goes deeper at each."""
    return rf'"{plain}*(?:\\["\\/bfnrt]{plain}*){{0,100}}"'


def _message(text: str, hashtags: str) -> str:
    members = {
        "id": f'"{_PLAIN}{{1,256}}"',
        "source": '"(?:x|mastodon|bluesky|replay|demo)"',
        "created_at": f'"{_DATE}T{_TIME}Z"',
        "author": '(?:null|"[0-9a-f]{16}")',
        "text": text,
        "hashtags": hashtags,
        "lang": '(?:null|"[a-zA-Z-]*")',
        "repost": "(?:true|false)",
    }
    return r"\A\{" + ", ?".join(f'"{name}": ?{value}' for name, value in members.items()) + r"\}\z"


MESSAGE = _message(_string(_PLAIN), rf'(?:null|\[(?:"{_PLAIN}*"(?:, ?"{_PLAIN}*"){{0,100}})?\])')
# The full-width sign, which is beyond Latin-1, has to be looked for apart.
WITHOUT_TAG = _message(_string(_PLAIN_BUT_SIGN), r"(?:null|\[\])")
OTHER_SIGN = "＃"
