"""Why a node is not heard from: a crash, a cut line, and a node turned out are told apart. Pure.

NATS has no last will, so the neighbours are asked. A gateway that is alone in its silence has lost
power, its agent or its own link; one whose whole county is silent, or whose base station is, is
behind a cut line. On Kubernetes the pod itself is asked.
"""

from __future__ import annotations

from operators.edgenode.api import EdgeNode
from operators.edgenode.model import Neighbourhood, Observed, Workload
from operators.fleet.model import EnrolmentState
from operators.kube.conditions import Condition, Status


def lost(node: EdgeNode, observed: Observed) -> Condition:
    """Return the condition Connected of a node that is not heard from any more."""
    revoked = observed.enrolment is not None and observed.enrolment.state is EnrolmentState.REVOKED
    if revoked:
        reason, message = (
            "Revoked",
            (
                "its credentials were revoked, so it may not connect; to have it back:"
                f" `tianfu nodes enrol {node.key.name}`, and enrol the device anew"
            ),
        )
    elif node.is_on_kubernetes:
        reason, message = _of_pod(node, observed.workload)
    else:
        reason, message = _of_neighbours(observed.neighbourhood)
    return Condition("Connected", Status.FALSE, reason, message)


def _of_pod(node: EdgeNode, workload: Workload) -> tuple[str, str]:
    what = f"deployment/{node.key.name}-agent -n {node.key.namespace}"
    match workload:
        case Workload.FAILING:
            return "AgentCrashed", f"its pod fails; see `kubectl describe {what}`"
        case Workload.AVAILABLE:
            return (
                "SiteCutOff",
                (
                    "its pod runs and its messages do not come: look at the station's backhaul and"
                    " its leaf server; it keeps what it has and sends it when the line is back"
                ),
            )
        case Workload.ABSENT | Workload.STARTING:
            return "AgentStopped", f"its pod does not run; see `kubectl describe {what}`"


def _of_neighbours(around: Neighbourhood) -> tuple[str, str]:
    if around.is_station_online is False or (around.online == 0 and around.lost > 0):
        return (
            "SiteCutOff",
            (
                "others of its county are not heard from either: look at the line before the"
                " device; it keeps what it has and sends it when the line is back"
            ),
        )
    if around.online > 0:
        return (
            "DeviceLost",
            (
                "others of its county are heard from: look at its power, its agent"
                " (`tianfu-edge doctor` on the device) and its own link"
            ),
        )
    return (
        "NotHeardFrom",
        (
            "there is no other node in its county to compare with: look at its power, its line, and"
            " `tianfu-edge doctor` on the device"
        ),
    )
