"""Who reaches which route: one table of routes × methods × actors, kept complete by the URL resolver."""
