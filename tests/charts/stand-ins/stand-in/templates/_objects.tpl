{{/*
The objects that a stand-in consists of. Each takes a dict with `root` and, where it makes an object, `suffix`
(behind the chart's full name, may be missing) and `component`.
*/}}
{{- define "stand-in.name" -}}
{{- $root := .root -}}
{{- $name := $root.Release.Name -}}
{{- if not (contains $root.Chart.Name $root.Release.Name) -}}
{{- $name = printf "%s-%s" $root.Release.Name $root.Chart.Name -}}
{{- end -}}
{{- with .suffix -}}{{- $name = printf "%s-%s" $name . -}}{{- end -}}
{{- $name | trunc 63 | trimSuffix "-" -}}
{{- end -}}

{{- define "stand-in.selector" -}}
app.kubernetes.io/name: {{ .root.Chart.Name }}
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .component }}
{{- end -}}

{{- define "stand-in.metadata" -}}
name: {{ include "stand-in.name" . }}
namespace: {{ .root.Release.Namespace | quote }}
labels:
  {{- include "stand-in.selector" . | nindent 2 }}
  app.kubernetes.io/managed-by: {{ .root.Release.Service }}
  app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
  helm.sh/chart: {{ .root.Chart.Name }}-{{ .root.Chart.Version }}
{{- end -}}

{{/* Reference of `image`; like the charts they stand for, they take foreign images only when told so. */}}
{{- define "stand-in.image" -}}
{{- $global := .root.Values.global | default dict -}}
{{- $own := or (hasPrefix "bitnami/" .image.repository) (eq .root.Chart.Name "prometheus") -}}
{{- if not (or $own (dig "security" "allowInsecureImages" false $global)) -}}
{{- fail (printf "%s: %s is not an image of this chart; global.security.allowInsecureImages allows it" .root.Chart.Name .image.repository) -}}
{{- end -}}
{{- if eq .root.Chart.Name "prometheus" -}}
{{- printf "%s%s:%s" (ternary (printf "%s/" .image.registry) "" (hasKey .image "registry")) .image.repository .image.tag -}}
{{- else -}}
{{- printf "%s/%s:%s" ($global.imageRegistry | default .image.registry | default "docker.io") .image.repository .image.tag -}}
{{- end -}}
{{- end -}}

{{- define "stand-in.secretName" -}}
{{- if .existing -}}{{- tpl .existing .root -}}{{- else -}}{{- include "stand-in.name" . -}}{{- end -}}
{{- end -}}

{{/* Secret of `entries`, unless `existing` names one. */}}
{{- define "stand-in.secret" -}}
{{- if not .existing }}
---
apiVersion: v1
kind: Secret
metadata:
  {{- include "stand-in.metadata" . | nindent 2 }}
type: Opaque
data:
  {{- range $key, $value := .entries }}
  {{ $key }}: {{ $value | default "stand-in" | b64enc | quote }}
  {{- end }}
{{- end }}
{{- end -}}

{{/* Service of `ports` (name -> number); `headless` gives it no address. */}}
{{- define "stand-in.service" }}
---
apiVersion: v1
kind: Service
metadata:
  {{- include "stand-in.metadata" . | nindent 2 }}
spec:
  type: ClusterIP
  {{- if .headless }}
  clusterIP: None
  publishNotReadyAddresses: true
  {{- end }}
  selector:
    {{- include "stand-in.selector" (dict "root" .root "component" (.target | default .component)) | nindent 4 }}
  ports:
    {{- range $name, $port := .ports }}
    - name: {{ $name }}
      port: {{ $port }}
      targetPort: {{ $name }}
    {{- end }}
{{- end -}}

{{- define "stand-in.claimSpec" -}}
accessModes: [ReadWriteOnce]
{{- $global := .root.Values.global | default dict }}
{{- with .class | default $global.defaultStorageClass }}
storageClassName: {{ . }}
{{- end }}
resources:
  requests:
    storage: {{ .size | quote }}
{{- end -}}

{{- define "stand-in.claim" }}
---
apiVersion: v1
kind: PersistentVolumeClaim
metadata:
  {{- include "stand-in.metadata" . | nindent 2 }}
spec:
  {{- include "stand-in.claimSpec" . | nindent 2 }}
{{- end -}}

{{/*
Workload of `kind` with `replicas` pods of one container: `image`, `ports`, `env`, `resources`, `secretName`
(its entries are files), `size` (of a claim per pod) or `claim` (name of one), `volumes` and `volumeMounts`.
*/}}
{{- define "stand-in.workload" }}
{{- $root := .root }}
{{- $global := .root.Values.global | default dict }}
---
apiVersion: apps/v1
kind: {{ .kind }}
metadata:
  {{- include "stand-in.metadata" . | nindent 2 }}
spec:
  {{- if ne .kind "DaemonSet" }}
  replicas: {{ .replicas }}
  {{- end }}
  {{- if eq .kind "StatefulSet" }}
  serviceName: {{ include "stand-in.name" (dict "root" .root "suffix" (.serviceSuffix | default "headless")) }}
  podManagementPolicy: Parallel
  {{- end }}
  selector:
    matchLabels:
      {{- include "stand-in.selector" . | nindent 6 }}
  template:
    metadata:
      labels:
        {{- include "stand-in.selector" . | nindent 8 }}
    spec:
      automountServiceAccountToken: false
      {{- with $global.imagePullSecrets }}
      imagePullSecrets:
        {{- range . }}
        - name: {{ . }}
        {{- end }}
      {{- end }}
      securityContext:
        runAsNonRoot: true
        runAsUser: 1001
        fsGroup: 1001
        seccompProfile: { type: RuntimeDefault }
      affinity:
        podAntiAffinity:
          preferredDuringSchedulingIgnoredDuringExecution:
            - weight: 1
              podAffinityTerm:
                topologyKey: kubernetes.io/hostname
                labelSelector:
                  matchLabels:
                    {{- include "stand-in.selector" . | nindent 20 }}
      containers:
        - name: {{ .component }}
          image: {{ include "stand-in.image" . }}
          securityContext:
            allowPrivilegeEscalation: false
            capabilities: { drop: [ALL] }
          {{- with .env }}
          env:
            {{- range $variable, $value := . }}
            - name: {{ $variable }}
              value: {{ tpl (toString $value) $root | quote }}
            {{- end }}
          {{- end }}
          {{- with .ports }}
          ports:
            {{- range $name, $port := . }}
            - name: {{ $name }}
              containerPort: {{ $port }}
            {{- end }}
          readinessProbe:
            tcpSocket: { port: {{ keys . | sortAlpha | first }} }
          {{- end }}
          {{- with .resources }}
          resources:
            {{- toYaml . | nindent 12 }}
          {{- end }}
          {{- $mounts := list }}
          {{- if or .size .claim }}{{ $mounts = append $mounts (dict "name" "data" "mountPath" "/data") }}{{ end }}
          {{- if .secretName }}{{ $mounts = append $mounts (dict "name" "credentials" "mountPath" "/run/credentials" "readOnly" true) }}{{ end }}
          {{- with concat $mounts (.volumeMounts | default list) }}
          volumeMounts:
            {{- toYaml . | nindent 12 }}
          {{- end }}
      {{- $volumes := list }}
      {{- with .claim }}{{ $volumes = append $volumes (dict "name" "data" "persistentVolumeClaim" (dict "claimName" .)) }}{{ end }}
      {{- with .secretName }}{{ $volumes = append $volumes (dict "name" "credentials" "secret" (dict "secretName" .)) }}{{ end }}
      {{- with concat $volumes (.volumes | default list) }}
      volumes:
        {{- tpl (toYaml .) $root | nindent 8 }}
      {{- end }}
  {{- if .size }}
  volumeClaimTemplates:
    - metadata:
        name: data
      spec:
        {{- include "stand-in.claimSpec" . | nindent 8 }}
  {{- end }}
{{- end -}}
