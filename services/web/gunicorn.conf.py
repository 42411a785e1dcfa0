"""How gunicorn runs the web service."""

wsgi_app = "web.wsgi:app"
# Of the container; Docker publishes it where compose says.
bind = "0.0.0.0:8080"

# One process: one cache, so HBase is read once a second however many visitors there are.
# Threads only wait for slow clients, the work itself is short.
workers = 1
worker_class = "gthread"
threads = 8

# A wrong setting ends the whole process with one message, not one worker after another.
preload_app = True

# A widget polls every 10 seconds over the connection it has.
keepalive = 15

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
