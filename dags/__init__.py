"""WHEN: thin tables of commands. Every parse and every start of a task reads these files: nothing heavy is imported."""
