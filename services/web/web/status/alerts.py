"""The alerts service on the status page: whether it reports, and what to do about failures.

Pure functions of its report (docs/contracts/status.schema.json).
"""

from typing import Any

from web.status.facts import SILENT_SECONDS, look_at, span


def is_silent(report: dict[str, Any], silence: int) -> bool:
    """Whether alerts should have reported since; it has `silence` seconds without a report."""
    return report["state"] not in ("off", "stopped") and silence > SILENT_SECONDS


def alerts_advice(report: dict[str, Any], silence: int) -> list[str]:
    """Say what to do about alerts."""
    if report["state"] == "stopped":
        return ["alerts is stopped: make up"]
    if is_silent(report, silence):
        return [f"alerts has not reported for {span(silence)}: {look_at('alerts')}"]
    if report["error"]:
        wrong = f"{', '.join(report['error']['variables'])} {report['error']['rule']}"
        return [f"alerts has a wrong setting: {wrong}: fix .env, then run make up"]
    return [
        f"alerts: URL {position} of ALERT_URLS ({each['service']}) fails: "
        f"{each['error']['message']}. Retrying automatically; to try it now, run make alert-test"
        for position, each in enumerate(report["receivers"], 1)
        if each["error"]
    ]
