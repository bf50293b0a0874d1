"""The command that cosmic-ray runs for each mutant: has `warm.py` try it, and ends as the tests ended.

    python -I -S ask.py SOCKET

It imports next to nothing, so that it costs next to nothing.
"""

import socket
import sys


def main(path: str) -> int:
    """0 where every test passed; what they wrote goes to standard output."""
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(path)
        with connection.makefile(encoding="utf-8", errors="replace") as answer:
            output = answer.read()
    sys.stdout.write(output)
    return int(not output.endswith("\nended: 0\n"))


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
