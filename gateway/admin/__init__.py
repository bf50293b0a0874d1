"""The operator API: /admin/v1/..., on the admin listener alone."""
