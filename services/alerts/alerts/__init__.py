"""Sends a message when a hashtag enters a board."""
