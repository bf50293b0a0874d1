"""YAML documents as checked values, with the place of each for error messages."""
