"""Reads and writes the HBase tables."""
