"""Who is there, and then every change: `tianfu.client` in ten lines."""

import os

from tianfu.client import Channel, Fleet

token, ca_file = os.environ["TIANFU_TOKEN"], os.environ["TIANFU_CA_FILE"]
with Channel(os.environ["TIANFU_FLEET"], token=token, ca_file=ca_file) as channel:
    fleet = Fleet(channel)
    for node in fleet.list_nodes():
        print(node.name, node.place_code)
    change = next(fleet.watch_nodes())  # goes on by itself when the connection is lost
    print("first of the watch:", change.node.name)
