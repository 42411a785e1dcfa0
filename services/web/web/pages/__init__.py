"""The pages people visit."""
