{{- define "station.labels" -}}
app.kubernetes.io/name: tianfu-edge
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/part-of: tianfu
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version }}
edge.tianfu.dev/node: {{ .Values.node }}
{{- end -}}

{{- define "station.image" -}}
{{- $image := .Values.image -}}
{{- if $image.digest -}}
{{ $image.registry }}/edge@{{ $image.digest }}
{{- else -}}
{{ $image.registry }}/edge:{{ $image.tag | default .Chart.AppVersion }}
{{- end -}}
{{- end -}}

{{- define "station.confined" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities: {drop: [ALL]}
{{- end -}}

{{- define "station.leafEnvironment" -}}
- {name: TIANFU_EDGE_STATION_CONFIG_FILE, value: /etc/leaf/leaf.conf}
- {name: TIANFU_EDGE_STATION_SHARED_FOLDER, value: /run/leaf}
{{- end }}
