"""Where posts come from: a folder a source."""
