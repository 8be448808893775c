// The telemetry service, for the pages that need it.
import { createClient } from "@connectrpc/connect";

import { TelemetryService } from "../gen/tianfu/telemetry/v1/telemetry_service_pb.js";
import { transport } from "./clients";

export const telemetry = createClient(TelemetryService, transport);
