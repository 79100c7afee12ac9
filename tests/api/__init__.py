"""The API over HTTP, on real networks."""
