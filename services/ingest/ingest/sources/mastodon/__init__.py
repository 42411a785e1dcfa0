"""The home timeline on Mastodon, and on other servers with its API."""
