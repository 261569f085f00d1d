{{/* A value in which templates may stand: dict "value" "context", and perhaps "scope". */}}
{{- define "shared.tplvalues.render" -}}
{{- $value := typeIs "string" .value | ternary .value (.value | toYaml) -}}
{{- if contains "{{" (toJson .value) -}}
  {{- if .scope -}}
    {{- tpl (cat "{{- with $.RelativeScope -}}" $value "{{- end }}") (merge (dict "RelativeScope" .scope) .context) -}}
  {{- else -}}
    {{- tpl $value .context -}}
  {{- end -}}
{{- else -}}
  {{- $value -}}
{{- end -}}
{{- end -}}

{{/* Several of them as one: dict "values" "context". */}}
{{- define "shared.tplvalues.merge" -}}
{{- $merged := dict -}}
{{- range .values -}}
{{- $merged = include "shared.tplvalues.render" (dict "value" . "context" $.context "scope" $.scope) | fromYaml | merge $merged -}}
{{- end -}}
{{ $merged | toYaml }}
{{- end -}}
