"""Runs in the driver, without a clock or a store: counts, windows and boards."""
