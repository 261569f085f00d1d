{{/* What the cluster offers. */}}
{{- define "shared.capabilities.kubeVersion" -}}
{{- default (default .Capabilities.KubeVersion.Version .Values.kubeVersion) ((.Values.global).kubeVersion) -}}
{{- end -}}

{{- define "shared.capabilities.has" -}}
{{- $versions := default .context.Values.apiVersions ((.context.Values.global).apiVersions) -}}
{{- if and (empty $versions) (.context.Capabilities.APIVersions.Has .version) -}}
{{- true -}}
{{- else if has .version $versions -}}
{{- true -}}
{{- end -}}
{{- end -}}

{{- define "shared.capabilities.policy" -}}
{{- $version := include "shared.capabilities.kubeVersion" . -}}
{{- if and (not (empty $version)) (semverCompare "<1.21-0" $version) -}}
{{- print "policy/v1beta1" -}}
{{- else -}}
{{- print "policy/v1" -}}
{{- end -}}
{{- end -}}

{{- define "shared.capabilities.ingress" -}}
{{- $version := include "shared.capabilities.kubeVersion" . -}}
{{- if and (not (empty $version)) (semverCompare "<1.19-0" $version) -}}
{{- print "networking.k8s.io/v1beta1" -}}
{{- else -}}
{{- print "networking.k8s.io/v1" -}}
{{- end -}}
{{- end -}}

{{- define "shared.capabilities.autoscaling" -}}
{{- $version := include "shared.capabilities.kubeVersion" .context -}}
{{- if and (not (empty $version)) (semverCompare "<1.23-0" $version) -}}
{{- if .beta2 -}}
{{- print "autoscaling/v2beta2" -}}
{{- else -}}
{{- print "autoscaling/v2beta1" -}}
{{- end -}}
{{- else -}}
{{- print "autoscaling/v2" -}}
{{- end -}}
{{- end -}}

{{/* A security context without what a platform wants to choose itself. */}}
{{- define "shared.compatibility.securityContext" -}}
{{- $adapted := .secContext -}}
{{- if (((.context.Values.global).compatibility).openshift) -}}
  {{- if or (eq .context.Values.global.compatibility.openshift.adaptSecurityContext "force") (and (eq .context.Values.global.compatibility.openshift.adaptSecurityContext "auto") (include "shared.capabilities.has" (dict "version" "security.openshift.io/v1" "context" .context))) -}}
    {{- $adapted = omit $adapted "fsGroup" "runAsUser" "runAsGroup" -}}
    {{- if not .secContext.seLinuxOptions -}}
    {{- $adapted = omit $adapted "seLinuxOptions" -}}
    {{- end -}}
  {{- end -}}
{{- end -}}
{{- if and (((.context.Values.global).compatibility).omitEmptySeLinuxOptions) (not .secContext.seLinuxOptions) -}}
  {{- $adapted = omit $adapted "seLinuxOptions" -}}
{{- end -}}
{{- if $adapted.privileged -}}
  {{- $adapted = omit $adapted "capabilities" "seLinuxOptions" -}}
{{- end -}}
{{- omit $adapted "enabled" | toYaml -}}
{{- end -}}
