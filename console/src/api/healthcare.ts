// The healthcare service, for the pages that need it.
import { createClient } from "@connectrpc/connect";

import { HealthcareService } from "../gen/tianfu/healthcare/v1/healthcare_service_pb.js";
import { transport } from "./clients";

export const healthcare = createClient(HealthcareService, transport);
