"""Boards: parsed, cached and answered."""
