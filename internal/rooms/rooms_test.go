package rooms

import (
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"path"
	"regexp"
	"strings"
	"testing"
)

const module = "tiltakseffekt"

// behind are libraries that only some rooms may import.
var behind = map[string][]string{
	"github.com/apache/arrow/": {"datasets"},
	"github.com/spf13/":        {"cmd"},
	"gonum.org/v1/plot":        {"results/figure"},
	"github.com/xuri/":         {"results/export"},
}

// table reads room → allowed patterns from docs/rooms.md.
func table(t *testing.T) map[string][]string {
	t.Helper()
	b, err := os.ReadFile("../../docs/rooms.md")
	if err != nil {
		t.Fatal(err)
	}
	quoted := regexp.MustCompile("`([^`]+)`")
	rooms := map[string][]string{}
	for _, line := range strings.Split(string(b), "\n") {
		cells := strings.Split(line, "|")
		if len(cells) != 5 || !strings.HasPrefix(strings.TrimSpace(cells[1]), "`") {
			continue
		}
		room := quoted.FindStringSubmatch(cells[1])[1]
		var allowed []string
		for _, m := range quoted.FindAllStringSubmatch(cells[3], -1) {
			allowed = append(allowed, m[1])
		}
		if strings.TrimSpace(cells[3]) == "everything" {
			allowed = []string{"everything"}
		}
		rooms[room] = allowed
	}
	if len(rooms) < 15 {
		t.Fatalf("docs/rooms.md has %d rooms", len(rooms))
	}
	return rooms
}

// roomOf is the room a package belongs to: the longest entry that is the package or a folder above it.
func roomOf(rooms map[string][]string, pkg string) string {
	for p := pkg; p != "."; p = path.Dir(p) {
		if _, ok := rooms[p]; ok {
			return p
		}
		if _, ok := rooms[path.Dir(p)+"/*"]; ok && path.Dir(p) == "internal" {
			return "internal/*"
		}
	}
	return ""
}

func allowed(patterns []string, room, imported string) bool {
	for _, p := range patterns {
		if p == "everything" || p == imported {
			return true
		}
		if prefix, ok := strings.CutSuffix(p, "/*"); ok && strings.HasPrefix(imported, prefix+"/") {
			return true
		}
	}
	return imported == room || strings.HasPrefix(imported, room+"/") || room == "internal/*" && strings.HasPrefix(imported, "internal/")
}

func TestImportsFollowTheTable(t *testing.T) {
	rooms := table(t)
	out, err := exec.Command("go", "list", "-json=ImportPath,Imports,TestImports,XTestImports", module+"/...").Output()
	if err != nil {
		t.Fatal(err)
	}
	dec := json.NewDecoder(strings.NewReader(string(out)))
	checked := 0
	for {
		var p struct {
			ImportPath string
			Imports    []string
		}
		if err := dec.Decode(&p); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		pkg := strings.TrimPrefix(p.ImportPath, module+"/")
		room := roomOf(rooms, pkg)
		if room == "" {
			t.Errorf("package %s stands in no room of docs/rooms.md", pkg)
			continue
		}
		for _, i := range p.Imports {
			if imported, ours := strings.CutPrefix(i, module+"/"); ours {
				checked++
				if !allowed(rooms[room], room, imported) {
					t.Errorf("%s (room %s) may not import %s", pkg, room, imported)
				}
				continue
			}
			for library, homes := range behind {
				if !strings.HasPrefix(i, library) {
					continue
				}
				ok := false
				for _, h := range homes {
					ok = ok || pkg == h || strings.HasPrefix(pkg, h+"/")
				}
				if !ok {
					t.Errorf("%s imports %s, which stays behind %v", pkg, i, homes)
				}
			}
		}
	}
	if checked < 20 {
		t.Errorf("only %d imports checked", checked)
	}
}

// The estimating rooms must not reach the simulator, directly or through another room.
func TestNoEstimatingRoomReachesTheTruth(t *testing.T) {
	for _, pkg := range []string{"analysis", "analysis/cohort", "analysis/did", "analysis/duration", "analysis/outcome", "matching", "results"} {
		out, err := exec.Command("go", "list", "-deps", module+"/"+pkg).Output()
		if err != nil {
			t.Fatalf("%s: %v", pkg, err)
		}
		if strings.Contains(string(out), module+"/datasets/simulate") {
			t.Errorf("%s depends on the simulator", pkg)
		}
	}
}
