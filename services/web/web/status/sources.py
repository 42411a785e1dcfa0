"""The stages of ingest: the sources and their credentials, with what to do about failures."""

from typing import Any

from web.status.facts import (
    DONE,
    FAILED,
    WAITING,
    Facts,
    Stage,
    WrongSetting,
    join_words,
    late,
    sentence,
)

# Credentials, as settings.toml names them. A source that is not here needs none.
CREDENTIALS = {
    "x": ("CONSUMER_KEY", "CONSUMER_SECRET", "ACCESS_TOKEN", "ACCESS_SECRET"),
    "mastodon": ("MASTODON_URL", "MASTODON_ACCESS_TOKEN"),
    "bluesky": ("BLUESKY_HANDLE", "BLUESKY_APP_PASSWORD"),
}

TITLES = {
    "x": "X",
    "mastodon": "Mastodon",
    "bluesky": "Bluesky",
    "replay": "the file",
    "demo": "demo data",
}
"""What a source is called."""

_READING = {
    "starting": "contacting {}…",
    "ok": "reading {}",
    "finished": "{} was read to the end",
}

REMEDIES = {
    "429": "Raise `POLL_SECONDS` in `.env`, then run `make up`",
    "budget": "Wait until 00:00 UTC, or raise `X_DAILY_POSTS` in `.env`, then run `make up`",
    "certificate": (
        "Set `CA_FILE` in `.env`, then run `make up`, if the certificate is from your own authority"
    ),
    "file": (
        "Replace the file, which is then read; "
        "or change `REPLAY_FILE` in `.env`, then run `make up`"
    ),
    "proxy": "Fix `HTTPS_PROXY` in `.env`, then run `make up`",
}
"""What to do about a failure that is not about credentials, by its kind."""

RETRYING = "Retrying automatically. If it keeps failing, run `make logs SERVICE=ingest`"


def source_stage(facts: Facts) -> Stage:
    """Describe what is read; a network that fails does not hide that another is read."""
    if facts.trouble:
        return late("source", *facts.trouble, facts)
    if facts.wrong_setting:
        return _wrong_setting("source", facts.wrong_setting)
    if not facts.has_kafka:
        names = join_words(map(_title, facts.sources))
        return Stage("source", WAITING, sentence(f"{names} can be read once Kafka is connected"))
    detail = sentence("; ".join(map(_reading, facts.sources)))
    for source in facts.sources:
        if source["error"] and not _is_refused(source):
            advice = REMEDIES.get(source["error"]["kind"], RETRYING)
            return Stage("source", FAILED, detail, advice)
    is_read = any(each["state"] in ("ok", "finished") for each in facts.sources)
    return Stage("source", DONE if is_read else WAITING, detail)


def credentials_stage(facts: Facts) -> Stage:
    """Describe whether the networks accept the credentials, as far as they were asked."""
    if facts.trouble:
        return Stage("credentials", WAITING, "Waiting for ingest to test them.")
    if facts.wrong_setting:
        return _wrong_setting("credentials", facts.wrong_setting)
    refused = [each for each in facts.sources if _is_refused(each)]
    if refused:
        detail = sentence("; ".join(map(_failure, refused)))
        return Stage("credentials", FAILED, detail, _renewal(refused[0]))
    networks = [each for each in facts.sources if each["name"] in CREDENTIALS]
    untried = [_title(each) for each in networks if not each["last_success"]]
    if untried:
        return Stage("credentials", WAITING, f"Not tested with {join_words(untried)} yet.")
    if networks:
        return Stage("credentials", DONE, f"Accepted by {join_words(map(_title, networks))}.")
    return _none_needed(facts)


def _none_needed(facts: Facts) -> Stage:
    """The demo is a success, but nobody came for it: say what is next."""
    if any(each["name"] == "demo" for each in facts.sources):
        detail = "You are looking at demo data, which needs no credentials."
        return Stage("credentials", DONE, detail, "Connect your own timeline: run `make connect`")
    return Stage("credentials", DONE, "A file needs no credentials.")


def _wrong_setting(stage: str, wrong: WrongSetting) -> Stage:
    """Fail the one of the two stages that the setting belongs to."""
    credentials = {name for network in CREDENTIALS.values() for name in network}
    is_credential = any(name.removesuffix("_FILE") in credentials for name in wrong.variables)
    if (stage == "credentials") != is_credential:
        return Stage(stage, WAITING, "Waiting for ingest, which has a wrong setting.")
    return Stage(stage, FAILED, f"Ingest has a wrong setting: {wrong.text}.", _correction(wrong))


def _correction(wrong: WrongSetting) -> str:
    """Say what to do about a wrong setting.

    Ingest sees a new REPLAY_FILE by itself. Other files are mounted one by one: a container sees
    one that takes the place of another only after a restart.
    """
    variables = _codes(wrong.variables)
    if wrong.variables == ["REPLAY_FILE"]:
        return REMEDIES["file"]
    if all(name.endswith("_FILE") for name in wrong.variables):
        return f"Fix the file of {variables}, then run `docker compose restart ingest`"
    return f"Fix {variables} in `.env`, then run `make up`"


def _is_refused(source: dict[str, Any]) -> bool:
    """Whether a network rejects the credentials: the kind is then the status of its response.

    429 is the one status that is about something else: the rate limit.
    """
    kind = str(source["error"]["kind"]) if source["error"] else ""
    return kind.isdecimal() and kind != "429"


def _renewal(source: dict[str, Any]) -> str:
    """What to do about credentials that a network rejects."""
    if source["error"]["kind"] == "402":
        return "Add credits; reading resumes automatically"
    names = _codes(CREDENTIALS.get(source["name"], ()))
    return f"Check {names or 'its settings'} in `.env`, then run `make up`"


def _reading(source: dict[str, Any]) -> str:
    if _is_refused(source):
        return f"{_title(source)} rejected the credentials (see below)"
    if source["error"]:
        return _failure(source)
    return _READING.get(source["state"], "{} is failing").format(_title(source))


def _failure(source: dict[str, Any]) -> str:
    return f"{_title(source)}: {source['error']['message']}"


def _title(source: dict[str, Any]) -> str:
    return TITLES.get(source["name"], str(source["name"]))


def _codes(names: list[str] | tuple[str, ...]) -> str:
    return join_words(f"`{name}`" for name in names)
