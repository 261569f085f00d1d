{{/* Secrets: names, keys, and passwords that stay. */}}
{{- define "shared.secrets.name" -}}
{{- $name := (include "shared.names.fullname" .context) -}}
{{- if .defaultNameSuffix -}}
{{- $name = printf "%s-%s" $name .defaultNameSuffix | trunc 63 | trimSuffix "-" -}}
{{- end -}}
{{- with .existingSecret -}}
{{- if not (typeIs "string" .) -}}
{{- with .name -}}
{{- $name = . -}}
{{- end -}}
{{- else -}}
{{- $name = . -}}
{{- end -}}
{{- end -}}
{{- printf "%s" $name -}}
{{- end -}}

{{- define "shared.secrets.key" -}}
{{- $key := .key -}}
{{- if .existingSecret -}}
  {{- if not (typeIs "string" .existingSecret) -}}
    {{- if .existingSecret.keyMapping -}}
      {{- $key = index .existingSecret.keyMapping $.key -}}
    {{- end -}}
  {{- end -}}
{{- end -}}
{{- printf "%s" $key -}}
{{- end -}}

{{/* dict "secret" "key" "providedValues" "context" */}}
{{- define "shared.secrets.manage" -}}
{{- $password := "" -}}
{{- $subchart := "" -}}
{{- $providedPasswordKey := include "shared.values.firstKey" (dict "keys" .providedValues "context" $.context) -}}
{{- $providedPasswordValue := include "shared.values.get" (dict "key" $providedPasswordKey "context" $.context) -}}
{{- $secretData := (lookup "v1" "Secret" (include "shared.names.namespace" .context) .secret).data -}}
{{- if $secretData -}}
  {{- if hasKey $secretData .key -}}
    {{- $password = index $secretData .key | b64dec -}}
  {{- end -}}
{{- end -}}
{{- if and (not $password) $providedPasswordValue -}}
  {{- $password = $providedPasswordValue | toString -}}
{{- end -}}
{{- if not $password -}}
  {{- $password = derivePassword 1 "long" "seed" .key (include "shared.names.fullname" .context) | trunc 16 -}}
{{- end -}}
{{- printf "%s" ($password | b64enc) -}}
{{- end -}}

{{- define "shared.values.get" -}}
{{- $splitKey := splitList "." .key -}}
{{- $value := "" -}}
{{- $latestObj := $.context.Values -}}
{{- range $splitKey -}}
  {{- if not $latestObj -}}
    {{- printf "please review the entire path of '%s' exists in values" $.key | fail -}}
  {{- end -}}
  {{- $value = ( index $latestObj . ) -}}
  {{- $latestObj = $value -}}
{{- end -}}
{{- printf "%v" (default "" $value) -}}
{{- end -}}

{{- define "shared.values.firstKey" -}}
{{- $key := first .keys -}}
{{- $reverseKeys := reverse .keys }}
{{- range $reverseKeys }}
  {{- $value := include "shared.values.get" (dict "key" . "context" $.context ) }}
  {{- if $value -}}
    {{- $key = . }}
  {{- end -}}
{{- end -}}
{{- printf "%s" $key -}}
{{- end -}}
