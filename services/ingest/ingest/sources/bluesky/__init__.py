"""The home timeline on Bluesky."""
