{{/* Labels that select the pods of a component. Takes (list root component). */}}
{{- define "novu.selector" -}}
app.kubernetes.io/name: novu
app.kubernetes.io/component: {{ index . 1 }}
app.kubernetes.io/instance: {{ (index . 0).Release.Name }}
{{- end -}}

{{- define "novu.labels" -}}
{{- $root := index . 0 -}}
{{ include "novu.selector" . }}
app.kubernetes.io/version: {{ $root.Values.image.tag | default $root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ $root.Release.Service }}
helm.sh/chart: {{ $root.Chart.Name }}-{{ $root.Chart.Version }}
{{- end -}}
