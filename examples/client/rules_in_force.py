"""Earthquakes, and which rules are in force; what a wrong call says."""

import os

from tianfu.client import CallError, Channel, DisasterWarning

token, ca_file = os.environ["TIANFU_TOKEN"], os.environ["TIANFU_CA_FILE"]
with Channel(os.environ["TIANFU_DISASTER_WARNING"], token=token, ca_file=ca_file) as channel:
    warning = DisasterWarning(channel)
    for earthquake in warning.list_earthquakes():
        print(earthquake.name)
    for rule in warning.list_rules():
        print(rule.name)
    try:
        warning.get_warning(name="warnings/none")
    except CallError as error:
        print("refused:", error.reason)
