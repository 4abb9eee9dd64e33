"""The asyncio flavour: engine, client and generated resources."""
