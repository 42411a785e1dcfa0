"""Hashtags looked up by visitors: keys, histories and search."""
