"""The real web service does what /openapi.json says, whoever asks for whatever, in any state."""

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
import schemathesis
from schemathesis.config import SchemathesisConfig

from integration.widget.lab import WEB, Boards, Relay, Service, running
from support.memory_store import ENTRIES, entries
from web.boards.board import ROWS, WINDOWS

EXAMPLES = 20  # of each route in each state, beside those at the limits of each parameter

CONFIG = SchemathesisConfig.from_dict(
    {
        "generation": {
            "deterministic": True,
            "database": "none",
            "max-examples": EXAMPLES,
            # Parameters that there are not are ignored.
            "allow-extra-parameters": False,
        },
        # What the service answered before must not decide what it is asked next.
        "phases": {
            "fuzzing": {
                "extra-data-sources": {"responses": False},
                "error-feedback": {"enabled": False},
            }
        },
        "checks": {
            "not_a_server_error": {"expected-statuses": ["2xx", "3xx", "4xx", 501, 503]},
            "negative_data_rejection": {"expected-statuses": ["4xx", 501, 503]},
        },
        "operations": [
            {
                # People and pictures have no use for problems: a wrong value counts as absent.
                "include-path": ["/", "/widget", "/badge.svg"],
                "checks": {"negative_data_rejection": {"enabled": False}},
            },
            {
                # Not every ranking goes with every board, nor every step with every span.
                # A prefix may be of signs alone.
                "include-path": [
                    "/api/v1/trends",
                    "/api/v1/hashtags",
                    "/api/v1/hashtags/{tag}",
                    "/feed.atom",
                    "/feed.json",
                ],
                "checks": {
                    "positive_data_acceptance": {"expected-statuses": ["2xx", 400, 404, 503]}
                },
            },
            {
                # As the other pages; and not every text is a tag.
                "include-path": ["/embed/tag/{tag}"],
                "checks": {
                    "negative_data_rejection": {"enabled": False},
                    "positive_data_acceptance": {"expected-statuses": ["2xx", 400, 404]},
                },
            },
            {
                # Of all versions one is served.
                "include-path": ["/widget-{version}.js", "/hashtag-history-{version}.js"],
                "checks": {"positive_data_acceptance": {"expected-statuses": ["2xx", 404]}},
            },
        ],
    }
)

schema = schemathesis.openapi.from_path(WEB / "web" / "static" / "openapi.json", config=CONFIG)


@dataclass(frozen=True)
class State:
    """A service, and whether it has ever seen a board."""

    service: Service
    has_boards: bool


@pytest.fixture(scope="module")
def boards() -> Boards:
    return Boards()


def publish(boards: Boards) -> None:
    """Put every board, and one hashtag, into HBase."""
    boards.put_report()
    for row in ROWS:
        more = {"people": 3} if row.startswith(WINDOWS) else ENTRIES.get(row, {})
        boards.put(row, hashtags=entries(100, **more))
    boards.put_hashtag("tea", "Tea", {0: 1, 30: 2})


@pytest.fixture(scope="module", params=["no board yet", "fresh", "HBase lost", "HBase never seen"])
def state(
    request: pytest.FixtureRequest, boards: Boards, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[State]:
    boards.clear()
    has_boards = request.param in ("fresh", "HBase lost")
    if has_boards:
        publish(boards)
    relay = Relay()
    if request.param != "HBase never seen":
        relay.mend()
    service = Service(tmp_path_factory.mktemp("service"), HBASE_THRIFT_PORT=relay.port)
    with running(service, until="/readyz" if has_boards else "/healthz"):
        if request.param == "HBase lost":
            relay.cut()
        yield State(service, has_boards)
    relay.cut()


@schema.parametrize()
def test_every_answer_is_as_described(case: schemathesis.Case, state: State) -> None:
    response = case.call_and_validate(base_url=state.service.url)
    if state.has_boards and "hashtags" not in case.path:
        assert response.status_code != 503
