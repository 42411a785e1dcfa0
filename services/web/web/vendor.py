"""`/vendor/`: the chart library, as its npm package has it."""

from pathlib import Path

from flask import Blueprint

# Put there when an image is built, by services/web/package-lock.json.
_UPLOT = Path("/opt/web/node_modules/uplot/dist")


def blueprint() -> Blueprint:
    """Return the files of uPlot."""
    return Blueprint("vendor", __name__, static_folder=_UPLOT, static_url_path="/vendor")
