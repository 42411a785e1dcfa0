"""The JSON API, its parameters and its description."""
