"""From a tenant's call to the route and the request that its vendor's adapter makes; nothing is sent here."""
