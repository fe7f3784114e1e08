"""Background jobs three ways: the plain function, the registered job, a real worker on a real broker."""
