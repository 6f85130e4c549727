"""WHEN: thin tables of commands. Nothing heavy is imported here, because every parse and every task start reads these files."""
