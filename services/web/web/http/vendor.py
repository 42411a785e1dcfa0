"""`/vendor/`: the libraries of the pages, as their npm packages have them."""

from pathlib import Path

from flask import Blueprint

# Put there when an image is built: services/web/package.json names the files.
FILES = Path("/opt/web/vendor")


def blueprint() -> Blueprint:
    """Return the files of uPlot and Swagger UI."""
    return Blueprint("vendor", __name__, static_folder=FILES, static_url_path="/vendor")
