"""`python -m gateway.cli`, the same as `points-gateway`."""

from gateway.cli.main import main

main()
