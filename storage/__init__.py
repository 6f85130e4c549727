"""KEEP: bucket layout, conditional writes, staging, the tables, the readers' API. Import the module you need."""
