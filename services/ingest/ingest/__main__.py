"""Entry point: settings, logging, one thread per source, and a clean shutdown."""

import logging
import os
import signal
import sys
import time
from contextlib import ExitStack
from pathlib import Path
from threading import Thread

from prometheus_client import start_http_server

from ingest.environment import SettingsError
from ingest.kafka.publisher import Publisher
from ingest.kafka.topics import topics
from ingest.lifecycle import Shutdown, ShutdownRequested
from ingest.poller import Poller
from ingest.settings import Settings, read_settings, status_gateway
from ingest.sources import make_source
from ingest.sources.base import Source
from ingest.status import CurrentStatus, StatusWriter

log = logging.getLogger("ingest")

Ready = tuple[Settings, list[Source]]

# On the container's tmpfs; the health check reads the file's age.
HEARTBEAT = Path("/tmp/alive")  # noqa: S108
# Docker kills after 10 s. A poll that hangs longer can be abandoned: its cursor has not moved.
GRACE_SECONDS = 8.0
WRONG_SETTING = 2
# How often to check whether a wrong setting has been fixed.
RECHECK_SECONDS = 5.0


class LineFormatter(logging.Formatter):
    """Writes each event on one line, tracebacks included."""

    converter = staticmethod(time.gmtime)
    default_time_format = "%Y-%m-%dT%H:%M:%S"
    default_msec_format = "%s.%03dZ"

    def format(self, record: logging.LogRecord) -> str:
        """Format the record with its newlines escaped."""
        return super().format(record).replace("\n", "\\n")


def main() -> int:
    """Run until SIGTERM or SIGINT; return the exit status: 0, or 2 for a wrong setting."""
    started_at = time.time()
    set_up_logging()
    HEARTBEAT.unlink(missing_ok=True)
    shutdown = Shutdown(HEARTBEAT)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: shutdown.stop.set())
    current = CurrentStatus(started_at)
    writer = StatusWriter(status_gateway(os.environ), current.document, shutdown)
    status = Thread(target=writer.run, daemon=True)
    ready = None
    try:
        ready = prepare()
    except SettingsError as error:
        log.error("event=wrong_setting: %s", error)
        if sys.stdin.isatty():
            return WRONG_SETTING
        current.error = error
    status.start()
    ready = ready or wait_for_valid_settings(current, shutdown)
    if ready is None:
        status.join(GRACE_SECONDS)
        return WRONG_SETTING
    log.info("event=settings %s", ready[0])
    return run(*ready, current, status, shutdown)


def prepare() -> Ready:
    """Read the settings, make the sources and start the metrics server.

    Raises SettingsError for the first wrong setting.
    """
    settings = read_settings(os.environ)
    logging.getLogger("ingest").setLevel(settings.log_level)
    with ExitStack() as made:
        sources: list[Source] = []
        for name, given in settings.sources.items():
            sources.append(make_source(name, given, settings.common))
            made.callback(sources[-1].close)
        serve_metrics(settings.metrics_port)
        made.pop_all()
    return settings, sources


def wait_for_valid_settings(current: CurrentStatus, shutdown: Shutdown) -> Ready | None:
    """Idle until the settings are valid; return None if a stop is requested first.

    They can become valid when a file that a setting names changes. Exiting instead would put the
    container in a restart loop. Idling sends no heartbeat, so the container is shown as unhealthy,
    and the log and the status say why.
    """
    while not shutdown.stop.wait(RECHECK_SECONDS):
        try:
            ready = prepare()
        except SettingsError as error:
            if str(error) != str(current.error):
                log.error("event=wrong_setting: %s", error)
            current.error = error
        else:
            current.error = None
            return ready
    return None


def set_up_logging() -> None:
    """Log to standard output; libraries default to WARNING and above."""
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(LineFormatter("%(asctime)s %(levelname)s %(name)s %(message)s"))
    logging.basicConfig(level=logging.WARNING, handlers=[handler])
    logging.getLogger("ingest").setLevel(logging.INFO)
    # It logs every connection attempt several times; event=kafka_failed reports it once.
    logging.getLogger("kafka").setLevel(logging.CRITICAL)


def serve_metrics(port: int) -> None:
    """Serve /metrics on all interfaces; raise SettingsError if the port is taken."""
    try:
        start_http_server(port)
    except OSError as error:
        raise SettingsError("METRICS_PORT", f"must be a free port ({error})", str(port)) from error


def run(
    settings: Settings,
    sources: list[Source],
    current: CurrentStatus,
    status: Thread,
    shutdown: Shutdown,
) -> int:
    """Run one thread per source until a stop, or in a terminal until all have finished."""
    known = topics(settings.topic_partitions, settings.kafka_retention_hours)
    publisher = Publisher(settings.kafka, known, shutdown)
    pollers = [
        Poller(source, publisher, shutdown, count_reposts=settings.count_reposts)
        for source in sources
    ]
    current.sources, current.kafka = [poller.report for poller in pollers], publisher.report
    threads = [Thread(target=poller.run, daemon=True) for poller in pollers]
    for thread in threads:
        thread.start()
    try:
        wait_for_end(threads, shutdown)
    except ShutdownRequested:
        log.info("event=stopping")
    shutdown.stop.set()
    deadline = time.monotonic() + GRACE_SECONDS
    for thread in (*threads, status):
        thread.join(max(0.0, deadline - time.monotonic()))
    if not any(thread.is_alive() for thread in threads):
        publisher.close()
    return 0


def wait_for_end(threads: list[Thread], shutdown: Shutdown) -> None:
    """Wait for all sources to finish and then, outside a terminal, for a stop.

    Outside a terminal, an exit would make the restart policy start the container again. Raises
    ShutdownRequested at a stop.
    """
    while any(thread.is_alive() for thread in threads):
        if shutdown.stop.wait(0.5):
            raise ShutdownRequested
    while not sys.stdin.isatty():
        shutdown.sleep(60)


if __name__ == "__main__":
    # Not sys.exit, which a hung poll's thread or the Kafka client's exit hook could delay.
    status = main()
    logging.shutdown()
    os._exit(status)
