// Clients of the services, generated from the protos, by way of the gateway of this origin. Here are
// those that the first view needs; the others come with the pages that use them.
import { createClient, type Interceptor } from "@connectrpc/connect";
import { createConnectTransport } from "@connectrpc/connect-web";

import { DisasterWarningService } from "../gen/tianfu/disaster_warning/v1/disaster_warning_service_pb.js";
import { FleetService } from "../gen/tianfu/fleet/v1/fleet_service_pb.js";
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

/** Of a call that a person waits for. */
export const CALL = { timeoutMs: 20_000 };
