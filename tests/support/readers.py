"""Reads a service's settings as the service itself does."""

from collections.abc import Callable, Mapping
from typing import Any

from alerts.environment import SettingsError as AlertsError
from alerts.settings import read_settings as read_alerts
from ingest.environment import SettingsError as IngestError
from ingest.settings import read_settings as read_ingest
from trends.settings import Settings as TrendsSettings
from trends.settings import SettingsError as TrendsError
from web.settings import Settings as WebSettings
from web.settings import SettingsError as WebError

READ: dict[str, Callable[[Mapping[str, str]], Any]] = {
    "alerts": read_alerts,
    "ingest": read_ingest,
    "trends": TrendsSettings.from_environment,
    "web": WebSettings.from_env,
}
"""By compose service; each raises one of REFUSALS for a wrong value."""

REFUSALS = (AlertsError, IngestError, TrendsError, WebError)
