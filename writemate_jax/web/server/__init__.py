"""The server: an HTTP API that writes, and the page. One process a device; nothing about anybody is kept."""
