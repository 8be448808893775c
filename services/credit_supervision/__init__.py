"""The service of credit supervision (信用监管): fair inspections, records that end in time."""
