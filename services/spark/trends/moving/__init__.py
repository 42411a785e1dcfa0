"""Moves what the stack keeps from one set of engines to another, as a file of JSON lines.

docs/contracts/export.md describes the file.
"""
