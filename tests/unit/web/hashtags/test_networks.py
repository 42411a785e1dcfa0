import pytest

from web.hashtags.networks import tag_page, tag_pages

X = ("X", "https://x.com/hashtag/")
BLUESKY = ("Bluesky", "https://bsky.app/hashtag/")
SERVER = "https://social.example/"
MASTODON = ("Mastodon", "https://social.example/tags/")


@pytest.mark.parametrize(
    ("sources", "pages"),
    [
        ([], []),
        (["x"], [X]),
        (["bluesky", "mastodon", "x"], [X, MASTODON, BLUESKY]),
        (["mastodon"], [MASTODON]),
        (["demo"], [X]),
        (["replay", "mastodon"], [MASTODON]),
    ],
)
def test_each_network_of_a_board_has_a_page_for_its_tags(
    sources: list[str], pages: list[tuple[str, str]]
) -> None:
    assert tag_pages(sources, SERVER) == pages
    assert tag_pages(sources, SERVER.rstrip("/")) == pages


@pytest.mark.parametrize(
    ("sources", "page"),
    [
        ([], X),
        (["demo"], X),
        (["bluesky", "mastodon", "x"], X),
        (["mastodon", "bluesky"], BLUESKY),
        (["replay", "mastodon"], MASTODON),
    ],
)
def test_a_row_leads_to_one_of_them(sources: list[str], page: tuple[str, str]) -> None:
    assert tag_page(sources, SERVER) == page[1]
