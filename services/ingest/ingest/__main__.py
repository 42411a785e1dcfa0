"""Composition: settings, logging, one thread a source, and a clean end."""

import logging
import os
import signal
import sys
import time
from pathlib import Path
from threading import Thread

from prometheus_client import start_http_server

from ingest.environment import SettingsError
from ingest.kafka.publisher import Publisher
from ingest.kafka.topics import topics
from ingest.lifecycle import Life, Stopping
from ingest.poller import Poller
from ingest.settings import Settings, read_settings, thrift_address
from ingest.sources import make_source
from ingest.sources.base import Source
from ingest.status import News, StatusWriter

log = logging.getLogger("ingest")

# The container's tmpfs; its health check looks at the file's age.
HEARTBEAT = Path("/tmp/alive")  # noqa: S108
# Docker kills after 10 s; a poll that hangs longer than this has not moved its cursor.
GRACE_SECONDS = 8.0
WRONG_SETTING = 2
# So often a setting that is wrong is looked at again.
LOOK_SECONDS = 5.0
# These print signatures and tokens at DEBUG.
CHATTY = ("tweepy", "requests_oauthlib", "oauthlib", "urllib3", "httpx", "httpcore")


class LineFormatter(logging.Formatter):
    """One line an event, also for a traceback."""

    converter = staticmethod(time.gmtime)
    default_time_format = "%Y-%m-%dT%H:%M:%S"
    default_msec_format = "%s.%03dZ"

    def format(self, record: logging.LogRecord) -> str:
        """Return the record with its line ends escaped."""
        return super().format(record).replace("\n", "\\n")


def main() -> int:
    """Run until SIGTERM; the exit status is 0, or 2 for a wrong setting."""
    started_at = time.time()
    set_up_logging()
    HEARTBEAT.unlink(missing_ok=True)
    life = Life(HEARTBEAT)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: life.stop.set())
    news = News(started_at)
    writer = StatusWriter(*thrift_address(os.environ), news.document, life)
    status = Thread(target=writer.run, daemon=True)
    ready = None
    try:
        ready = prepare()
    except SettingsError as error:
        log.error("event=wrong_setting: %s", error)
        if sys.stdin.isatty():
            return WRONG_SETTING
        news.error = error
    status.start()
    ready = ready or when_mended(news, life)
    if ready is None:
        status.join(GRACE_SECONDS)
        return WRONG_SETTING
    log.info("event=settings %s", ready[0])
    return run(*ready, news, status, life)


def prepare() -> tuple[Settings, list[Source]]:
    """Make all that settings decide on; raise SettingsError for the first that is wrong."""
    settings = read_settings(os.environ)
    logging.getLogger("ingest").setLevel(settings.log_level)
    sources = [
        make_source(name, given, settings.common) for name, given in settings.sources.items()
    ]
    serve_metrics(settings.metrics_port)
    return settings, sources


def when_mended(news: News, life: Life) -> tuple[Settings, list[Source]] | None:
    """Idle until the settings are right, as a file that one names may change; None at a stop.

    An exit would be restarted again and again by the restart policy. Idle, without a heartbeat,
    the container is shown as unhealthy, and its log and the status say why.
    """
    while not life.stop.wait(LOOK_SECONDS):
        try:
            ready = prepare()
        except SettingsError as error:
            if str(error) != str(news.error):
                log.error("event=wrong_setting: %s", error)
            news.error = error
        else:
            news.error = None
            return ready
    return None


def set_up_logging() -> None:
    """To standard output; of the libraries what is a WARNING or worse."""
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(LineFormatter("%(asctime)s %(levelname)s %(name)s %(message)s"))
    logging.basicConfig(level=logging.WARNING, handlers=[handler])
    logging.getLogger("ingest").setLevel(logging.INFO)
    # It tells of every try to connect, several times; event=kafka_failed says it once.
    logging.getLogger("kafka").setLevel(logging.CRITICAL)
    for name in CHATTY:
        logging.getLogger(name).setLevel(logging.INFO)


def serve_metrics(port: int) -> None:
    """Serve /metrics on every interface; raise SettingsError when the port is taken."""
    try:
        start_http_server(port)
    except OSError as error:
        raise SettingsError("METRICS_PORT", f"must be a free port ({error})", str(port)) from error


def run(settings: Settings, sources: list[Source], news: News, status: Thread, life: Life) -> int:
    """One thread a source; once all are finished, stay for the restart policy's sake."""
    known = topics(settings.topic_partitions, settings.kafka_retention_hours)
    publisher = Publisher(settings.kafka_bootstrap_servers, known, life)
    pollers = [
        Poller(source, publisher, life, count_reposts=settings.count_reposts) for source in sources
    ]
    news.sources, news.kafka = [poller.report for poller in pollers], publisher.report
    threads = [Thread(target=poller.run, daemon=True) for poller in pollers]
    for thread in threads:
        thread.start()
    try:
        wait_for_end(threads, life)
    except Stopping:
        log.info("event=stopping")
    life.stop.set()
    deadline = time.monotonic() + GRACE_SECONDS
    for thread in (*threads, status):
        thread.join(max(0.0, deadline - time.monotonic()))
    if not any(thread.is_alive() for thread in threads):
        publisher.close()
    return 0


def wait_for_end(threads: list[Thread], life: Life) -> None:
    """Return in a terminal when all is read; elsewhere raise Stopping, whenever that is."""
    while any(thread.is_alive() for thread in threads):
        if life.stop.wait(0.5):
            raise Stopping
    while not sys.stdin.isatty():
        life.pause(60)


if __name__ == "__main__":
    # Not sys.exit: a hanging poll's thread or the Kafka client's exit hook must not delay it.
    status = main()
    logging.shutdown()
    os._exit(status)
