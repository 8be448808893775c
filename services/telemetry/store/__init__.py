"""The store of readings: ClickHouse, in process or by URL, with one SQL."""
