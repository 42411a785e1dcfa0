"""Messages through Apprise to real receivers on loopback."""

import ssl

import pytest
import trustme

from alerts import egress
from alerts.egress import Egress
from alerts.notify import Apprise, check, send
from fakes.receivers import MailServer, Webhook

SECRET = "canary"

# Those of Apprise's many plug-ins.
pytestmark = pytest.mark.filterwarnings("ignore")


@pytest.fixture
def webhook():
    with Webhook() as found:
        yield found


@pytest.fixture
def mail():
    with MailServer() as found:
        yield found


def test_a_webhook_gets_json(webhook):
    assert send(webhook.url, "#Café is rising", "#Café: 9 people\nhttps://x.example") is None
    (said,) = webhook.taken
    assert said["title"] == "#Café is rising"
    assert said["message"] == "#Café: 9 people\nhttps://x.example"
    assert said["type"] == "info"


def test_a_mail_has_title_and_text(mail):
    body = "#東京: 9 people\nhttps://x.example/?a=1&b=2"
    assert send(mail.url, "#Café is rising", body) is None
    (said,) = mail.mails
    assert said["subject"] == "#Café is rising"
    assert said["to"] == "me@example.org"
    text = said.get_body(("plain", "html")).get_content()
    assert "#東京: 9 people" in text and "https://x.example/?a=1&" in text


@pytest.mark.parametrize("status", [404, 500, 301])
def test_a_status_is_said(webhook, status):
    webhook.faults = [status]
    assert send(webhook.url, "t", "b") == f"it answered with status {status}"


def test_a_mail_that_is_refused_is_an_error(mail):
    mail.refuse = 1
    assert send(mail.url, "t", "b") == "it did not take the message"
    assert send(mail.url, "t", "b") is None
    assert len(mail.mails) == 1


def test_nobody_there_is_an_error():
    reason = "it could not be reached, or did not answer"
    assert send(f"json://u:{SECRET}@127.0.0.1:9/", "t", "b") == reason


def test_urls_are_checked_and_named():
    urls = ["json://a.example", "ntfys://ntfy.example/topic", "mailto://u:p@gmail.com"]
    assert check(urls) == ["JSON", "ntfy", "E-Mail"]


@pytest.mark.parametrize("wrong", [f"nothing://{SECRET}", f"slack://{SECRET}", "mailto://"])
def test_a_url_that_apprise_cannot_use_has_no_name(wrong):
    assert check(["json://a.example", wrong]) == ["JSON", None]
    assert send(wrong, "t", "b") == "Apprise cannot use its URL"


def test_nor_has_one_that_makes_apprise_fail(monkeypatch):
    def fail(*_, **__):
        raise KeyError(SECRET)

    monkeypatch.setattr(Apprise, "instantiate", fail)
    assert check([f"json://{SECRET}"]) == [None]


def test_an_authority_of_one_s_own_is_trusted_besides_the_public_ones(
    webhook, tmp_path, monkeypatch
):
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    webhook.socket = context.wrap_socket(
        webhook.socket, server_side=True, do_handshake_on_connect=False
    )
    url = webhook.url.replace("json:", "jsons:")
    assert send(url, "t", "b") is not None
    trusted = Egress(authority.cert_pem.bytes().decode()).variables(tmp_path)
    for name, value in trusted.items():
        monkeypatch.setenv(name, value)
    assert send(url, "t", "b") is None
    assert len(webhook.taken) == 1
    assert egress.certifi.contents() in (tmp_path / "authorities.pem").read_text()
