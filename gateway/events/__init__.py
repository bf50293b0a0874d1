"""Tells apps what became of adjustments: publishes the feed of events, and sends them to webhooks."""
