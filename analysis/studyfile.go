package analysis

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"tiltakseffekt/internal/fault"
	"tiltakseffekt/results"
)

// Load reads a study file, strictly: an unknown key names its line and the key it may be meant for. Relative paths in it
// are taken from the folder of the file. The study that comes back is resolved.
func Load(path string) (*Study, error) { return LoadFrom(path, filepath.Dir(path)) }

// Place is the file that the study was read from, as an absolute path; "" where it was read from none.
func (s *Study) Place() string {
	if s.given.file == "" {
		return ""
	}
	path, err := filepath.Abs(s.given.file)
	if err != nil {
		return ""
	}
	return path
}

// LoadFrom is Load of a copy of a study file: relative paths in it are taken from folder, where the study lay.
func LoadFrom(path, folder string) (*Study, error) {
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		return nil, fault.Usagef("no_study", "`%s` is a folder, and a study is a YAML file; give its name", path)
	}
	b, err := os.ReadFile(path)
	if err != nil {
		if errors.Is(err, os.ErrNotExist) {
			return nil, fault.Usagef("no_study", "there is no study file `%s`; `evaluate init %s` writes one", path, path)
		}
		var cause *os.PathError
		if errors.As(err, &cause) {
			err = cause.Err
		}
		return nil, fault.Usagef("no_study", "study file `%s` cannot be read (%v); give one that can", path, err)
	}
	s, err := Parse(b)
	if err != nil {
		var e *fault.Error
		if errors.As(err, &e) {
			return nil, e.In(path)
		}
		return nil, err
	}
	s.given.file = path
	for _, p := range []*string{&s.Data.Register, &s.Data.Mapping, &s.Data.Catalog, &s.Plan} {
		given := *p
		if *p != "" && !filepath.IsAbs(*p) {
			*p = filepath.Join(folder, filepath.FromSlash(*p))
		}
		if err := foreignSeparators(given, *p); err != nil {
			return nil, err.In(path)
		}
	}
	return s, nil
}

// foreignSeparators refuses a path that was written for Windows and names nothing here: \ separates folders there alone, and
// / does on every system. A file whose name has a \ in it is left alone.
func foreignSeparators(given, path string) *fault.Error {
	if filepath.Separator == '\\' || !strings.Contains(given, `\`) {
		return nil
	}
	if _, err := os.Stat(path); err == nil {
		return nil
	}
	return fault.Usagef("bad_path", "`%s` has \\ between folders, which only Windows reads; write `%s`, which every system does", given, strings.ReplaceAll(given, `\`, "/"))
}

// Parse reads and resolves the text of a study file.
func Parse(text []byte) (*Study, error) {
	s := Study{Horizon: unset}
	dec := yaml.NewDecoder(bytes.NewReader(text))
	dec.KnownFields(true)
	if err := dec.Decode(&s); err != nil {
		if errors.Is(err, io.EOF) {
			return nil, fault.Usagef("bad_study", "the study file is empty; `evaluate init` writes one with every key")
		}
		return nil, yamlFault(err, text)
	}
	if err := dec.Decode(new(yaml.Node)); !errors.Is(err, io.EOF) {
		return nil, fault.Usagef("bad_study", "the study file holds more than one document; keep one")
	}
	var tree yaml.Node
	if err := yaml.Unmarshal(text, &tree); err != nil {
		return nil, yamlFault(err, text)
	}
	if err := stray(&tree, studyShape(), "a study"); err != nil {
		return nil, err
	}
	if err := s.Resolve(); err != nil {
		return nil, studyText{text: text}.locate(err)
	}
	s.given = studyText{text: text}
	return &s, nil
}

var (
	unknownField = regexp.MustCompile(`line (\d+): field (\S+) not found in type (\S+)`)
	wrongType    = regexp.MustCompile("line (\\d+): cannot unmarshal \\S+ `?([^`]*)`? into (\\S+)")
	wrongShape   = regexp.MustCompile(`line (\d+): cannot unmarshal !!(map|seq) into (\S+)`)
	atLine       = regexp.MustCompile(`line (\d+): (.*)`)
	quotedValue  = regexp.MustCompile("^`([^`]+)` is not")
)

// yamlFault turns the complaint of the YAML decoder into one sentence about the first thing that is wrong.
func yamlFault(err error, file []byte) error {
	var known *fault.Error
	if errors.As(err, &known) {
		return known
	}
	text := err.Error()
	if m := unknownField.FindStringSubmatch(text); m != nil {
		return fault.Usagef("unknown_key", "line %s: `%s` is no key of %s%s", m[1], m[2], placeOf(m[3]), fault.Suggest(m[2], keysOf(m[3]))).At(atoi(m[1]))
	}
	if m := wrongType.FindStringSubmatch(text); m != nil {
		return fault.Usagef("bad_study", "line %s: `%s` is not %s", m[1], m[2], goTypeInWords(m[3])).At(atoi(m[1]))
	}
	if m := wrongShape.FindStringSubmatch(text); m != nil {
		return fault.Usagef("bad_study", "line %s: %s stands where %s belongs", m[1], map[string]string{"map": "a mapping", "seq": "a list"}[m[2]], strings.TrimPrefix(goTypeInWords(m[3]), "what belongs there: ")).At(atoi(m[1]))
	}
	if m := atLine.FindStringSubmatch(text); m != nil {
		if line := tabbed(file, int(atoi(m[1]))); line > 0 {
			return fault.Usagef("bad_study", "line %d: a tab stands before the key, and YAML is indented by spaces alone; replace it by spaces", line).At(int64(line))
		}
		if words, ok := yamlWords[m[2]]; ok {
			m[2] = words
		}
		return fault.Usagef("bad_study", "line %s: %s", m[1], strings.TrimSuffix(m[2], ".")).At(atoi(m[1]))
	}
	if m := quotedValue.FindStringSubmatch(text); m != nil { // a value that its own type refused, such as a month
		for i, line := range strings.Split(string(file), "\n") {
			if strings.Contains(line, m[1]) {
				return fault.Usagef("bad_study", "line %d: %s", i+1, strings.TrimPrefix(text, "yaml: ")).At(int64(i + 1))
			}
		}
	}
	return fault.Usagef("bad_study", "the study file is no YAML: %s", strings.TrimPrefix(text, "yaml: "))
}

// yamlWords are what the YAML scanner's complaints mean for somebody who writes a study.
var yamlWords = map[string]string{
	"mapping values are not allowed in this context": "a colon stands inside a value, or a line is indented further than the one before; put texts with a colon in quotes",
	"found character that cannot start any token":    "a value begins with a character that YAML keeps for itself, such as @, ` or %; put it in quotes",
	"could not find expected ':'":                    "a key without a colon stands here or just before; write `key: value`",
	"did not find expected key":                      "what stands here is no key of the block above it; indent it as the keys around it",
}

// tabbed is the line, the given one or one beside it (the scanner counts some from 0), whose indentation holds a tab; 0 where
// there is none.
func tabbed(file []byte, line int) int {
	lines := strings.Split(string(file), "\n")
	for _, n := range []int{line, line + 1, line - 1} {
		if n < 1 || n > len(lines) {
			continue
		}
		text := lines[n-1]
		if indent := text[:len(text)-len(strings.TrimLeft(text, " \t"))]; strings.Contains(indent, "\t") {
			return n
		}
	}
	return 0
}

func atoi(s string) int64 {
	n, _ := strconv.ParseInt(s, 10, 64)
	return n
}

func goTypeInWords(t string) string {
	switch {
	case strings.HasPrefix(t, "int"), strings.HasPrefix(t, "uint"):
		return "a whole number"
	case strings.HasPrefix(t, "float"):
		return "a number"
	case t == "string":
		return "a text"
	case t == "bool":
		return "true or false"
	case strings.HasPrefix(t, "[]"):
		return "a list"
	case strings.HasSuffix(t, "Month"):
		return "a month such as 2018-01"
	}
	if keys := keysOf(strings.TrimPrefix(t, "*")); len(keys) > 0 {
		return "what belongs there: " + mappingOf(keys)
	}
	return "what belongs there"
}

// mappingOf describes a mapping by its keys.
func mappingOf(keys []string) string { return "a mapping of the keys " + strings.Join(keys, ", ") }

// placeOf is the key under which a type of the study stands, as a message names it.
func placeOf(typeName string) string {
	place := "a study"
	seen := map[reflect.Type]bool{}
	var walk func(t reflect.Type, key string)
	walk = func(t reflect.Type, key string) {
		for t.Kind() == reflect.Pointer || t.Kind() == reflect.Slice {
			t = t.Elem()
		}
		if t.Kind() != reflect.Struct || seen[t] {
			return
		}
		seen[t] = true
		if key != "" && t.String() == typeName {
			place = "`" + key + "`"
		}
		for i := range t.NumField() {
			below, option, _ := strings.Cut(t.Field(i).Tag.Get("yaml"), ",")
			if option == "inline" {
				below = key
			}
			walk(t.Field(i).Type, below)
		}
	}
	walk(reflect.TypeFor[Study](), "")
	return place
}

// keysOf are the YAML keys of a type of the study, by the name the decoder gives it.
func keysOf(typeName string) []string {
	var keys []string
	var walk func(t reflect.Type)
	seen := map[reflect.Type]bool{}
	walk = func(t reflect.Type) {
		for t.Kind() == reflect.Pointer || t.Kind() == reflect.Slice {
			t = t.Elem()
		}
		if t.Kind() != reflect.Struct || seen[t] {
			return
		}
		seen[t] = true
		for i := range t.NumField() {
			f := t.Field(i)
			key, option, _ := strings.Cut(f.Tag.Get("yaml"), ",")
			switch {
			case t.String() != typeName || key == "-":
			case option == "inline":
				keys = append(keys, keysOf(f.Type.String())...)
			case key != "":
				keys = append(keys, key)
			}
			walk(f.Type)
		}
	}
	walk(reflect.TypeFor[Study]())
	return keys
}

// knownKeys refuses a mapping with a key that is not allowed; for types that decode themselves, which the decoder's own
// strictness does not reach.
func knownKeys(n *yaml.Node, place string, allowed ...string) error {
	if n.Kind != yaml.MappingNode {
		return fault.Usagef("bad_study", "line %d: `%s` is not what belongs there: %s", n.Line, place, mappingOf(allowed)).At(int64(n.Line))
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		k := n.Content[i]
		found := false
		for _, a := range allowed {
			found = found || a == k.Value
		}
		if !found {
			return fault.Usagef("unknown_key", "line %d: `%s` is no key of `%s`%s", k.Line, k.Value, place, fault.Suggest(k.Value, allowed)).At(int64(k.Line))
		}
	}
	return nil
}

// localText is a text, or one in each language.
type localText results.Text

// UnmarshalYAML reads a text or {nb: …, en: …}.
func (t *localText) UnmarshalYAML(n *yaml.Node) error {
	if n.Kind == yaml.ScalarNode {
		t.NB, t.EN = n.Value, n.Value
		return nil
	}
	if err := knownKeys(n, "nb/en", "nb", "en"); err != nil {
		return err
	}
	type plain struct {
		NB string `yaml:"nb"`
		EN string `yaml:"en"`
	}
	var p plain
	if err := n.Decode(&p); err != nil {
		return err
	}
	t.NB, t.EN = p.NB, p.EN
	return nil
}

// names is a list of covariates, or the word default (nil).
type names []string

// UnmarshalYAML reads a list of covariates or `default`.
func (c *names) UnmarshalYAML(n *yaml.Node) error {
	if n.Kind == yaml.ScalarNode {
		if n.Value != "default" {
			return fault.Usagef("bad_study", "line %d: `covariates` is a list of names, or default", n.Line).At(int64(n.Line))
		}
		*c = nil
		return nil
	}
	return n.Decode((*[]string)(c))
}

// Washout is months without a start before time zero: of any tiltak, of the same tiltak.
type Washout struct {
	Any  int  `json:"any"`
	Same int  `json:"same"`
	set  bool // false: the study says nothing, and the default applies
}

// UnmarshalYAML reads {any: 0, same: 6} or a number, which is `any`.
func (w *Washout) UnmarshalYAML(n *yaml.Node) error {
	w.set = true
	if n.Kind == yaml.ScalarNode {
		return n.Decode(&w.Any)
	}
	if err := knownKeys(n, "washout", "any", "same"); err != nil {
		return err
	}
	p := struct {
		Any  int `yaml:"any"`
		Same int `yaml:"same"`
	}{Same: 6}
	if err := n.Decode(&p); err != nil {
		return err
	}
	w.Any, w.Same = p.Any, p.Same
	return nil
}
