"""One exchange with one vendor: who is let through, what is sent, what came of it, and what of it may be kept."""
