"""Plain text from the HTML of posts."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.sources.mastodon.html_text import html_to_text


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("", ""),
        ("plain", "plain"),
        ("<p>One</p><p>Two<br>Three<br/>Four<BR />Five</p>", "One\nTwo\nThree\nFour\nFive"),
        ("<p>a <b>bold</b> word</p>", "a bold word"),
        ("<p>&quot;I &lt;3 Tom &amp; J&eacute;r&#244;me&#39;s&quot;</p>", '"I <3 Tom & Jérôme\'s"'),
        ("&amp;lt;p&amp;gt;", "&lt;p&gt;"),
        ("<p>&lt;script&gt;x&lt;/script&gt;</p>", "<script>x</script>"),
        ("<ul><li>one</li><li>two</li></ul>", "one\ntwo"),
        ("<p> many\n\n  spaces\t </p>\n<p></p>", "many spaces"),
        ("1 < 2 and 3 > 2 <3", "1 < 2 and 3 > 2 <3"),
        ("a<!-- note -->b<!DOCTYPE html>c<?xml?>d", "abcd"),
        ("<a href=\"https://a.example/?b>c\" title='d>e'>link</a>", "link"),
        ('<a title="never closed>text</a>', "text"),
        ("<p>an end without <b", "an end without <b"),
        ("&#0;&#xD800;&nosuch;&", "\ufffd\ufffd&nosuch;&"),
        ("<p>日本語 #タグ 🌷</p>", "日本語 #タグ 🌷"),
    ],
)
def test_html_becomes_the_text_that_a_reader_sees(html, text):
    assert html_to_text(html) == text


def test_links_and_hashtags_as_mastodon_writes_them():
    html = (
        '<p>Look: <a href="https://www.a.example/b" rel="nofollow noopener" target="_blank">'
        '<span class="invisible">https://www.</span><span class="ellipsis">a.example</span>'
        '<span class="invisible">/b</span></a> '
        '<a href="https://m.example/tags/Tulips" class="mention hashtag" rel="tag">#<span>Tulips'
        '</span></a> <span class="h-card"><a href="https://m.example/@ada" class="u-url mention">'
        "@<span>ada</span></a></span></p>"
    )
    assert html_to_text(html) == "Look: https://www.a.example/b #Tulips @ada"


@given(st.text(st.sampled_from("<>/!?&;#'\"abp =\n\ud800é-")) | st.text())
def test_any_text_is_read(html):
    text = html_to_text(html)
    assert "\n\n" not in text
    assert text == text.strip()


@given(st.lists(st.text(st.characters(categories=["L", "N"]), min_size=1), min_size=1))
def test_words_in_clean_html_come_back(words):
    assert html_to_text("".join(f"<p><b>{word}</b></p>" for word in words)) == "\n".join(words)


@pytest.mark.parametrize(
    "piece",
    ["<a ", "<a", "<", "</", "<!--", "<![CDATA[", "<?x", "<a b='", '<a b="', "a b=' ", "&", "&#"],
)
def test_unfinished_tags_take_no_time(piece):
    start = time.perf_counter()
    html_to_text("<a" + piece * (300_000 // len(piece)))
    assert time.perf_counter() - start < 2
