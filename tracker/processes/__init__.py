"""Starting, watching and stopping the processes of one machine. Knows nothing of tasks or bodies."""
