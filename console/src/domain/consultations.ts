// What may be done with a consultation next, and what it needs: as the service's model has it, which
// decides. A test holds this table to that one.
import { type Consultation, ConsultationAction as Action, ConsultationConsent, ConsultationState as State, ConsultationUrgency } from "../gen/tianfu/healthcare/v1/consultation_pb.js";

/** What a step asks for, beside the click. */
export type Need = "reason" | "doctor" | "time" | "opinion" | "consent";

const FROM: readonly (readonly [Action, readonly State[]])[] = [
  [Action.SUBMIT, [State.DRAFT, State.RETURNED_FOR_MORE]],
  [Action.CHECK_MATERIALS, [State.SUBMITTED]],
  [Action.RETURN_FOR_MORE, [State.MATERIALS_CHECK]],
  [Action.RECORD_CONSENT, [State.MATERIALS_CHECK]],
  [Action.DEFER_CONSENT, [State.MATERIALS_CHECK]],
  [Action.INVITE, [State.MATERIALS_CHECK, State.CONSENT_RECORDED, State.DECLINED, State.TIMED_OUT]],
  [Action.ACCEPT, [State.INVITED]],
  [Action.DECLINE, [State.INVITED]],
  [Action.SCHEDULE, [State.ACCEPTED, State.SCHEDULED]],
  [Action.START, [State.SCHEDULED]],
  [Action.DRAFT_OPINION, [State.IN_SESSION]],
  [Action.SIGN_OPINION, [State.OPINION_DRAFT]],
  [Action.RETURN_OPINION, [State.OPINION_SIGNED]],
  [Action.ADOPT, [State.RETURNED]],
  [Action.NOT_ADOPT, [State.RETURNED]],
  [Action.CLOSE, [State.ADOPTED, State.NOT_ADOPTED]],
];
const OVER: readonly State[] = [State.CLOSED, State.CANCELLED];
const BY_INVITED: readonly Action[] = [Action.ACCEPT, Action.DECLINE, Action.DRAFT_OPINION, Action.SIGN_OPINION, Action.RETURN_OPINION];
const BY_EITHER: readonly Action[] = [Action.SCHEDULE, Action.START];
const NEEDS: Partial<Record<Action, Need>> = {
  [Action.RETURN_FOR_MORE]: "reason",
  [Action.DEFER_CONSENT]: "reason",
  [Action.DECLINE]: "reason",
  [Action.NOT_ADOPT]: "reason",
  [Action.CANCEL]: "reason",
  [Action.RECORD_CONSENT]: "consent",
  [Action.INVITE]: "doctor",
  [Action.SCHEDULE]: "time",
  [Action.DRAFT_OPINION]: "opinion",
};

export interface NextStep {
  action: Action;
  need: Need | undefined;
  /** The hospital in whose name it is done. */
  hospital: string;
}

/** Whether somebody is the doctor who was invited. */
export const isInvited = (each: Consultation, subject: string): boolean => subject !== "" && each.doctor === subject;

function needOf(each: Consultation, action: Action): Need | undefined {
  // Who ends it without a consent says why there is none.
  if (action === Action.CLOSE && each.consent !== ConsultationConsent.RECORDED) return "reason";
  return NEEDS[action];
}

/** Steps that the state allows to who looks: the invited doctor does some, the inviting hospital the others. */
export function nextSteps(each: Consultation, subject: string): NextStep[] {
  if (OVER.includes(each.state)) return [];
  const actions = FROM.filter(([, states]) => states.includes(each.state)).map(([action]) => action);
  if (each.state < State.IN_SESSION) actions.push(Action.CANCEL);
  // What was deferred may be recorded at any time.
  if (each.consent === ConsultationConsent.DEFERRED && !actions.includes(Action.RECORD_CONSENT)) actions.unshift(Action.RECORD_CONSENT);
  const invited = isInvited(each, subject);
  return actions
    .filter((action) => !BY_INVITED.includes(action) || invited)
    .filter((action) => action !== Action.DEFER_CONSENT || each.urgency === ConsultationUrgency.EMERGENCY)
    .filter((action) => action !== Action.INVITE || each.consent !== ConsultationConsent.NONE)
    .map((action) => ({
      action,
      need: needOf(each, action),
      hospital: invited && (BY_INVITED.includes(action) || BY_EITHER.includes(action)) ? each.hospital : each.invitingHospital,
    }));
}
