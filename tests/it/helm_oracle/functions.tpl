{{ define "all" }}
yaml: |
{{ toYaml .Values | indent 2 }}
pretty: |
{{ toYamlPretty .Values.odd | indent 2 }}
{{ toYamlPretty .Values.map | indent 2 }}
{{ toYamlPretty .Values.multi | indent 2 }}
json: {{ toJson .Values }}
pjson: |
{{ toPrettyJson .Values.map | indent 2 }}
raw: {{ toRawJson (dict "a" "<b>&") }} {{ toJson (dict "a" "<b>&") }}
toml: |
{{ toToml (dict "a" 1 "b" (dict "c" 1.0 "d" (list 1 2 "x")) "e" (list (dict "x" 1) (dict "y" 2)) "q" "a\"b\n") | indent 2 }}
fy: {{ fromYaml "a: [1, {b: c}]\nd: ~" | toJson }} {{ fromYaml "a: b: c" | toJson }} {{ fromYaml "- a" | toJson }} {{ fromYamlArray "[1, a]" | toJson }} {{ fromYamlArray "a: 1" | toJson }}
fj: {{ fromJson "{\"a\":[1,2.5,null]}" | toJson }} {{ fromJson "{a}" | toJson }} {{ fromJson "[1]" | toJson }} {{ fromJsonArray "[1,{}]" | toJson }} {{ mustFromJson "3" }}
ft: {{ fromToml "a = 1\n[b]\nc = 'x'\nd = 1.5\n[[e]]\nf = true" | toJson }}
print: {{ printf "%s %d %v %q %5d|%-5s|%05.2f %x %t %T" "a" 5 .Values.f "q" 7 "ab" 3.14159 255 true .Values.n }}
bad: {{ printf "%s" .Values.n }} {{ printf "%d" "x" }} {{ printf "%d" .Values.f }}
vals: {{ .Values.n }} {{ .Values.f }} {{ .Values.big }} {{ .Values.huge }} {{ .Values.neg }} {{ .Values.t }} {{ .Values.nul }} {{ .Values.list }} {{ .Values.map }}
math: {{ add 1 2 3 }} {{ sub 5 2 }} {{ mul 2 3 4 }} {{ div 7 2 }} {{ mod 7 2 }} {{ max 1 5 3 }} {{ min 4 2 }} {{ floor 1.7 }} {{ ceil 1.2 }} {{ round 1.2345 2 }} {{ addf 1.5 2.25 }} {{ mulf 1.5 2 }} {{ divf 1 3 }} {{ subf 3 1.5 }} {{ add1 4 }} {{ int "7" }} {{ int64 .Values.big }} {{ float64 "1.5" }} {{ toDecimal "0777" }} {{ seq 1 2 7 }} {{ until 3 }} {{ untilStep 1 10 3 }} {{ maxf 1.5 2 }} {{ atoi "12" }}
str: {{ upper "abc" }} {{ title "foo bar" }} {{ trunc 3 "abcdef" }} {{ trunc -3 "abcdef" }} {{ substr 1 3 "abcdef" }} {{ abbrev 5 "abcdefgh" }} {{ nospace " a b " }} {{ initials "Foo Bar" }} {{ swapcase "aBc" }} {{ snakecase "FooBarBaz" }} {{ kebabcase "FooBar" }} {{ camelcase "foo_bar" }} {{ wrap 5 "aaa bbb ccc" | quote }} {{ plural "a" "b" 2 }} {{ repeat 3 "x" }} {{ cat "a" 1 nil "b" }} {{ replace "a" "b" "aXa" }} {{ contains "a" "cat" }} {{ trimAll "$" "$a$" }} {{ squote "a" 1 }} {{ quote 1 "b" nil }} {{ untitle "Foo" }}
lists: {{ join "," .Values.list }} {{ sortAlpha .Values.strs }} {{ uniq .Values.strs }} {{ without .Values.strs "a" }} {{ has "a" .Values.strs }} {{ first .Values.strs }} {{ last .Values.strs }} {{ rest .Values.strs }} {{ initial .Values.strs }} {{ reverse .Values.strs }} {{ append .Values.strs "z" }} {{ prepend .Values.strs "z" }} {{ concat .Values.strs (list 1) }} {{ compact (list "" 1 nil) }} {{ slice .Values.strs 1 3 }} {{ chunk 2 .Values.strs }} {{ index .Values.list 0 }} {{ len .Values.strs }} {{ splitList "," "a,b" }} {{ (split "," "a,b")._1 }} {{ toStrings .Values.list }}
dicts: {{ keys .Values.map | sortAlpha }} {{ pick .Values.map "b" }} {{ omit .Values.map "a" }} {{ merge (dict "a" 1) (dict "a" 2 "b" 3) }} {{ mergeOverwrite (dict "a" 1) (dict "a" 2) }} {{ hasKey .Values.map "b" }} {{ get .Values.map "b" }} {{ dig "a" "x" "d" .Values.map }} {{ values (dict "a" 1) }} {{ pluck "a" (dict "a" 1) (dict "a" 2) }} {{ deepCopy .Values.map | toJson }} {{ set (dict "a" 1) "b" 2 }} {{ unset (dict "a" 1) "a" }}
def: {{ default "d" .Values.empty }} {{ default "d" .Values.nope }} {{ coalesce "" nil "x" }} {{ ternary "a" "b" true }} {{ empty 0 }} {{ all 1 0 }} {{ any 0 1 }} {{ kindOf .Values.n }} {{ typeOf .Values.map }} {{ kindIs "map" .Values.map }} {{ typeIs "string" "a" }} {{ deepEqual (list 1) (list 1) }}
hash: {{ sha1sum "a" }} {{ sha256sum "a" }} {{ sha512sum "a" }} {{ adler32sum "a" }} {{ b64enc "é" }} {{ b64dec "w6k=" }} {{ b64dec "!!" }} {{ b32enc "a" }} {{ b32dec "ME======" }}
re: {{ regexMatch "^a+$" "aaa" }} {{ regexFind "[0-9]+" "a12b" }} {{ regexFindAll "[a-z]" "abc" 2 }} {{ regexReplaceAll "a(b)" "abab" "${1}x" }} {{ regexReplaceAllLiteral "a" "banana" "$1" }} {{ regexSplit "a" "banana" -1 }} {{ regexQuoteMeta "a.b" }}
sem: {{ semverCompare ">=1.2 <2" "1.5.0" }} {{ (semver "v1.2.3-a+b").Minor }} {{ semver "1.2" }} {{ (semver "1.2.3").IncMinor }} {{ semverCompare "^1.2.0" "1.9.9" }} {{ semverCompare "~1.2" .Capabilities.KubeVersion.Version }}
date: {{ date "2006-01-02 15:04:05 MST" 1700000000 }} {{ dateInZone "Mon Jan _2 15:04:05 -0700 2006" 1700000000 "Europe/Berlin" }} {{ htmlDate 0 }} {{ toDate "2006-01-02" "2024-02-29" }} {{ (toDate "2006-01-02" "2024-02-29") | dateModify "26h" | unixEpoch }} {{ duration "3661" }} {{ durationRound "2h10m5s" }} {{ durationSeconds "1h1s" }} {{ mustToDuration "90" }} {{ durationRoundTo "1h31m" "1h" }}
url: {{ urlParse "http://u:p@h:80/a%20b?q=1#f" | toJson }} {{ urlJoin (dict "scheme" "http" "host" "h" "path" "/a b" "query" "x=1") }} {{ urlquery "a b&c" }}
esc: {{ html "<a>" }} {{ js "a'b<" }}
pw: {{ derivePassword 1 "long" "password" "user" "example.com" }} {{ encryptAES "k" "text" | decryptAES "k" }} {{ randAlphaNum 5 | len }} {{ uuidv4 | len }} {{ htpasswd "a" "b" | len }} {{ randInt 1 2 }} {{ shuffle "aaa" }}
cert: {{ $ca := genCA "x" 10 }}{{ $ca.Cert | trunc 27 }} {{ $c := genSignedCert "y" (list "1.2.3.4") (list "h") 5 $ca }}{{ $c.Key | trunc 31 }} {{ genPrivateKey "ecdsa" | trunc 30 }} {{ genPrivateKey "ed25519" | len }}
ctl: {{ range $i, $e := .Values.strs }}{{ if eq $i 2 }}{{ break }}{{ end }}{{ $i }}={{ $e }} {{ end }}{{ range $k, $v := .Values.map }}{{ $k }};{{ end }}{{ with .Values.nope }}x{{ else with .Values.n }}w{{ . }}{{ end }}{{ range 3 }}{{ . }}{{ end }}
tpl: {{ tpl "{{ .Values.s }} {{ include \"x\" . }}" . }} {{ include "x" . | upper }}
lk: {{ lookup "v1" "Pod" "a" "b" }} {{ .Release.Revision }} {{ .Files.Get "nope" }} {{ .Template.Name }} {{ getHostByName "x" }}
{{ end }}{{ define "x" }}X{{ .Chart.Name }}{{ end }}
