"""The settings that settings.toml declares, by name."""

from write_settings import Setting, load

DECLARED: dict[str, Setting] = {
    setting.name: setting for section in load() for setting in section.settings
}
