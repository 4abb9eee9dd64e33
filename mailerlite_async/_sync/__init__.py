"""The flavour for threads: engine, client and generated resources."""
