"""All that callers hear: the models of answers and problems, and what makes them."""
