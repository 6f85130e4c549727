"""FETCH: sites.yaml, discovery, politeness, guards, frontier, WARC writing. Import the module you need; nothing heavy here."""
