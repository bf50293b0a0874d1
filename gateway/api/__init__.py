"""The HTTP edge: authentication, admission, parsing of requests, and answers."""
