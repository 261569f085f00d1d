{{/* Where pods may be: dict "type" "component" "customLabels" "topologyKey" "context". */}}
{{- define "shared.affinities.topologyKey" -}}
{{ .topologyKey | default "kubernetes.io/hostname" -}}
{{- end -}}

{{- define "shared.affinities.nodes.soft" -}}
preferredDuringSchedulingIgnoredDuringExecution:
  - preference:
      matchExpressions:
        - key: {{ .key }}
          operator: In
          values:
            {{- range .values }}
            - {{ . | quote }}
            {{- end }}
    weight: 1
{{- end -}}

{{- define "shared.affinities.nodes" -}}
{{- if eq .type "soft" }}
{{- include "shared.affinities.nodes.soft" . -}}
{{- end -}}
{{- end -}}

{{- define "shared.affinities.pods.soft" -}}
{{- $component := default "" .component -}}
{{- $customLabels := default (dict) .customLabels -}}
{{- $extra := default (list) .extraNamespaces -}}
preferredDuringSchedulingIgnoredDuringExecution:
  - podAffinityTerm:
      labelSelector:
        matchLabels: {{- (include "shared.labels.matchLabels" ( dict "customLabels" $customLabels "context" .context )) | nindent 10 }}
          {{- if not (empty $component) }}
          {{ printf "app.kubernetes.io/component: %s" $component }}
          {{- end }}
      {{- if $extra }}
      namespaces:
        - {{ .context.Release.Namespace }}
        {{- with $extra }}
        {{- include "shared.tplvalues.render" (dict "value" . "context" $) | nindent 8 }}
        {{- end }}
      {{- end }}
      topologyKey: {{ include "shared.affinities.topologyKey" (dict "topologyKey" .topologyKey) }}
    weight: 1
{{- end -}}

{{- define "shared.affinities.pods" -}}
{{- if eq .type "soft" }}
{{- include "shared.affinities.pods.soft" . -}}
{{- else if eq .type "hard" -}}
requiredDuringSchedulingIgnoredDuringExecution:
  - labelSelector:
      matchLabels: {{- (include "shared.labels.matchLabels" ( dict "customLabels" (default (dict) .customLabels) "context" .context )) | nindent 8 }}
    topologyKey: {{ include "shared.affinities.topologyKey" (dict "topologyKey" .topologyKey) }}
{{- end -}}
{{- end -}}
