"""The suite; see conftest.py for the servers it starts and pyproject.toml for its rules."""
