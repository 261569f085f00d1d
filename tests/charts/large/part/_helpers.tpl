{{- define "PART.image" -}}
{{- include "shared.images.image" (dict "imageRoot" .Values.image "global" .Values.global "chart" .Chart) -}}
{{- end -}}

{{- define "PART.metrics.image" -}}
{{- include "shared.images.image" (dict "imageRoot" .Values.metrics.image "global" .Values.global) -}}
{{- end -}}

{{- define "PART.imagePullSecrets" -}}
{{- include "shared.images.pullSecrets" (dict "images" (list .Values.image .Values.metrics.image) "context" $) -}}
{{- end -}}

{{- define "PART.secretName" -}}
{{- if .Values.auth.existingSecret -}}
{{- tpl .Values.auth.existingSecret $ -}}
{{- else -}}
{{- include "shared.names.fullname" . -}}
{{- end -}}
{{- end -}}

{{- define "PART.createSecret" -}}
{{- if not .Values.auth.existingSecret -}}
{{- true -}}
{{- end -}}
{{- end -}}

{{- define "PART.configmapName" -}}
{{- if .Values.existingConfigmap -}}
{{- tpl .Values.existingConfigmap $ -}}
{{- else -}}
{{- printf "%s-configuration" (include "shared.names.fullname" .) | trunc 63 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{- define "PART.port" -}}
{{- if ((.Values.global).ports).PART -}}
{{- .Values.global.ports.PART -}}
{{- else -}}
{{- .Values.service.ports.main -}}
{{- end -}}
{{- end -}}

{{- define "PART.env" -}}
- name: DEBUG
  value: {{ ternary "true" "false" (or .Values.image.debug .Values.diagnosticMode.enabled) | quote }}
- name: PORT_NUMBER
  value: {{ .Values.containerPorts.main | quote }}
{{- range $key, $value := .Values.settings }}
- name: {{ $key | snakecase | upper }}
  value: {{ $value | toString | quote }}
{{- end }}
{{- if .Values.auth.enabled }}
- name: PASSWORD
  valueFrom:
    secretKeyRef:
      name: {{ include "PART.secretName" . }}
      key: {{ include "shared.secrets.key" (dict "existingSecret" .Values.auth.existingSecret "key" "password") }}
{{- end }}
{{- if .Values.extraEnvVars }}
{{ include "shared.tplvalues.render" (dict "value" .Values.extraEnvVars "context" $) }}
{{- end }}
{{- end -}}

{{- define "PART.probe" -}}
{{- $probe := index .context.Values (printf "%sProbe" .kind) -}}
{{- $custom := index .context.Values (printf "custom%sProbe" (title .kind)) -}}
{{- if $custom }}
{{ .kind }}Probe: {{- include "shared.tplvalues.render" (dict "value" $custom "context" .context) | nindent 2 }}
{{- else if $probe.enabled }}
{{ .kind }}Probe: {{- include "shared.tplvalues.render" (dict "value" (omit $probe "enabled") "context" .context) | nindent 2 }}
  {{- if eq .kind "startup" }}
  tcpSocket:
    port: main
  {{- else }}
  exec:
    command:
      - /bin/sh
      - -ec
      - {{ printf "exec check --port %v --as %s" .context.Values.containerPorts.main .kind | quote }}
  {{- end }}
{{- end }}
{{- end -}}
