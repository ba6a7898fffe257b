"""Self-contained HTML pages, made from documents alone: they need no network, and no script for the basics."""
