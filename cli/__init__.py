"""The verbs of `./broadsheet`; assembles the rooms' commands."""
