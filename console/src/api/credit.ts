// The credit supervision service, for the pages that need it.
import { createClient } from "@connectrpc/connect";

import { CreditSupervisionService } from "../gen/tianfu/credit_supervision/v1/credit_supervision_service_pb.js";
import { transport } from "./clients";

export const credit = createClient(CreditSupervisionService, transport);

/** Why the console reads what is about entities: the service keeps it beside who looked. */
export const PURPOSE = { purpose: "inspection-planning", legalBasis: "market-regulation-law-32" };
