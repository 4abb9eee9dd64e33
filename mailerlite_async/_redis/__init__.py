"""The ledger that several processes share in Redis; it loads with the first client that is given a `RedisStore`."""
