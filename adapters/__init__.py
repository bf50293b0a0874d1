"""One folder a vendor: what translates for it, what plays it, and what is known about it."""
