import { create } from "@bufbuild/protobuf";
import { expect, it } from "vitest";

import {
  type Consultation, ConsultationAction as Action, ConsultationConsent as Consent, ConsultationSchema, ConsultationState as State,
  ConsultationUrgency as Urgency,
} from "../gen/tianfu/healthcare/v1/consultation_pb.js";
import { nextSteps } from "./consultations";

const made = (state: State, more: { urgency?: Urgency; consent?: Consent } = {}): Consultation =>
  create(ConsultationSchema, {
    state, consent: Consent.NONE, urgency: Urgency.ROUTINE, invitingHospital: "hospitals/a", hospital: "hospitals/b", doctor: "dr-huang", ...more,
  });
const actions = (each: Consultation, subject = "dr-li"): Action[] => nextSteps(each, subject).map((one) => one.action);

it("nobody is invited before the patient has agreed, and consent is deferred in an emergency alone", () => {
  expect(actions(made(State.MATERIALS_CHECK))).toEqual([Action.RETURN_FOR_MORE, Action.RECORD_CONSENT, Action.CANCEL]);
  expect(actions(made(State.MATERIALS_CHECK, { urgency: Urgency.EMERGENCY }))).toContain(Action.DEFER_CONSENT);
  expect(actions(made(State.CONSENT_RECORDED, { consent: Consent.RECORDED }))).toEqual([Action.INVITE, Action.CANCEL]);
});

it("the invited doctor alone answers, in the name of the doctor's hospital", () => {
  const invited = made(State.INVITED, { consent: Consent.RECORDED });
  expect(actions(invited)).toEqual([Action.CANCEL]);
  expect(nextSteps(invited, "dr-huang").slice(0, 2)).toEqual([
    { action: Action.ACCEPT, need: undefined, hospital: "hospitals/b" },
    { action: Action.DECLINE, need: "reason", hospital: "hospitals/b" },
  ]);
});

it("a consent that was deferred is recorded at any time, and an end without one says why", () => {
  const adopted = made(State.ADOPTED, { consent: Consent.DEFERRED });
  expect(nextSteps(adopted, "dr-li")).toEqual([
    { action: Action.RECORD_CONSENT, need: "consent", hospital: "hospitals/a" },
    { action: Action.CLOSE, need: "reason", hospital: "hospitals/a" },
  ]);
  expect(actions(made(State.CLOSED))).toEqual([]);
});
