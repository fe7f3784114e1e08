"""What is switched off, killed, stopped, wiped and silenced, with real processes; and that nothing is lost or doubled."""
