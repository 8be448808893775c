{{/*
What each service is, apart from how it is run here. `own` are settings of its own by their names,
`files` the Secrets it reads besides (mounted at /etc/tianfu/NAME).
*/}}
{{- define "tianfu.services" -}}
telemetry:
  module: services.telemetry
  database: none
  own:
    TIANFU_DATA_DIR: /var/lib/tianfu/data
fleet:
  module: services.fleet
  database: postgresql
  files: [enrolment]
  own:
    TIANFU_EDGE_SIGNING_SEED_FILE: /etc/tianfu/enrolment/edge.nk
    TIANFU_OPERATOR_SIGNING_SEED_FILE: /etc/tianfu/enrolment/operator.nk
    TIANFU_NATS_SYSTEM_CREDENTIALS_FILE: /etc/tianfu/enrolment/system.creds
    TIANFU_NODE_NATS_URLS: {{ .Values.nats.nodeUrls | quote }}
disaster-warning:
  module: services.disaster_warning
  database: postgresql
  files: [warning-signing]
  own:
    TIANFU_LIVE_SIGNING_SEED_FILE: /etc/tianfu/warning-signing/live.nk
    TIANFU_DRILL_SIGNING_SEED_FILE: /etc/tianfu/warning-signing/drill.nk
    TIANFU_LIVE_CAP_KEY_FILE: /etc/tianfu/warning-signing/live-cap.key
    TIANFU_LIVE_CAP_CERTIFICATE_FILE: /etc/tianfu/warning-signing/live-cap.crt
    TIANFU_DRILL_CAP_KEY_FILE: /etc/tianfu/warning-signing/drill-cap.key
    TIANFU_DRILL_CAP_CERTIFICATE_FILE: /etc/tianfu/warning-signing/drill-cap.crt
healthcare:
  module: services.healthcare
  database: postgresql
credit-supervision:
  module: services.credit_supervision
  database: postgresql
energy:
  module: services.energy
  database: postgresql
  files: [setpoints]
  own:
    TIANFU_SETPOINT_SEED_FILE: /etc/tianfu/setpoints/setpoints.nk
{{- end -}}

{{/* Whether a service speaks OpenADR 3; the argument has root and name. */}}
{{- define "tianfu.openadr" -}}
{{- if and (eq .name "energy") (eq .root.Values.openadr.state "enabled") -}}
enabled
{{- end -}}
{{- end -}}

{{/* Whether a service hands the root of signed releases to devices; the argument has root and name. */}}
{{- define "tianfu.updateRoot" -}}
{{- if and (eq .name "fleet") .root.Values.updates.root -}}
enabled
{{- end -}}
{{- end -}}

{{/* Whether a service has the list of gauges; the argument has root and name. */}}
{{- define "tianfu.gauges" -}}
{{- if and (eq .name "disaster-warning") .root.Values.gauges.list -}}
enabled
{{- end -}}
{{- end -}}

{{/* The settings of a service as environment; the argument has root, name and fact. */}}
{{- define "tianfu.environment" -}}
{{- $root := .root -}}
{{- $values := $root.Values -}}
{{- $prefix := include "tianfu.name" $root -}}
- {name: TIANFU_GRPC_ADDRESS, value: "0.0.0.0:7101"}
- {name: TIANFU_GRPC_PEER_ADDRESS, value: "0.0.0.0:7102"}
- {name: TIANFU_HEALTH_ADDRESS, value: "0.0.0.0:7103"}
- {name: TIANFU_METRICS_ADDRESS, value: "0.0.0.0:9090"}
- {name: TIANFU_TLS_CERTIFICATE_FILE, value: /etc/tianfu/tls/tls.crt}
- {name: TIANFU_TLS_KEY_FILE, value: /etc/tianfu/tls/tls.key}
- {name: TIANFU_TLS_CLIENT_CA_FILE, value: /etc/tianfu/tls/ca.crt}
- {name: TIANFU_NATS_URL, value: {{ include "tianfu.natsUrl" $root }}}
- {name: TIANFU_NATS_CREDENTIALS_FILE, value: /etc/tianfu/nats/user.creds}
- {name: TIANFU_STREAM_REPLICAS, value: {{ $values.nats.streamReplicas | quote }}}
- {name: TIANFU_TOKEN_ISSUER, value: {{ $values.oidc.issuer | quote }}}
- {name: TIANFU_TOKEN_AUDIENCE, value: {{ $values.oidc.audience | quote }}}
- {name: TIANFU_TOKEN_ROLES_CLAIM, value: {{ $values.oidc.rolesClaim | quote }}}
{{- if $values.oidc.keysSecret }}
- {name: TIANFU_TOKEN_KEYS_FILE, value: /etc/tianfu/oidc/jwks.json}
{{- else }}
- {name: TIANFU_TOKEN_DISCOVERY, value: "true"}
- {name: TIANFU_TOKEN_KEYS_FILE, value: /var/lib/tianfu/run/token-keys.json}
{{- end }}
{{- if $values.oidc.caSecret }}
- {name: SSL_CERT_FILE, value: /etc/tianfu/oidc-ca/ca.crt}
{{- end }}
- {name: TIANFU_LOG_LEVEL, value: {{ $values.logLevel }}}
- {name: TIANFU_TRACE_RATIO, value: {{ $values.traceRatio | quote }}}
{{- with $values.otlpEndpoint }}
- {name: OTEL_EXPORTER_OTLP_ENDPOINT, value: {{ . | quote }}}
{{- end }}
{{- range $name, $value := .fact.own }}
{{- if $value }}
- {name: {{ $name }}, value: {{ $value | quote }}}
{{- end }}
{{- end }}
{{- if eq .fact.database "postgresql" }}
- name: TIANFU_DATABASE_URL
  valueFrom:
    secretKeyRef: {name: {{ $prefix }}-{{ .name }}-database, key: url}
{{- end }}
{{- if eq .name "fleet" }}
- name: TIANFU_EDGE_ACCOUNT
  valueFrom:
    secretKeyRef: {name: {{ $prefix }}-enrolment, key: edge-account}
{{- end }}
{{- if and (eq .name "telemetry") $values.clickhouse.urlSecret }}
- name: TIANFU_CLICKHOUSE_URL
  valueFrom:
    secretKeyRef: {name: {{ $values.clickhouse.urlSecret }}, key: url}
- {name: TIANFU_CLICKHOUSE_REPLICATED, value: {{ eq $values.clickhouse.replicated "enabled" | quote }}}
{{- end }}
{{- if include "tianfu.updateRoot" . }}
- {name: TIANFU_UPDATE_ROOT_FILE, value: /etc/tianfu/update-root/root.json}
{{- end }}
{{- if include "tianfu.gauges" . }}
- {name: TIANFU_GAUGES_FILE, value: /etc/tianfu/gauges/gauges.toml}
{{- end }}
{{- if include "tianfu.openadr" . }}
- {name: TIANFU_OPENADR_ADDRESS, value: "0.0.0.0:7143"}
- {name: TIANFU_OPENADR_CLIENTS_FILE, value: /etc/tianfu/openadr-clients/clients.toml}
- {name: TIANFU_OPENADR_PUBLIC_URL, value: {{ $values.openadr.publicUrl | quote }}}
{{- if $values.openadr.tlsSecret }}
- {name: TIANFU_OPENADR_TLS_CERTIFICATE_FILE, value: /etc/tianfu/openadr-tls/tls.crt}
- {name: TIANFU_OPENADR_TLS_KEY_FILE, value: /etc/tianfu/openadr-tls/tls.key}
{{- end }}
{{- with $values.openadr.webhookHosts }}
- {name: TIANFU_OPENADR_WEBHOOK_HOSTS, value: {{ join "," . | quote }}}
{{- end }}
{{- end }}
{{- range $name, $value := (index $values.services .name).extraEnv }}
- {name: {{ $name }}, value: {{ $value | quote }}}
{{- end }}
{{- end -}}

{{/* Secrets as volumes; the argument has root, name and fact. */}}
{{- define "tianfu.volumes" -}}
{{- $prefix := include "tianfu.name" .root -}}
- name: run
  emptyDir: {sizeLimit: 64Mi}
- name: tmp
  emptyDir: {sizeLimit: 256Mi}
- name: nats
  secret: {secretName: {{ $prefix }}-{{ .name }}-nats, defaultMode: 0440}
- name: tls
  secret: {secretName: {{ $prefix }}-{{ .name }}-tls, defaultMode: 0440}
{{- range .fact.files }}
- name: {{ . }}
  secret: {secretName: {{ $prefix }}-{{ . }}, defaultMode: 0440}
{{- end }}
{{- if include "tianfu.updateRoot" . }}
- name: update-root
  configMap: {name: {{ $prefix }}-update-root}
{{- end }}
{{- if include "tianfu.gauges" . }}
- name: gauges
  configMap: {name: {{ $prefix }}-gauges}
{{- end }}
{{- if include "tianfu.openadr" . }}
- name: openadr-clients
  secret:
    secretName: {{ .root.Values.openadr.clientsSecret | default (printf "%s-openadr-clients" $prefix) }}
    defaultMode: 0440
{{- with .root.Values.openadr.tlsSecret }}
- name: openadr-tls
  secret: {secretName: {{ . }}, defaultMode: 0440}
{{- end }}
{{- end }}
{{- with .root.Values.oidc.keysSecret }}
- name: oidc
  secret: {secretName: {{ . }}, defaultMode: 0440}
{{- end }}
{{- with .root.Values.oidc.caSecret }}
- name: oidc-ca
  secret: {secretName: {{ . }}, defaultMode: 0440}
{{- end }}
{{- end -}}

{{- define "tianfu.mounts" -}}
- {name: run, mountPath: /var/lib/tianfu/run}
- {name: tmp, mountPath: /tmp}
- {name: nats, mountPath: /etc/tianfu/nats, readOnly: true}
- {name: tls, mountPath: /etc/tianfu/tls, readOnly: true}
{{- range .fact.files }}
- {name: {{ . }}, mountPath: /etc/tianfu/{{ . }}, readOnly: true}
{{- end }}
{{- if include "tianfu.updateRoot" . }}
- {name: update-root, mountPath: /etc/tianfu/update-root, readOnly: true}
{{- end }}
{{- if include "tianfu.gauges" . }}
- {name: gauges, mountPath: /etc/tianfu/gauges, readOnly: true}
{{- end }}
{{- if include "tianfu.openadr" . }}
- {name: openadr-clients, mountPath: /etc/tianfu/openadr-clients, readOnly: true}
{{- if .root.Values.openadr.tlsSecret }}
- {name: openadr-tls, mountPath: /etc/tianfu/openadr-tls, readOnly: true}
{{- end }}
{{- end }}
{{- if .root.Values.oidc.keysSecret }}
- {name: oidc, mountPath: /etc/tianfu/oidc, readOnly: true}
{{- end }}
{{- if .root.Values.oidc.caSecret }}
- {name: oidc-ca, mountPath: /etc/tianfu/oidc-ca, readOnly: true}
{{- end }}
{{- end -}}
