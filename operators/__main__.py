"""``python -m operators``: run the operators. ``python -m operators manifests``: print rights."""

from __future__ import annotations

import argparse
import logging
import os
import sys

import uvloop
import yaml

from operators import process, rights, settings
from operators.kube.connection import NoCluster

WRONG_SETTINGS = 2


def main() -> int:
    """Do what the command line says; return the exit status."""
    lines = [f"  {name:28} {what}" for name, what in settings.VARIABLES.items()]
    parser = argparse.ArgumentParser(
        prog="python -m operators",
        description="The operators of EdgeNode, EdgeApp, CapacityPool and CapacityClaim.",
        epilog="environment:\n" + "\n".join(lines),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("command", nargs="?", choices=["run", "manifests"], default="run")
    parser.add_argument("--namespace", default="tianfu-system", help="for manifests: where we run")
    given = parser.parse_args()
    if given.command == "manifests":
        sys.stdout.write(yaml.safe_dump_all(rights.manifests(given.namespace), sort_keys=False))
        return process.STOPPED
    logging.basicConfig(
        level=os.environ.get("TIANFU_LOG_LEVEL", "INFO").upper(),
        format="%(asctime)s %(levelname)s %(name)s: %(message)s",
    )
    logging.getLogger("kopf").setLevel(logging.WARNING)
    try:
        loaded = settings.load(os.environ)
        return uvloop.run(process.run(loaded))
    except (settings.InvalidSettings, NoCluster) as error:
        sys.stderr.write(f"operators: {error} [{error.reason}]\n")
        return WRONG_SETTINGS


if __name__ == "__main__":
    sys.exit(main())
