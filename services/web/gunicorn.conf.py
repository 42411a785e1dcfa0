"""How gunicorn runs the web service."""

import os
import socket
import struct

from gunicorn import util
from gunicorn.arbiter import Arbiter
from gunicorn.workers.base import Worker

wsgi_app = "web.wsgi:app"
# The port inside the container; compose.yaml says where Docker publishes it.
bind = "0.0.0.0:8080"

# One process has one cache, so a thousand visitors cause no more reads of HBase than one.
# Threads mostly wait, for slow clients or for a lookup of a tag; the work itself is short.
workers = 1
worker_class = "gthread"
threads = 16

# A wrong setting stops the whole process with one message, instead of one worker after another.
preload_app = True

# A widget polls every 10 seconds over one connection, and keeping it open costs almost nothing.
# Each takes a file: compose.yaml sets the limit of open files above this number.
keepalive = 15
worker_connections = 4000

# Less than the 10 seconds that Docker gives a container to stop.
graceful_timeout = 5

# The worker's heartbeat is a file. In memory it is not delayed by a busy disk, and it is writable
# although the root file system is not.
worker_tmp_dir = "/dev/shm"  # noqa: S108
control_socket_disable = True

# TRUSTED_PROXIES decides about headers that anybody can send.
forwarded_allow_ips = ""

# Visitors' addresses are not logged.
accesslog = None


def when_ready(server: Arbiter) -> None:
    """Keep clients from holding a thread with what they do not say.

    A browser opens connections in advance: they are taken when they have something to say. A
    request that stops half-way is given up after 5 seconds.
    """
    for listener in server.LISTENERS:
        listener.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_DEFER_ACCEPT, keepalive)
        # Accepted connections inherit this option.
        listener.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, struct.pack("ll", 5, 0))


def post_worker_init(worker: Worker) -> None:
    """Serve /metrics; from the worker, because a thread would not survive the fork."""
    # Imported late: gunicorn reads this file before it has set the import path.
    from web import metrics
    from web.http.refusal import refusal
    from web.settings import Settings

    metrics.serve(Settings.from_env(os.environ).metrics_port)
    # Otherwise gunicorn answers requests that it cannot parse with its own HTML.
    util.write_error = lambda client, status, _, detail: util.write_nonblock(
        client, refusal(status, detail)
    )
