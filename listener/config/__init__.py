"""config.toml, read and checked."""

from listener.config.load import ConfigError, find, load
from listener.config.models import Config, SourceSettings

__all__ = ["Config", "ConfigError", "SourceSettings", "find", "load"]
