"""How gunicorn runs the web service."""

import os
import socket
import struct

from gunicorn import util
from gunicorn.arbiter import Arbiter
from gunicorn.workers.base import Worker

wsgi_app = "web.wsgi:app"
# Of the container; Docker publishes it where compose says.
bind = "0.0.0.0:8080"

# One process: one cache, so HBase is read as often for one visitor as for a thousand.
# Threads only wait, for slow clients and while a tag is looked up; the work itself is short.
workers = 1
worker_class = "gthread"
threads = 16

# A wrong setting ends the whole process with one message, not one worker after another.
preload_app = True

# A widget polls every 10 seconds over the connection it has, and a connection that is kept costs
# next to nothing. Each is a file: compose.yaml allows for more of those.
keepalive = 15
worker_connections = 4000

# Less than the 10 seconds that Docker leaves a container to stop.
graceful_timeout = 5

# The worker's sign of life is a file: kept in memory, a busy disk cannot delay it, and it is
# writable where the root file system is not.
worker_tmp_dir = "/dev/shm"  # noqa: S108
control_socket_disable = True

# Headers that anybody can send are left to TRUSTED_PROXIES.
forwarded_allow_ips = ""

# Addresses of visitors are nobody's business.
accesslog = None


def when_ready(server: Arbiter) -> None:
    """Keep clients from holding a thread with what they do not say.

    A browser opens connections in advance: they are taken when they have something to say. A
    request that stops half-way is given up after 5 seconds.
    """
    for listener in server.LISTENERS:
        listener.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_DEFER_ACCEPT, keepalive)
        # The connections inherit it.
        listener.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, struct.pack("ll", 5, 0))


def post_worker_init(worker: Worker) -> None:
    """Serve /metrics; from the worker, because a thread would not survive the fork."""
    # Imported late: gunicorn reads this file before it knows where the service is.
    from web import metrics
    from web.http.refusal import refusal
    from web.settings import Settings

    metrics.serve(Settings.from_env(os.environ).metrics_port)
    # What it cannot read as a request gunicorn would answer with HTML of its own.
    util.write_error = lambda client, status, _, detail: util.write_nonblock(
        client, refusal(status, detail)
    )
