"""Real processes are killed, stopped, wiped and silenced, and nothing is lost or doubled by it."""
