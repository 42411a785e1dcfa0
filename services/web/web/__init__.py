"""The web service of Tweet Trends: JSON API, widget and page."""

import os
from typing import Protocol

from flask import Flask
from werkzeug.middleware.proxy_fix import ProxyFix

from web import metrics
from web.api import openapi, routes
from web.boards.cache import BoardCache, Store
from web.boards.repeats import Repeats
from web.boards.trends import Trends
from web.embed import badge, bundle, feeds, hashtag_history, oembed, tag_page, widget
from web.hashtags.hidden_cache import HiddenCache, HiddenStore
from web.hashtags.histories import Hashtags
from web.hashtags.history_cache import HashtagCache, HashtagStore
from web.hashtags.search import Search, SearchCache, SearchStore
from web.hbase import HBaseBoards, HBaseHashtags
from web.http import address, compression, headers, problems, site, vendor
from web.pages import page
from web.settings import Settings
from web.status import health
from web.status import page as status_page


class BoardStore(Store, HiddenStore, Protocol):
    """Where boards and reports come from, and which tags are hidden."""


class TagStore(HashtagStore, SearchStore, Protocol):
    """Where all comes from that is known of tags."""


def create_app(
    settings: Settings | None = None,
    store: BoardStore | None = None,
    hashtag_store: TagStore | None = None,
) -> Flask:
    """Put the service together; by default from the environment, reading from HBase.

    Nothing is connected here: HBase is first asked when a visitor asks.
    """
    settings = settings or Settings.from_env(os.environ)
    boards = BoardCache(store or HBaseBoards(settings.hbase))
    source = Trends(boards, settings)
    # Connections of their own, so that none of these waits for another.
    hidden = HiddenCache(store or HBaseBoards(settings.hbase), settings.hide_hashtags)
    hashtags = Hashtags(HashtagCache(hashtag_store or HBaseHashtags(settings.hbase)), hidden.get)
    search = Search(
        SearchCache(hashtag_store or HBaseHashtags(settings.hbase)), boards.keys, hidden.get
    )

    app = Flask(__name__)
    app.config[address.PUBLIC_URL] = settings.public_url
    # A path with a slash too many is another path: to redirect, the outer address had to be known.
    app.url_map.merge_slashes = False
    metrics.init_app(app)
    app.register_blueprint(routes.blueprint(source, hashtags, search))
    app.register_blueprint(page.blueprint(source, settings.refresh_seconds, settings.mastodon_url))
    app.register_blueprint(bundle.blueprint(widget.script()))
    app.register_blueprint(bundle.blueprint(hashtag_history.script()))
    app.register_blueprint(tag_page.blueprint(source, hashtags))
    app.register_blueprint(vendor.blueprint())
    app.register_blueprint(status_page.blueprint(source))
    app.register_blueprint(badge.blueprint(source, settings.refresh_seconds))
    app.register_blueprint(feeds.blueprint(source))
    app.register_blueprint(oembed.blueprint())
    app.register_blueprint(openapi.blueprint())
    app.register_blueprint(site.blueprint(settings.robots_index))
    app.register_blueprint(health.blueprint(source))
    problems.init_app(app)
    compression.init_app(app)
    headers.init_app(app, settings.embed_allowed_origins, settings.robots_index)
    app.wsgi_app = Repeats(app.wsgi_app, source)  # type: ignore[method-assign]
    _trust_proxies(app, settings.trusted_proxies)
    return app


def _trust_proxies(app: Flask, hops: int) -> None:
    """Believe X-Forwarded-* of exactly so many proxies; anybody can send these headers."""
    if hops:
        app.wsgi_app = ProxyFix(  # type: ignore[method-assign]
            app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops, x_port=hops, x_prefix=hops
        )
