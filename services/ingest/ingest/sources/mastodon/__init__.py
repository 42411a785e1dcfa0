"""The home timeline on Mastodon, and on servers that speak its API."""
