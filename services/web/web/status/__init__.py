"""The state of each stage, and the page and endpoints that show it."""
