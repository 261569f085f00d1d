{{/* What is refused or warned of. */}}
{{- define "shared.validations.values" -}}
{{- $messages := list -}}
{{- $messages := append $messages (include "shared.validations.service" .) -}}
{{- $messages := append $messages (include "shared.validations.persistence" .) -}}
{{- $messages := without $messages "" -}}
{{- $message := join "\n" $messages -}}
{{- if $message -}}
{{-   printf "\nVALUES VALIDATION:\n%s" $message | fail -}}
{{- end -}}
{{- end -}}

{{- define "shared.validations.service" -}}
{{- if and (eq .Values.service.type "LoadBalancer") (eq (.Values.service.externalTrafficPolicy | default "") "None") -}}
service.externalTrafficPolicy
    None is no policy.
{{- end -}}
{{- end -}}

{{- define "shared.validations.persistence" -}}
{{- if and .Values.persistence.enabled (not (regexMatch "^[0-9]+(Mi|Gi|Ti)$" (.Values.persistence.size | toString))) -}}
persistence.size
    {{ .Values.persistence.size }} is no size.
{{- end -}}
{{- end -}}

{{- define "shared.warnings.rollingTag" -}}
{{- if and (contains "docker.io/" .repository) (not (.tag | toString | regexFind "-r\\d+$|sha256:")) }}
WARNING: Rolling tag detected ({{ .repository }}:{{ .tag }}), please note that it is strongly recommended to avoid using rolling tags.
{{- end }}
{{- end -}}
