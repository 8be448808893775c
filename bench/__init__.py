"""Side-by-side measurements, one command each: ratios in the same run, not absolutes."""
