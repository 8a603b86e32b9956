"""Settings: INI, TOML, ``.env`` and ``.properties`` files; keys with their comments, each under its section."""
