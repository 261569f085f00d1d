{{- define "own.labels" -}}
app.kubernetes.io/name: {{ .Chart.Name }}
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- end -}}

{{- define "own.deployment" -}}
{{- $values := index .context.Values.services .name -}}
{{- $name := printf "%s-%s" .context.Release.Name .name -}}
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ $name }}
  labels: {{- include "own.labels" .context | nindent 4 }}
    app: {{ .name }}
spec:
  replicas: {{ default 1 $values.replicas }}
  selector:
    matchLabels: {app: {{ .name | quote }}}
  template:
    metadata:
      labels:
        app: {{ .name }}
      annotations:
        checksum/environment: {{ include (print .context.Template.BasePath "/configmap.yaml") .context | sha256sum | trunc 16 }}
        dapr.io/app-id: {{ $name | quote }}
        dapr.io/app-port: {{ default 80 $values.port | toString | quote }}
    spec:
      containers:
        - name: {{ .name }}
          image: {{ include "shared.images.image" (dict "imageRoot" (merge (dict "repository" (printf "example/%s" .name)) (default (dict) $values.image)) "global" .context.Values.global "chart" .context.Chart) }}
          envFrom:
            - configMapRef: {name: {{ printf "%s-environment" .context.Release.Name | quote }}}
          env:
            {{- range $key, $value := merge (dict) (default (dict) $values.env) .context.Values.environment }}
            - name: {{ $key }}
              value: {{ tpl (toString $value) $.context | quote }}
            {{- end }}
          {{- with $values.resources }}
          resources: {{- toYaml . | nindent 12 }}
          {{- end }}
---
apiVersion: v1
kind: Service
metadata:
  name: {{ $name }}
  labels: {{- include "own.labels" .context | nindent 4 }}
spec:
  selector: {app: {{ .name | quote }}}
  ports:
    - port: {{ default 80 $values.port }}
{{- end -}}
