"""Entry point: settings, logging, the main loop, and a clean shutdown; or a test message."""

import logging
import os
import signal
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from prometheus_client import start_http_server

from alerts import receivers, status
from alerts.deliveries import Deliveries
from alerts.environment import SettingsError
from alerts.lifecycle import Shutdown, ShutdownRequested
from alerts.memory import Message
from alerts.message import TEST, Links
from alerts.receivers import DeliveryError
from alerts.settings import URLS, Settings, read_settings, status_gateway
from alerts.status import Status
from alerts.store import Store
from alerts.watcher import STATUS_SECONDS, Plan, Watcher, forget

log = logging.getLogger("alerts")

# On the container's tmpfs; the health check reads the file's age.
HEARTBEAT = Path(tempfile.gettempdir()) / "alive"
FAILED, WRONG_SETTING = 1, 2


class LineFormatter(logging.Formatter):
    """Writes each event on one line, tracebacks included."""

    converter = staticmethod(time.gmtime)
    default_time_format = "%Y-%m-%dT%H:%M:%S"
    default_msec_format = "%s.%03dZ"

    def format(self, record: logging.LogRecord) -> str:
        """Format the record with its newlines escaped."""
        return super().format(record).replace("\n", "\\n")


def main(arguments: Sequence[str]) -> int:
    """Run until SIGTERM or SIGINT, or with `test` send a test message; return the exit status."""
    with tempfile.TemporaryDirectory() as folder:
        return send_test(Path(folder)) if list(arguments) == ["test"] else watch(Path(folder))


def watch(folder: Path) -> int:
    """Run until SIGTERM or SIGINT; return 0, or 2 for a wrong setting."""
    started_at = time.time()
    set_up_logging()
    HEARTBEAT.unlink(missing_ok=True)
    shutdown = Shutdown()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: shutdown.stop.set())
    store = Store(status_gateway(os.environ), shutdown)
    try:
        settings = read_settings(os.environ)
        variables = settings.egress.variables(folder)
        services = receivers.check(settings.urls, variables)
        serve_metrics(settings.metrics_port)
    except SettingsError as error:
        log.error("event=wrong_setting: %s", error)
        idle(store, Status(status.WRONG_SETTING, started_at, error=error), shutdown)
        return WRONG_SETTING
    shutdown.heartbeat_file = HEARTBEAT
    logging.getLogger("alerts").setLevel(settings.log_level)
    if not settings.urls:
        log.info("event=off: %s is not set, so no messages are sent", URLS)
        stay_off(store, started_at, shutdown)
        return 0
    log.info("event=settings receivers=%s %s", services, settings)
    run(settings, services, variables, store, shutdown)
    return 0


def run(
    settings: Settings,
    services: list[str],
    variables: dict[str, str],
    store: Store,
    shutdown: Shutdown,
) -> None:
    """Watch the boards until a stop."""

    def send(receiver: int, each: Message) -> None:
        receivers.send(settings.urls[receiver - 1], each.title, each.body, variables)

    links = Links(settings.public_url, settings.mastodon_url)
    plan = Plan(settings.rules, settings.quiet_hours * 3600, links, tuple(services))
    Watcher(plan, store, Deliveries(send, services, shutdown), shutdown).run()


def stay_off(store: Store, started_at: float, shutdown: Shutdown) -> None:
    """Forget what waits, report once that there is nothing to do, and then wait for a stop."""
    with suppress(ShutdownRequested):
        off = Status(status.OFF, started_at, memory=forget(store))
        store.write_status(status.to_json(off.document(), time.time()))
        store.close()
        while True:
            shutdown.sleep(3600)


def idle(store: Store, wrong: Status, shutdown: Shutdown) -> None:
    """Report a wrong setting until a stop.

    Exiting instead would put the container in a restart loop. Without a heartbeat it is shown as
    unhealthy, and the log and the status say why.
    """
    with suppress(ShutdownRequested):
        while True:
            store.write_status(status.to_json(wrong.document(), time.time()))
            shutdown.sleep(STATUS_SECONDS)


def send_test(folder: Path) -> int:
    """Send a test message to each receiver and print how it went; return 1 if one failed."""
    try:
        settings = read_settings(os.environ)
        variables = settings.egress.variables(folder)
        services = receivers.check(settings.urls, variables)
    except SettingsError as error:
        print(f"{error}. Fix it in .env.")
        return WRONG_SETTING
    if not settings.urls:
        print(f"{URLS} is not set: docs/alerts.md explains how to set it in .env.")
        return WRONG_SETTING
    failed = False
    for position, (url, service) in enumerate(zip(settings.urls, services, strict=True), 1):
        try:
            receivers.send(url, TEST.title, TEST.body, variables)
            print(f"URL {position} ({service}): sent")
        except DeliveryError as error:
            print(f"URL {position} ({service}): not sent, {error}")
            failed = True
    return FAILED if failed else 0


def serve_metrics(port: int) -> None:
    """Serve /metrics on all interfaces; raise SettingsError if the port is taken."""
    try:
        start_http_server(port)
    except OSError as error:
        raise SettingsError("METRICS_PORT", f"must be a free port ({error})", str(port)) from error


def set_up_logging() -> None:
    """Log to standard output; libraries default to WARNING and above."""
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(LineFormatter("%(asctime)s %(levelname)s %(name)s %(message)s"))
    logging.basicConfig(level=logging.WARNING, handlers=[handler])
    logging.getLogger("alerts").setLevel(logging.INFO)


if __name__ == "__main__":
    # Not sys.exit, which could be held up by a delivery that hangs.
    exit_status = main(sys.argv[1:])
    logging.shutdown()
    sys.stdout.flush()
    os._exit(exit_status)
