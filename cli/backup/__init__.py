"""Backup and restore of every store: streams of NATS, PostgreSQL, readings, keys.

No store knows of the others, and nothing is stopped. What makes one copy of three is the order:

1. *Floors.* How far each durable of a stream with limits (events, buckets) is done.
2. *Streams that nodes fill*, which keep a message until it is taken, with their durables.
3. *PostgreSQL and the readings.* What was taken in 1 and 2 is in them.
4. *Streams with limits*, after PostgreSQL: what its outboxes have sent by then is in them.

At a restore the durables of 4 are set back to 1. So each message is in a stream as waiting, or its
effect is in a database, and most often both: then its inbox or the ledger knows it, and it has no
second effect. All that was acknowledged before 1 is in the copy.
"""
