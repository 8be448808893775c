// Clients of the services, generated from the protos, by way of the gateway of this origin.
import { createClient, type Interceptor } from "@connectrpc/connect";
import { createConnectTransport } from "@connectrpc/connect-web";

import { CreditSupervisionService } from "../gen/tianfu/credit_supervision/v1/credit_supervision_service_pb.js";
import { DisasterWarningService } from "../gen/tianfu/disaster_warning/v1/disaster_warning_service_pb.js";
import { FleetService } from "../gen/tianfu/fleet/v1/fleet_service_pb.js";
import { HealthcareService } from "../gen/tianfu/healthcare/v1/healthcare_service_pb.js";
import { TelemetryService } from "../gen/tianfu/telemetry/v1/telemetry_service_pb.js";
import { csrf } from "./session";

const proven: Interceptor = (next) => (request) => {
  request.header.set("x-tianfu-csrf", csrf());
  return next(request);
};

export const transport = createConnectTransport({
  baseUrl: "/",
  useBinaryFormat: true,
  interceptors: [proven],
});

export const warnings = createClient(DisasterWarningService, transport);
export const fleet = createClient(FleetService, transport);
export const telemetry = createClient(TelemetryService, transport);
export const healthcare = createClient(HealthcareService, transport);
export const credit = createClient(CreditSupervisionService, transport);

/** Of a call that a person waits for. */
export const CALL = { timeoutMs: 20_000 };

/** Why the console reads what is about entities: the service keeps it beside who looked. */
export const PURPOSE = { purpose: "inspection-planning", legalBasis: "market-regulation-law-32" };
