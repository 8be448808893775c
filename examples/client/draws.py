"""Draws of inspections, each of which anyone can check: `tianfu credit verify`."""

import os

from tianfu.client import Channel, CreditSupervision

token, ca_file = os.environ["TIANFU_TOKEN"], os.environ["TIANFU_CA_FILE"]
with Channel(os.environ["TIANFU_CREDIT_SUPERVISION"], token=token, ca_file=ca_file) as channel:
    draws = [draw.name for draw in CreditSupervision(channel).list_draws()]
    print("draws:", draws)
