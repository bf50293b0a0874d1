"""The canonical points API, its routing, and the life of an adjustment; it knows no vendor."""
