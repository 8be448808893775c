// What is read off a warning: its line, whether it holds, who may do what with it. Pure.
import { Colour, type Warning, WarningState } from "../gen/tianfu/disaster_warning/v1/warning_pb.js";

export function textOf(warning: Warning, language: string) {
  const wanted = language.startsWith("zh") ? "zh-CN" : "en-US";
  return warning.texts.find((text) => text.language === wanted) ?? warning.texts[0];
}

export const headlineOf = (warning: Warning, language: string): string =>
  textOf(warning, language)?.headline ?? warning.area?.description ?? warning.name;

export const isInForce = (warning: Warning): boolean => warning.state === WarningState.PUBLISHED;

/** The gravest warning in force for each county. */
export function gravest(all: Iterable<Warning>): Map<string, Colour> {
  const found = new Map<string, Colour>();
  for (const warning of all) {
    if (!isInForce(warning)) continue;
    for (const target of warning.counties) {
      const colour = target.colour || warning.colour;
      if (colour > (found.get(target.placeCode) ?? 0)) found.set(target.placeCode, colour);
    }
  }
  return found;
}

export type Act = "review" | "sign" | "publish" | "cancel" | "confirm";
export interface Allowed {
  act: Act;
  /** Empty when it may be done; else why not, as a key of the texts. */
  hindrance: "" | "role" | "own_draft" | "own_review" | "authority";
}

const DRAFTERS = ["DUTY_OFFICER", "WARNING_SIGNER", "WARNING_AUTHORITY"];
const SIGNERS = ["WARNING_SIGNER", "WARNING_AUTHORITY"];
const has = (roles: readonly string[], wanted: readonly string[]): boolean =>
  wanted.some((role) => roles.includes(role));

/** The next steps of a warning, each with what keeps this person from it (four eyes, roles). */
export function steps(warning: Warning, subject: string, roles: readonly string[]): Allowed[] {
  const signer = has(roles, SIGNERS);
  switch (warning.state) {
    case WarningState.DRAFT: {
      const own = warning.drafter === subject ? "own_draft" : "";
      return [{ act: "review", hindrance: has(roles, DRAFTERS) ? own : "role" }, cancel(signer)];
    }
    case WarningState.REVIEWED: {
      const grave = warning.colour >= Colour.ORANGE && !roles.includes("WARNING_AUTHORITY");
      const own =
        warning.drafter === subject ? "own_draft" : warning.reviewer === subject ? "own_review" : "";
      return [{ act: "sign", hindrance: !signer ? "role" : grave ? "authority" : own }, cancel(signer)];
    }
    case WarningState.SIGNED_OFF:
      return [{ act: "publish", hindrance: signer ? "" : "role" }, cancel(signer)];
    case WarningState.PUBLISHED:
      return [cancel(signer)];
    default:
      return [];
  }
}

const cancel = (signer: boolean): Allowed => ({ act: "cancel", hindrance: signer ? "" : "role" });
