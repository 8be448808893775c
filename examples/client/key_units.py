"""Key energy-using units, whose meters and quotas the energy service knows."""

import os

from tianfu.client import Channel, Energy

token, ca_file = os.environ["TIANFU_TOKEN"], os.environ["TIANFU_CA_FILE"]
with Channel(os.environ["TIANFU_ENERGY"], token=token, ca_file=ca_file) as channel:
    units = [unit.name for unit in Energy(channel).list_units()]
    print("units:", units)
