{{- define "tianfu.name" -}}
{{- .Release.Name | trunc 30 | trimSuffix "-" -}}
{{- end -}}

{{- define "tianfu.selector" -}}
app.kubernetes.io/name: tianfu
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .component }}
{{- end -}}

{{- define "tianfu.labels" -}}
{{ include "tianfu.selector" . }}
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
app.kubernetes.io/part-of: tianfu
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .root.Chart.Name .root.Chart.Version }}
{{- end -}}

{{- define "tianfu.image" -}}
{{- $image := .Values.image -}}
{{- if $image.digest -}}
{{ $image.registry }}/services@{{ $image.digest }}
{{- else -}}
{{ $image.registry }}/services:{{ $image.tag | default .Chart.AppVersion }}
{{- end -}}
{{- end -}}

{{/* The command line's image, with PostgreSQL's own programs. */}}
{{- define "tianfu.cliImage" -}}
{{- if .Values.backup.imageDigest -}}
{{ .Values.image.registry }}/cli@{{ .Values.backup.imageDigest }}
{{- else -}}
{{ .Values.image.registry }}/cli:{{ .Values.image.tag | default .Chart.AppVersion }}
{{- end -}}
{{- end -}}

{{- define "tianfu.natsUrl" -}}
{{- .Values.nats.url | default (printf "nats://%s-nats:4222" (include "tianfu.name" .)) -}}
{{- end -}}

{{/* What is the same in every pod: it runs as nobody in particular, and may change nothing. */}}
{{- define "tianfu.podSecurity" -}}
runAsNonRoot: true
runAsUser: {{ . }}
runAsGroup: {{ . }}
fsGroup: {{ . }}
fsGroupChangePolicy: OnRootMismatch
seccompProfile:
  type: RuntimeDefault
{{- end -}}

{{- define "tianfu.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities:
  drop: [ALL]
{{- end -}}

{{- define "tianfu.placement" -}}
{{- with .Values.image.pullSecrets }}
imagePullSecrets:
  {{- range . }}
  - name: {{ . }}
  {{- end }}
{{- end }}
{{- with .Values.nodeSelector }}
nodeSelector: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.tolerations }}
tolerations: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.priorityClassName }}
priorityClassName: {{ . }}
{{- end }}
{{- end -}}

{{/* The class of what warnings go through, or of the rest; the argument has root and urgent. */}}
{{- define "tianfu.priority" -}}
{{- if and (eq .root.Values.priorityClasses.state "enabled") (not .root.Values.priorityClassName) -}}
priorityClassName: {{ include "tianfu.name" .root }}-{{ .urgent | ternary "urgent" "standard" }}
{{- end -}}
{{- end -}}
