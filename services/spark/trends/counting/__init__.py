"""Computes counts, windows and boards in the driver, without a clock or a store."""
