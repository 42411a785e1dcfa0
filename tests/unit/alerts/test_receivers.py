"""Messages through Apprise to real receivers on loopback."""

import ssl

import pytest
import trustme

from alerts import egress, receivers
from alerts.egress import Egress
from alerts.environment import SettingsError
from alerts.receivers import DeliveryError, check, send
from fakes.receivers import MailServer, Webhook

SECRET = "canary"


@pytest.fixture
def webhook():
    with Webhook() as found:
        yield found


@pytest.fixture
def mail():
    with MailServer() as found:
        yield found


def test_a_webhook_gets_json(webhook):
    send(webhook.url, "#Café is rising", "#Café: 9 people\nhttps://x.example", {})
    (said,) = webhook.taken
    assert said["title"] == "#Café is rising"
    assert said["message"] == "#Café: 9 people\nhttps://x.example"
    assert said["type"] == "info"


def test_a_mail_has_title_and_text(mail):
    send(mail.url, "#Café is rising", "#東京: 9 people\nhttps://x.example/?a=1&b=2", {})
    (said,) = mail.mails
    assert said["subject"] == "#Café is rising"
    assert said["to"] == "me@example.org"
    text = said.get_body(("plain", "html")).get_content()
    assert "#東京: 9 people" in text and "https://x.example/?a=1&" in text


@pytest.mark.parametrize("status", [404, 500, 301])
def test_a_status_is_said(webhook, status):
    webhook.faults = [status]
    with pytest.raises(DeliveryError, match=f"^it answered with status {status}$"):
        send(webhook.url, "t", "b", {})


def test_a_mail_that_is_refused_is_an_error(mail):
    mail.refuse = 1
    with pytest.raises(DeliveryError):
        send(mail.url, "t", "b", {})
    send(mail.url, "t", "b", {})
    assert len(mail.mails) == 1


def test_nobody_there_is_an_error():
    with pytest.raises(DeliveryError, match=r"^it could not be reached, or did not answer$"):
        send(f"json://u:{SECRET}@127.0.0.1:9/", "t", "b", {})


def test_an_answer_that_never_ends_is_cut_off(webhook, monkeypatch):
    monkeypatch.setattr(receivers, "DEADLINE_SECONDS", 8.0)
    webhook.faults = [0.1]
    with pytest.raises(DeliveryError, match="did not answer within 8 seconds") as error:
        send(webhook.url, "t", "b", {})
    assert error.value.__cause__ is None and error.value.__suppress_context__


def test_an_order_that_makes_apprise_fail_says_nothing_of_it():
    with pytest.raises(DeliveryError, match=r"^Apprise failed$"):
        receivers._ask({"no": SECRET}, {})


def test_urls_are_checked_and_named():
    urls = ["json://a.example", "ntfys://ntfy.example/topic", "mailto://u:p@gmail.com"]
    assert check(urls, {}) == ["JSON", "ntfy", "E-Mail"]
    assert check([], {}) == []


@pytest.mark.parametrize("wrong", [f"nothing://{SECRET}", f"slack://{SECRET}", "mailto://"])
def test_a_wrong_url_is_named_by_its_position(wrong):
    with pytest.raises(SettingsError) as error:
        check(["json://a.example", wrong], {})
    rule = "ALERT_URLS has a wrong URL at position 2: Apprise cannot use it, see docs/alerts.md"
    assert str(error.value) == rule


def test_an_authority_of_one_s_own_is_trusted_besides_the_public_ones(webhook, tmp_path):
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    webhook.socket = context.wrap_socket(
        webhook.socket, server_side=True, do_handshake_on_connect=False
    )
    url = webhook.url.replace("json:", "jsons:")
    with pytest.raises(DeliveryError):
        send(url, "t", "b", {})
    trusted = Egress(authority.cert_pem.bytes().decode()).variables(tmp_path)
    send(url, "t", "b", trusted)
    assert len(webhook.taken) == 1
    assert egress.certifi.contents() in (tmp_path / "authorities.pem").read_text()
