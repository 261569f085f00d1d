{{/*
One service of Bud: service account, Service, Deployment, and with high availability an autoscaler and a
disruption budget. Takes (list root name).
*/}}
{{- define "bud.microservice" -}}
{{- $root := index . 0 -}}
{{- $name := index . 1 -}}
{{- $settings := include "bud.settings" . | fromYaml -}}
{{- if $settings.enabled -}}
{{- $backend := eq $settings.kind "backend" -}}
{{- $fullname := include "bud.fullname" . -}}
{{- $replicas := include "bud.replicas" (list $root $settings) | int -}}
{{- $scaled := and $root.Values.highAvailability.enabled $settings.autoscaling.enabled -}}
{{- $image := dict "registry" $settings.image.registry "repository" ($settings.image.repository | default (printf "budstudio/%s" $name)) "tag" ($settings.image.tag | default (include "bud.tag" $root)) -}}
apiVersion: v1
kind: ServiceAccount
metadata:
  name: {{ $fullname }}
  labels:
    {{- include "bud.labels" . | nindent 4 }}
# Only Dapr's secret store talks to the cluster.
automountServiceAccountToken: {{ $settings.dapr.enabled }}
---
apiVersion: v1
kind: Service
metadata:
  name: {{ $fullname }}
  labels:
    {{- include "bud.labels" . | nindent 4 }}
spec:
  selector:
    {{- include "bud.selector" . | nindent 4 }}
  ports:
    - name: http
      port: {{ $settings.port }}
      targetPort: http
      protocol: TCP
---
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ $fullname }}
  labels:
    {{- include "bud.labels" . | nindent 4 }}
  {{- with $settings.deploymentAnnotations }}
  annotations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
spec:
  {{- if not $scaled }}
  replicas: {{ $replicas }}
  {{- end }}
  strategy:
    type: RollingUpdate
    rollingUpdate:
      maxUnavailable: 0
      maxSurge: 1
  selector:
    matchLabels:
      {{- include "bud.selector" . | nindent 6 }}
  template:
    metadata:
      labels:
        {{- include "bud.labels" . | nindent 8 }}
      {{- $annotations := deepCopy $settings.podAnnotations }}
      {{- if $backend }}
      {{- $_ := set $annotations "checksum/env" (include "bud.environment" $root | sha256sum) }}
      {{- end }}
      {{- if eq $name "budgateway" }}
      {{- $_ := set $annotations "checksum/config" (tpl $settings.config $root | sha256sum) }}
      {{- end }}
      {{- if $settings.dapr.enabled }}
      {{- $annotations = merge $annotations (include "bud.daprAnnotations" (list $root $name $settings) | fromYaml) }}
      {{- end }}
      {{- with $annotations }}
      annotations:
        {{- toYaml . | nindent 8 }}
      {{- end }}
    spec:
      serviceAccountName: {{ $fullname }}
      automountServiceAccountToken: {{ $settings.dapr.enabled }}
      {{- include "bud.imagePullSecrets" $root | nindent 6 }}
      securityContext:
        {{- toYaml $settings.podSecurityContext | nindent 8 }}
      terminationGracePeriodSeconds: 60
      containers:
        - name: {{ $name }}
          image: {{ include "bud.image" (list $root $image) }}
          imagePullPolicy: {{ $settings.image.pullPolicy }}
          {{- with $settings.command }}
          command:
            {{- toYaml . | nindent 12 }}
          {{- end }}
          {{- with $settings.args }}
          args:
            {{- toYaml . | nindent 12 }}
          {{- end }}
          securityContext:
            {{- toYaml $settings.securityContext | nindent 12 }}
          ports:
            - name: http
              containerPort: {{ $settings.port }}
              protocol: TCP
          {{- if $backend }}
          envFrom:
            - configMapRef:
                name: {{ $root.Release.Name }}-env
          {{- end }}
          {{- $env := merge (deepCopy $settings.env) (dict "PORT" $settings.port) }}
          {{- $secretEnv := $settings.secretEnv }}
          {{- if $backend }}
          {{- $secretEnv = merge (deepCopy $secretEnv) $root.Values.microservices.global.secretEnv }}
          {{- end }}
          env:
            {{- include "bud.env" (list $root $env $secretEnv) | nindent 12 }}
          {{- $probe := dict "tcpSocket" (dict "port" "http") }}
          {{- with $settings.probes.path }}
          {{- $probe = dict "httpGet" (dict "path" . "port" "http") }}
          {{- end }}
          # A start that migrates a database may take its time.
          startupProbe:
            {{- toYaml $probe | nindent 12 }}
            periodSeconds: 5
            failureThreshold: {{ div (int $settings.probes.startupSeconds) 5 }}
          livenessProbe:
            {{- toYaml $probe | nindent 12 }}
            periodSeconds: 20
            failureThreshold: 3
          readinessProbe:
            {{- toYaml $probe | nindent 12 }}
            periodSeconds: 10
            failureThreshold: 3
          resources:
            {{- toYaml $settings.resources | nindent 12 }}
          volumeMounts:
            - name: tmp
              mountPath: /tmp
            {{- if $backend }}
            - name: rsa-keys
              mountPath: /app/keys
              readOnly: true
            {{- end }}
            {{- if eq $name "budgateway" }}
            - name: config
              mountPath: /app/config
              readOnly: true
            {{- end }}
            {{- range $volume, $path := $settings.volumes }}
            - name: {{ $volume }}
              mountPath: {{ $path }}
            {{- end }}
      volumes:
        - name: tmp
          emptyDir: {}
        {{- if $backend }}
        - name: rsa-keys
          secret:
            secretName: {{ include "bud.rsaKeys" $root }}
            defaultMode: 0440
        {{- end }}
        {{- if eq $name "budgateway" }}
        - name: config
          configMap:
            name: {{ $fullname }}-config
        {{- end }}
        {{- range $volume, $path := $settings.volumes }}
        - name: {{ $volume }}
          persistentVolumeClaim:
            claimName: {{ $root.Release.Name }}-{{ $volume }}
        {{- end }}
      {{- include "bud.spread" . | nindent 6 }}
      {{- with $settings.nodeSelector }}
      nodeSelector:
        {{- toYaml . | nindent 8 }}
      {{- end }}
      {{- with $settings.tolerations }}
      tolerations:
        {{- toYaml . | nindent 8 }}
      {{- end }}
{{- if $scaled }}
---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata:
  name: {{ $fullname }}
  labels:
    {{- include "bud.labels" . | nindent 4 }}
spec:
  scaleTargetRef:
    apiVersion: apps/v1
    kind: Deployment
    name: {{ $fullname }}
  minReplicas: {{ $replicas }}
  maxReplicas: {{ max $replicas (int $settings.autoscaling.maxReplicas) }}
  metrics:
    - type: Resource
      resource:
        name: cpu
        target:
          type: Utilization
          averageUtilization: {{ $settings.autoscaling.targetCPUUtilizationPercentage }}
{{- end }}
{{- /* A budget for a single pod would only keep its node from being drained. */}}
{{- if and $root.Values.highAvailability.enabled (gt $replicas (int $root.Values.highAvailability.minAvailable)) }}
---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata:
  name: {{ $fullname }}-pdb
  labels:
    {{- include "bud.labels" . | nindent 4 }}
spec:
  minAvailable: {{ $root.Values.highAvailability.minAvailable }}
  selector:
    matchLabels:
      {{- include "bud.selector" . | nindent 6 }}
{{- end }}
{{- end -}}
{{- end -}}

{{/* Annotations that give a pod its Dapr sidecar. Takes (list root name settings). */}}
{{- define "bud.daprAnnotations" -}}
{{- $root := index . 0 -}}
dapr.io/enabled: "true"
dapr.io/app-id: {{ index . 1 }}
dapr.io/app-port: {{ (index . 2).port | quote }}
dapr.io/config: {{ $root.Release.Name }}-dapr
dapr.io/log-level: {{ $root.Values.dapr.logLevel }}
dapr.io/api-token-secret: {{ $root.Release.Name }}-dapr-credentials
dapr.io/app-token-secret: {{ $root.Release.Name }}-dapr-credentials
dapr.io/volume-mounts: rsa-keys:/keys
dapr.io/sidecar-cpu-request: 50m
dapr.io/sidecar-memory-request: 64Mi
dapr.io/sidecar-memory-limit: 256Mi
{{- end -}}

{{/* What the ConfigMap of the shared environment holds; pods restart when it changes. */}}
{{- define "bud.environment" -}}
{{- range $variable, $value := .Values.microservices.global.env }}
{{ $variable }}: {{ tpl (toString $value) $ | quote }}
{{- end }}
{{- end -}}
