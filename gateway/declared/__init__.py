"""Vendors by description: an adapter's class made from a YAML file, so that most vendors need no code."""
