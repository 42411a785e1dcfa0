"""The web service of Tweet Trends: JSON API, widget and page."""

import os

from flask import Flask
from werkzeug.middleware.proxy_fix import ProxyFix

from web import api, headers, health, pages, problems
from web.cache import BoardCache, Store
from web.settings import Settings
from web.store import HBaseBoards
from web.trends import Trends


def create_app(settings: Settings | None = None, store: Store | None = None) -> Flask:
    """Put the service together; by default from the environment, reading from HBase.

    Nothing is connected here: HBase is first asked when a visitor asks.
    """
    settings = settings or Settings.from_env(os.environ)
    store = store or HBaseBoards(settings.hbase_thrift_host, settings.hbase_thrift_port)
    source = Trends(BoardCache(store), settings)

    app = Flask(__name__)
    app.register_blueprint(api.blueprint(source))
    app.register_blueprint(pages.blueprint(source, settings.refresh_seconds))
    app.register_blueprint(health.blueprint(source))
    problems.init_app(app)
    headers.init_app(app, settings.embed_allowed_origins)
    _trust_proxies(app, settings.trusted_proxies)
    return app


def _trust_proxies(app: Flask, hops: int) -> None:
    """Believe X-Forwarded-* of exactly so many proxies; anybody can send these headers."""
    if hops:
        app.wsgi_app = ProxyFix(  # type: ignore[method-assign]
            app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops, x_port=hops, x_prefix=hops
        )
