"""Alerts that nobody has answered yet. Reading them says what for, and is in the audit log."""

import os

from tianfu.client import Channel, Healthcare

token, ca_file = os.environ["TIANFU_TOKEN"], os.environ["TIANFU_CA_FILE"]
with Channel(os.environ["TIANFU_HEALTHCARE"], token=token, ca_file=ca_file) as channel:
    alerts = Healthcare(channel).list_alerts(purpose="PURPOSE_TREATMENT", filter="state=OPEN")
    print("open:", sum(1 for _ in alerts))
