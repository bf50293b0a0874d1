"""What `opentelemetry-instrument` is told of our command line, by an entry point; nothing of ours imports it.

It reads all options, also those of the program that it runs, and Python 3.11 lets it take `--config` for the beginning
of two of its own. An option of this very name is none of them.
"""

OTEL_PYTHON_CONFIG = "OTEL_PYTHON_CONFIG"
"""Makes `--config` an option that it knows: it leaves it to the program, which is named before. Nobody reads it."""
