"""The stages of ingest: the sources that it reads, and the credentials that it reads them with."""

from typing import Any

from web.facts import (
    DONE,
    FAILED,
    WAITING,
    Facts,
    Stage,
    WrongSetting,
    late,
    sentence,
    together,
)

# The variables of .env.example. A source that is not here needs none.
CREDENTIALS = {
    "x": ("CONSUMER_KEY", "CONSUMER_SECRET", "ACCESS_TOKEN", "ACCESS_SECRET"),
    "mastodon": ("MASTODON_URL", "MASTODON_ACCESS_TOKEN"),
    "bluesky": ("BLUESKY_HANDLE", "BLUESKY_APP_PASSWORD"),
}

TAKE_OVER = "in `.env`, then: `make up`"
"""The end of the advice to change a setting."""

_TITLES = {
    "x": "X",
    "mastodon": "Mastodon",
    "bluesky": "Bluesky",
    "replay": "the file",
    "demo": "the demo",
}

_READING = {
    "starting": "is asked for the first time",
    "ok": "is read",
    "finished": "is read to its end",
}

# By the kind of a failure that the credentials have no part in.
_REMEDIES = {
    "429": f"Raise `POLL_SECONDS` {TAKE_OVER}",
    "budget": f"Raise `X_DAILY_POSTS` {TAKE_OVER}; or wait for the next day (UTC)",
    "file": f"Mend `REPLAY_FILE` {TAKE_OVER}",
}
_PATIENCE = "It is tried again by itself; if this lasts: `make logs SERVICE=ingest`"


def source_stage(facts: Facts) -> Stage:
    """Tell what is read; one network that fails does not hide that another is read."""
    if facts.trouble:
        return late("source", *facts.trouble, facts)
    if facts.wrong_setting:
        return _wrong_setting("source", facts.wrong_setting)
    if not facts.has_kafka:
        names = together(map(_title, facts.sources))
        return Stage("source", WAITING, sentence(f"{names} can be read once Kafka answers"))
    detail = sentence("; ".join(map(_reading, facts.sources)))
    for source in facts.sources:
        if source["error"] and not _is_refused(source):
            advice = _REMEDIES.get(source["error"]["kind"], _PATIENCE)
            return Stage("source", FAILED, detail, advice)
    is_read = any(each["state"] in ("ok", "finished") for each in facts.sources)
    return Stage("source", DONE if is_read else WAITING, detail)


def credentials_stage(facts: Facts) -> Stage:
    """Tell whether every network accepts what stands in .env, as far as it has been asked."""
    if facts.trouble:
        return Stage("credentials", WAITING, "Waiting for ingest, which tries them.")
    if facts.wrong_setting:
        return _wrong_setting("credentials", facts.wrong_setting)
    refused = [each for each in facts.sources if _is_refused(each)]
    if refused:
        detail = sentence("; ".join(map(_failure, refused)))
        return Stage("credentials", FAILED, detail, _renewal(refused[0]))
    networks = [each for each in facts.sources if each["name"] in CREDENTIALS]
    untried = [_title(each) for each in networks if not each["last_success"]]
    if untried:
        return Stage("credentials", WAITING, f"They have yet to be tried on {together(untried)}.")
    if networks:
        accept = "accepts" if len(networks) == 1 else "accept"
        return Stage("credentials", DONE, f"{together(map(_title, networks))} {accept} them.")
    return _none_needed(facts)


def _none_needed(facts: Facts) -> Stage:
    """Take the demo for a success, but say how to go on: nobody has come for the demo."""
    if any(each["name"] == "demo" for each in facts.sources):
        networks = [f"{_codes(names)} ({_TITLES[name]})" for name, names in CREDENTIALS.items()]
        detail = "The demo needs none; your own timeline does."
        advice = f"For your own timeline fill in {' or '.join(networks)} {TAKE_OVER}"
        return Stage("credentials", DONE, detail, advice)
    return Stage("credentials", DONE, "A file needs none.")


def _wrong_setting(stage: str, wrong: WrongSetting) -> Stage:
    """Let that one of the two stages fail whose setting it is."""
    credentials = {name for network in CREDENTIALS.values() for name in network}
    is_credential = any(name.removesuffix("_FILE") in credentials for name in wrong.variables)
    if (stage == "credentials") != is_credential:
        return Stage(stage, WAITING, "Waiting for ingest, which has a wrong setting.")
    advice = f"Mend {_codes(wrong.variables)} {TAKE_OVER}"
    return Stage(stage, FAILED, f"Ingest has a wrong setting: {wrong.text}.", advice)


def _is_refused(source: dict[str, Any]) -> bool:
    """Whether a network refuses the credentials: the kind is the status of its answer then.

    429 is the one status that is about something else, its limit.
    """
    kind = str(source["error"]["kind"]) if source["error"] else ""
    return kind.isdecimal() and kind != "429"


def _renewal(source: dict[str, Any]) -> str:
    """Say what to do about credentials that a network does not accept."""
    if source["error"]["kind"] == "402":
        return "Add credits to the account; it goes on by itself then"
    names = _codes(CREDENTIALS.get(source["name"], ()))
    return f"Check {names or 'its settings'} {TAKE_OVER}"


def _reading(source: dict[str, Any]) -> str:
    if _is_refused(source):
        return f"{_title(source)} refuses: see the credentials"
    if source["error"]:
        return _failure(source)
    return f"{_title(source)} {_READING.get(source['state'], 'fails')}"


def _failure(source: dict[str, Any]) -> str:
    return f"{_title(source)}: {source['error']['message']}"


def _title(source: dict[str, Any]) -> str:
    return _TITLES.get(source["name"], str(source["name"]))


def _codes(names: list[str] | tuple[str, ...]) -> str:
    return together(f"`{name}`" for name in names)
