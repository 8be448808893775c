"""HealthcareService: decode, call, encode. The interceptor turns refusals into statuses."""
