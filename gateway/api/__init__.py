"""The HTTP edge: who asks, what exactly they ask, and how they are answered."""
