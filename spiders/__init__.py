"""FETCH: sites.yaml, discovery, politeness, guards, frontier, WARC writing. Nothing heavy is imported here."""
