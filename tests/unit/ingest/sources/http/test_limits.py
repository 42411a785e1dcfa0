"""What an answer may not exceed. The time is tested with each network's faults."""

import json
import time

import pytest

from ingest.sources.http.limits import MAX_OBJECTS, MAX_RESPONSE_BYTES, TooLargeError, read_whole

MB = 1_000_000


def test_an_answer_is_put_together():
    assert read_whole([b"[", b"", b"1]"]) == b"[1]"
    assert len(read_whole([b" " * MB] * (MAX_RESPONSE_BYTES // MB))) == MAX_RESPONSE_BYTES


def test_an_endless_answer_is_left_at_the_limit():
    def endless():
        nonlocal pieces
        while True:
            pieces += 1
            yield b" " * MB

    pieces = 0
    with pytest.raises(TooLargeError, match="10 MB"):
        read_whole(endless())
    assert pieces == MAX_RESPONSE_BYTES // MB + 1


@pytest.mark.parametrize("item", [b"{}", b"[]", b'{"a":1}', b'["\\"",1]'])
def test_many_objects_are_too_much_although_they_are_short(item):
    assert read_whole([item * 1000])
    with pytest.raises(TooLargeError, match="objects"):
        read_whole([b"[", (item + b",") * MAX_OBJECTS, b"]"])


@pytest.mark.parametrize("end", [b"", b"\\", b'"'])
def test_an_open_string_takes_no_time(end):
    began = time.monotonic()
    with pytest.raises(TooLargeError, match="objects"):
        read_whole([b"[" * (MAX_OBJECTS + 1) + b'"' + b'\\"' * MB + end])
    assert time.monotonic() - began < 5


@pytest.mark.parametrize("text", ["[" * 2 * MB, '{"' * MB, '\\"[' * MB, "{}\n" * MB])
def test_what_stands_in_a_text_is_no_object(text):
    body = json.dumps({"data": [{"text": text}]}).encode()
    began = time.monotonic()
    assert read_whole([body]) == body
    assert time.monotonic() - began < 5
