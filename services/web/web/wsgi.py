"""What gunicorn starts: settings, log and app, in this order."""

import logging
import os
import signal
import sys

from web import create_app
from web.settings import Settings, SettingsError


def _refuse(error: SettingsError) -> None:
    """Say what is wrong with a setting, and serve nothing until somebody has fixed it.

    An exit would only be restarted, again and again, by the restart policy; so a container idles,
    unhealthy, until it is stopped.
    """
    print(f"web: {error}", file=sys.stderr, flush=True)  # noqa: T201 -- no log is set up yet
    if not sys.stdin.isatty():
        stops = {signal.SIGTERM, signal.SIGINT}
        signal.pthread_sigmask(signal.SIG_BLOCK, stops)
        signal.sigwait(stops)
    sys.exit(2)


try:
    _settings = Settings.from_env(os.environ)
except SettingsError as mistake:
    _refuse(mistake)

logging.basicConfig(level=_settings.log_level, format="%(levelname)s %(name)s: %(message)s")
logging.getLogger("web").info("%s", _settings)

app = create_app(_settings)
