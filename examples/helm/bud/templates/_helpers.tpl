{{/*
Name of an object: as it is in a release called like the chart, else behind the release's name.
Takes (list root name).
*/}}
{{- define "bud.fullname" -}}
{{- $root := index . 0 -}}
{{- $name := index . 1 -}}
{{- if ne $root.Release.Name "bud" -}}
{{- $name = printf "%s-%s" $root.Release.Name $name -}}
{{- end -}}
{{- $name | trunc 63 | trimSuffix "-" -}}
{{- end -}}

{{/* Labels that select the pods of a component; they never change. Takes (list root name). */}}
{{- define "bud.selector" -}}
app: {{ index . 1 }}
app.kubernetes.io/name: {{ index . 1 }}
app.kubernetes.io/instance: {{ (index . 0).Release.Name }}
{{- end -}}

{{/* Labels of every object. Takes (list root name). */}}
{{- define "bud.labels" -}}
{{- $root := index . 0 -}}
{{ include "bud.selector" . }}
app.kubernetes.io/part-of: bud
app.kubernetes.io/version: {{ include "bud.tag" $root | quote }}
app.kubernetes.io/managed-by: {{ $root.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" $root.Chart.Name $root.Chart.Version | replace "+" "_" | trunc 63 | trimSuffix "-" }}
{{- end -}}

{{/* Tag of Bud's own images. */}}
{{- define "bud.tag" -}}
{{- .Values.global.imageTag | default (printf "v%s" .Chart.AppVersion) -}}
{{- end -}}

{{/* Reference of an image. Takes (list root image), where image may lack its registry. */}}
{{- define "bud.image" -}}
{{- $root := index . 0 -}}
{{- $image := index . 1 -}}
{{- printf "%s/%s:%s" ($image.registry | default $root.Values.global.imageRegistry) $image.repository ($image.tag | toString) -}}
{{- end -}}

{{- define "bud.imagePullSecrets" -}}
{{- with .Values.global.imagePullSecrets }}
imagePullSecrets:
{{- range . }}
  - name: {{ . }}
{{- end }}
{{- end }}
{{- end -}}

{{/* Address of an ingress host from outside. Takes (list root key). */}}
{{- define "bud.url" -}}
{{- $root := index . 0 -}}
{{- $scheme := ternary "http" "https" (eq $root.Values.global.ingress.tls.issuer "disabled") -}}
{{- printf "%s://%s.%s" $scheme (index . 1) $root.Values.global.ingress.hosts.root -}}
{{- end -}}

{{/* Whether cert-manager makes the ingress' certificates: "true" or nothing. */}}
{{- define "bud.certificates" -}}
{{- if has .Values.global.ingress.tls.issuer (list "internal" "letsencrypt") -}}true{{- end -}}
{{- end -}}

{{/* Name of the Secret with the RSA keys. */}}
{{- define "bud.rsaKeys" -}}
{{- tpl .Values.microservices.rsaKeys.existingSecret . | default (printf "%s-rsa-keys" .Release.Name) -}}
{{- end -}}

{{/* Names of the services that may be switched on or off below microservices, as a YAML list. */}}
{{- define "bud.services" -}}
{{- without (keys .Values.microservices | sortAlpha) "global" "rsaKeys" "volumes" "defaults" | toYaml -}}
{{- end -}}

{{/* Settings of a service: the defaults below its own. Takes (list root name), gives YAML. */}}
{{- define "bud.settings" -}}
{{- $root := index . 0 -}}
{{- mergeOverwrite (deepCopy $root.Values.microservices.defaults) (deepCopy (index $root.Values.microservices (index . 1))) | toYaml -}}
{{- end -}}

{{/* Names of the services that are on and have a Dapr sidecar, as a YAML list. */}}
{{- define "bud.daprServices" -}}
{{- $root := . -}}
{{- $names := list -}}
{{- range $name := include "bud.services" . | fromYamlArray -}}
{{- $settings := include "bud.settings" (list $root $name) | fromYaml -}}
{{- if and $settings.enabled $settings.dapr.enabled -}}
{{- $names = append $names $name -}}
{{- end -}}
{{- end -}}
{{- toYaml $names -}}
{{- end -}}

{{/* Fewest pods of a service. Takes (list root settings). */}}
{{- define "bud.replicas" -}}
{{- $settings := index . 1 -}}
{{- if (index . 0).Values.highAvailability.enabled -}}
{{- max (int $settings.replicas) (int $settings.minReplicas) -}}
{{- else -}}
{{- int $settings.replicas -}}
{{- end -}}
{{- end -}}

{{/* Keeps the pods of a component apart. Takes (list root name). */}}
{{- define "bud.spread" -}}
{{- $root := index . 0 -}}
{{- $ha := $root.Values.highAvailability -}}
{{- if and $ha.enabled (ne $ha.antiAffinity "none") -}}
affinity:
  podAntiAffinity:
    {{- if eq $ha.antiAffinity "hard" }}
    requiredDuringSchedulingIgnoredDuringExecution:
      - topologyKey: kubernetes.io/hostname
        labelSelector:
          matchLabels:
            {{- include "bud.selector" . | nindent 12 }}
    {{- else }}
    preferredDuringSchedulingIgnoredDuringExecution:
      - weight: 100
        podAffinityTerm:
          topologyKey: kubernetes.io/hostname
          labelSelector:
            matchLabels:
              {{- include "bud.selector" . | nindent 14 }}
    {{- end }}
topologySpreadConstraints:
  - maxSkew: 1
    topologyKey: topology.kubernetes.io/zone
    whenUnsatisfiable: ScheduleAnyway
    labelSelector:
      matchLabels:
        {{- include "bud.selector" . | nindent 8 }}
{{- end -}}
{{- end -}}

{{/* Environment from a map of values and a map of Secret entries. Takes (list root env secretEnv). */}}
{{- define "bud.env" -}}
{{- $root := index . 0 -}}
{{- range $variable, $value := index . 1 }}
- name: {{ $variable }}
  value: {{ tpl (toString $value) $root | quote }}
{{- end }}
{{- range $variable, $from := index . 2 }}
- name: {{ $variable }}
  valueFrom:
    secretKeyRef:
      name: {{ tpl (tpl $from.secret $root) $root }}
      key: {{ $from.key }}
{{- end }}
{{- end -}}
