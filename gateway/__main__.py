"""`python -m gateway`: the commands of `points-gateway`."""

from gateway.cli import main

main()
