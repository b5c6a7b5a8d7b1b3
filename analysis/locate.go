package analysis

import (
	"errors"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"tiltakseffekt/internal/fault"
)

// studyText is the study file that a Study was read from, for messages about its keys; the zero value is none.
type studyText struct {
	file string
	text []byte
}

var (
	keyInMessage     = regexp.MustCompile("^`([a-z_0-9]+(?:\\.[a-z_0-9]+)*)")
	valueInMessage   = regexp.MustCompile("names `([^`]+)`")
	outcomeInMessage = regexp.MustCompile("^outcome `(?:id: )?([^`]*)`")
	keyAfter         = regexp.MustCompile("`([a-z_0-9]+)[`:]")
)

// locate gives a complaint about a value, which begins with its key, the file and the line where it stands: of a value
// that a list holds, the line of the value; of a key that is missing, the line of what it is missing in. Errors that
// are not of usage, or name a line already, come back as they are.
func (t studyText) locate(err error) error {
	var e *fault.Error
	if t.text == nil || !errors.As(err, &e) || e.Status != fault.Usage || strings.HasPrefix(e.Message, "line ") || e.File != "" && e.File != t.file {
		return err
	}
	var document yaml.Node
	if yaml.Unmarshal(t.text, &document) != nil || len(document.Content) == 0 {
		return err
	}
	line := lineOf(document.Content[0], e.Message)
	if line == 0 {
		return err
	}
	if t.file != "" {
		e.File = t.file
	}
	e.Message = "line " + strconv.Itoa(line) + ": " + e.Message
	e.Row = int64(line)
	return err
}

// lineOf is the line of the YAML that a message is about; 0 where it cannot be told.
func lineOf(root *yaml.Node, message string) int {
	if m := outcomeInMessage.FindStringSubmatch(message); m != nil {
		return lineOfOutcome(root, m[1], message[len(m[0]):])
	}
	m := keyInMessage.FindStringSubmatch(message)
	if m == nil {
		return 0
	}
	path := strings.Split(m[1], ".")
	if !slices.Contains(keysOf("analysis.Study"), path[0]) { // the key of an object in a list
		lines := linesOfKey(root, path[len(path)-1], nil)
		if len(lines) == 1 {
			return lines[0]
		}
		return 0
	}
	line, node := root.Line, root
	for _, name := range path {
		key, value := keyOf(node, name)
		if key == nil {
			return line
		}
		line, node = key.Line, value
	}
	if v := valueInMessage.FindStringSubmatch(message); v != nil {
		if at := lineOfScalar(node, v[1]); at > 0 {
			return at
		}
	}
	return line
}

// lineOfOutcome is the line of an outcome by its id, or of the key of it that the rest of the message names.
func lineOfOutcome(root *yaml.Node, id, rest string) int {
	key, list := keyOf(root, "outcomes")
	if key == nil {
		return 0
	}
	for _, item := range list.Content {
		_, value := keyOf(item, "id")
		if value == nil && id != "" || value != nil && value.Value != id {
			continue
		}
		if m := keyAfter.FindStringSubmatch(rest); m != nil {
			if k, _ := keyOf(item, m[1]); k != nil {
				return k.Line
			}
		}
		return item.Line
	}
	return key.Line
}

// keyOf finds a key of a mapping and its value; nil where it is none or lacks it.
func keyOf(n *yaml.Node, name string) (key, value *yaml.Node) {
	if n == nil || n.Kind != yaml.MappingNode {
		return nil, nil
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		if n.Content[i].Value == name {
			return n.Content[i], n.Content[i+1]
		}
	}
	return nil, nil
}

func linesOfKey(n *yaml.Node, name string, lines []int) []int {
	for i, c := range n.Content {
		if n.Kind == yaml.MappingNode && i%2 == 0 {
			if c.Value == name {
				lines = append(lines, c.Line)
			}
			continue
		}
		lines = linesOfKey(c, name, lines)
	}
	return lines
}

func lineOfScalar(n *yaml.Node, value string) int {
	if n.Kind == yaml.ScalarNode && n.Value == value {
		return n.Line
	}
	for _, c := range n.Content {
		if line := lineOfScalar(c, value); line > 0 {
			return line
		}
	}
	return 0
}
