"""A province's day of 100,000 meters, rolled up to units, counties and the province.

Ours reads each meter's day as one row of packed columns and adds with numpy; beside it plain SQL
over a row an interval in the same PostgreSQL, and pandas over the same columns in memory.
"""

from __future__ import annotations

import asyncio
import json
import time
from typing import Final

import asyncpg
import numpy as np
import pandas as pd

from tests.support.postgres import postgres_server

METERS: Final = 100_000
UNITS: Final = 5_000
COUNTIES: Final = 183
SLOTS: Final = 96
SEED: Final = 20_261_129
TARGET_S: Final = 5.0
SAMPLE: Final = 10
"""One meter of so many goes into the table of plain SQL, and its time is multiplied: nine million
rows take minutes to load. Said beside the figure."""


async def measure(url: str) -> list[dict[str, object]]:
    """Return the figures."""
    random = np.random.default_rng(SEED)
    kwh = random.gamma(2.0, 2.0, (METERS, SLOTS))
    unit = random.integers(0, UNITS, METERS)
    county = random.integers(0, COUNTIES, UNITS)
    link = await asyncpg.connect(url.replace("postgresql+asyncpg", "postgresql"))
    await link.execute(
        "CREATE TABLE day (meter int PRIMARY KEY, unit int NOT NULL, kwh bytea NOT NULL)"
    )
    rows = [(n, int(unit[n]), kwh[n].tobytes()) for n in range(METERS)]
    await link.copy_records_to_table("day", records=rows)
    began = time.perf_counter()
    found = await link.fetch("SELECT unit, kwh FROM day")
    columns = np.frombuffer(b"".join(row[1] for row in found), "<f8").reshape(-1, SLOTS)
    owners = np.fromiter((row[0] for row in found), np.int64, len(found))
    by_unit = np.bincount(owners, columns.sum(axis=1), UNITS)
    by_county = np.bincount(county, by_unit, COUNTIES)
    province = float(by_county.sum())
    ours_s = time.perf_counter() - began
    assert abs(province - kwh.sum()) < 1e-3

    small = METERS // SAMPLE
    await link.execute("CREATE TABLE slots (unit int, county int, slot int, kwh float8)")
    owner = np.repeat(unit[:small], SLOTS)
    flat = zip(
        owner.tolist(),
        county[owner].tolist(),
        np.tile(np.arange(SLOTS), small).tolist(),
        kwh[:small].reshape(-1).tolist(),
        strict=True,
    )
    await link.copy_records_to_table("slots", records=list(flat))
    began = time.perf_counter()
    await link.fetch("SELECT county, unit, sum(kwh) FROM slots GROUP BY ROLLUP (county, unit)")
    sql_s = (time.perf_counter() - began) * SAMPLE
    await link.close()

    frame = pd.DataFrame({"unit": np.repeat(unit, SLOTS), "kwh": kwh.reshape(-1)})
    began = time.perf_counter()
    units = frame.groupby("unit")["kwh"].sum()
    units.groupby(pd.Series(county).reindex(units.index).to_numpy()).sum()
    pandas_s = time.perf_counter() - began
    shared = {"unit": "s", "target": TARGET_S, "value": ours_s, "met": ours_s <= TARGET_S}
    return [
        {"name": "rollup 100,000 meters, against plain SQL (a tenth of the rows, times ten)",
         "baseline": sql_s, "ratio": sql_s / ours_s, **shared},
        {"name": "rollup 100,000 meters, against pandas (in memory, reading not counted)",
         "baseline": pandas_s, "ratio": pandas_s / ours_s, **shared},
    ]  # fmt: skip


def main() -> None:
    """Measure, and print the figures."""
    with postgres_server() as postgres:
        figures = asyncio.run(measure(postgres.url(postgres.create_database())))
    for each in figures:
        print(f"{each['name']}: {each['value']:.2f} s, baseline {each['baseline']:.2f} s")
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
