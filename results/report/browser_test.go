package report

import (
	"encoding/json"
	"fmt"
	"html"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"sync"
	"testing"

	"tiltakseffekt/results/internal/madeup"
)

// frame loads the report in frames of three widths, looks at what a reader would see, uses it, and writes what it found as
// JSON. It is the reader of this test; the report knows nothing of it.
const frame = `<!DOCTYPE html><title>frame</title><link rel="icon" href="data:,"><pre id="out"></pre><script>
const widths = [390, 768, 1400], found = {};
async function look(width) {
  const f = document.createElement("iframe");
  f.style.cssText = "border:0;width:" + width + "px;height:2000px";
  f.src = "/report.html";
  document.body.appendChild(f);
  await new Promise(r => f.onload = r);
  const d = f.contentDocument, w = f.contentWindow, r = {svg: 0, narrow: 0, wide: 0, small: []};
  d.querySelectorAll("details").forEach(x => x.open = true);
  r.overflow = d.documentElement.scrollWidth - d.documentElement.clientWidth;
  d.querySelectorAll("svg").forEach(s => {
    const box = s.getBoundingClientRect();
    r.svg++;
    if (box.width < 250 || box.height < 40) r.narrow++;
    if (box.right > width + 1) r.wide++;
    s.querySelectorAll("text").forEach(x => {
      const px = parseFloat(w.getComputedStyle(x).fontSize) * box.width / s.viewBox.baseVal.width;
      if (!(px >= r.letters)) r.letters = px;
    });
  });
  const table = d.querySelector("#answer > .table table"), th = table.querySelectorAll("th")[5];
  const effects = () => Array.from(table.tBodies[0].rows).map(x => x.cells[5].dataset.raw).filter(x => x !== "").map(Number);
  const before = effects();
  th.querySelector("button").click();
  const up = effects();
  th.querySelector("button").click();
  const down = effects();
  r.rows = before.length;
  r.sorted = up.every((x, i) => i === 0 || up[i-1] <= x) && down.every((x, i) => i === 0 || down[i-1] >= x) && up.length === before.length;
  r.aria = th.getAttribute("aria-sort");
  const input = d.querySelector("#answer > .table input");
  if (input) {
    const shown = () => Array.from(table.tBodies[0].rows).filter(x => w.getComputedStyle(x).display !== "none").length;
    input.value = "zzz";
    input.dispatchEvent(new Event("input"));
    r.filtered = shown();
    input.value = "";
    input.dispatchEvent(new Event("input"));
    r.filtered += table.tBodies[0].rows.length - shown();
  }
  // What is read aloud, what can be told from its ground, and what a figure says.
  r.tables = Array.from(d.querySelectorAll("table")).filter(x => !x.caption || !x.caption.textContent || x.tBodies[0].rows.length && !x.querySelector("tbody th[scope=row]") || !x.querySelector("thead th[scope=col]")).length;
  r.bare = Array.from(d.querySelectorAll("figure")).filter(x => !x.querySelector("table")).length;
  r.landmarks = ["header", "nav[aria-label]", "main", "section[aria-labelledby]", "a.skip[href]"].filter(x => !d.querySelector(x)).join(" ");
  const light = c => { const v = c.map(x => (x /= 255) <= 0.03928 ? x / 12.92 : ((x + 0.055) / 1.055) ** 2.4); return 0.2126 * v[0] + 0.7152 * v[1] + 0.0722 * v[2]; };
  const rgb = s => s.match(/[\d.]+/g).map(Number);
  const ground = e => { for (; e; e = e.parentElement) { const c = rgb(w.getComputedStyle(e).backgroundColor); if (c.length < 4 || c[3] > 0) return c.slice(0, 3); } return [255, 255, 255]; };
  const seen = {};
  r.contrast = 21;
  d.querySelectorAll("body *:not(svg):not(svg *):not(script)").forEach(e => {
    const key = e.tagName + e.className + e.parentElement.tagName + e.parentElement.className;
    if (seen[key] || !Array.from(e.childNodes).some(n => n.nodeType === 3 && n.data.trim())) return;
    seen[key] = true;
    const a = light(rgb(w.getComputedStyle(e).color).slice(0, 3)), b = light(ground(e)), c = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (c < r.contrast) { r.contrast = c; r.faint = key; }
  });
  const box = d.querySelector("#evidence .svg[tabindex]"), tip = d.querySelector(".tip");
  if (box) {
    box.focus();
    for (const key of ["Home", "ArrowRight"]) box.dispatchEvent(new KeyboardEvent("keydown", {key, cancelable: true}));
    r.keyed = tip.hidden ? "" : tip.textContent;
    box.dispatchEvent(new KeyboardEvent("keydown", {key: "Escape"}));
    const at = box.getBoundingClientRect();
    box.dispatchEvent(new PointerEvent("pointermove", {clientX: at.left + at.width * 0.6, clientY: at.top + at.height / 2}));
    const t = tip.getBoundingClientRect();
    r.pointed = tip.hidden || t.left < 0 || t.right > width + 1 ? "" : tip.textContent;
    box.dispatchEvent(new PointerEvent("pointerleave"));
    r.hid = tip.hidden;
  }
  let csv = null;
  w.URL.createObjectURL = b => { csv = b; return "#"; };
  d.querySelector("#answer > .table .save").click();
  r.csv = csv ? await csv.text() : "";
  r.headings = Array.from(d.querySelectorAll("h1,h2,h3,h4")).map(h => Number(h.tagName[1]));
  r.unnamed = Array.from(d.querySelectorAll("svg")).filter(s => !s.querySelector("title")).length;
  r.ids = d.querySelectorAll("[id]").length - new Set(Array.from(d.querySelectorAll("[id]")).map(x => x.id)).size;
  r.links = Array.from(d.querySelectorAll("a[href^='#']")).filter(a => !d.getElementById(a.getAttribute("href").slice(1))).length;
  found[width] = r;
  f.remove();
}
(async () => { for (const w of widths) await look(w); document.getElementById("out").textContent = JSON.stringify(found); })();
</script>`

// TestInABrowser opens the report in headless Chromium, where there is one, and then a report with one of each fault.
func TestInABrowser(t *testing.T) {
	chromium, err := exec.LookPath("chromium")
	switch {
	case testing.Short():
		t.Skip("short")
	case err != nil && os.Getenv("EVALUATE_REQUIRE_CHROMIUM") != "":
		t.Fatal("EVALUATE_REQUIRE_CHROMIUM is set, and there is no chromium")
	case err != nil:
		t.Skip("no chromium on this machine: apt-get install chromium")
	}
	usual, usualTables := madeup.Make(6, 7)
	many, manyTables := thirtyTiltak()
	for name, page := range map[string]string{"usual": render(t, usual, usualTables, "nb"), "thirty tiltak": render(t, many, manyTables, "nb")} {
		for _, f := range faults(t, chromium, page) {
			t.Errorf("%s: %s", name, f)
		}
	}
	r, tables := madeup.Make(1, 7)
	page := render(t, r, tables, "nb")
	page = strings.Replace(page, "</main>", `<p style="width:3000px;color:#aaa">bred og blek</p><h2>to</h2><h4>fire</h4><a href="#nowhere">x</a><figure></figure><table><tbody><tr><td>1</td></tr></tbody></table></main>
<script>throw new Error("thrown")</script>`, 1)
	page = regexp.MustCompile(`<meta http-equiv="Content-Security-Policy"[^>]*>`).ReplaceAllString(page, `<script src="/elsewhere.js"></script>`)
	found := strings.Join(faults(t, chromium, page), "\n")
	for _, want := range []string{"thrown", "asks for /elsewhere.js", "pixels too wide", "contrast", "follows one of level", "1 links to nothing", "1 figures without a table", "1 tables without"} {
		if !strings.Contains(found, want) {
			t.Errorf("a fault is not found: %q in\n%s", want, found)
		}
	}
}

// faults are what a reader of a page would meet: messages of the console, requests, what cannot be seen, used or read aloud.
func faults(t *testing.T, chromium, page string) (out []string) {
	t.Helper()
	fault := func(format string, args ...any) { out = append(out, fmt.Sprintf(format, args...)) }
	var mu sync.Mutex
	var asked []string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		mu.Lock()
		asked = append(asked, q.URL.Path)
		mu.Unlock()
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		switch q.URL.Path {
		case "/":
			_, _ = w.Write([]byte(frame))
		case "/report.html":
			_, _ = w.Write([]byte(page))
		default:
			w.WriteHeader(http.StatusNotFound)
		}
	}))
	cmd := exec.CommandContext(t.Context(), chromium, "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
		"--disable-component-update", "--disable-sync", "--user-data-dir="+t.TempDir(), "--window-size=1500,2200", "--virtual-time-budget=60000", "--enable-logging=stderr", "--dump-dom", server.URL+"/")
	var dom, logs strings.Builder
	cmd.Stdout, cmd.Stderr = &dom, &logs
	err := cmd.Run()
	server.Close()
	if err != nil {
		t.Fatalf("chromium: %v\n%s", err, logs.String())
	}
	for _, line := range strings.Split(logs.String(), "\n") {
		if strings.Contains(line, "CONSOLE") {
			fault("the console says %s", line)
		}
	}
	for _, path := range asked {
		if path != "/" && path != "/report.html" {
			fault("the page asks for %s", path)
		}
	}
	m := regexp.MustCompile(`(?s)<pre id="out">(.*?)</pre>`).FindStringSubmatch(dom.String())
	if m == nil || m[1] == "" {
		t.Fatalf("the reader found nothing: %.2000s", logs.String())
	}
	var found map[string]struct {
		SVG, Narrow, Wide, Rows, Unnamed, IDs, Links, Filtered, Tables, Bare int
		Overflow, Letters, Contrast                                          float64
		Sorted, Hid                                                          bool
		Aria, Faint, Landmarks, Keyed, Pointed, CSV                          string
		Headings                                                             []int
	}
	if err := json.Unmarshal([]byte(html.UnescapeString(m[1])), &found); err != nil {
		t.Fatal(err)
	}
	for _, width := range []string{"390", "768", "1400"} {
		f, ok := found[width]
		if !ok {
			t.Fatalf("the reader did not look at %s", width)
		}
		at := " at " + width
		t.Logf("%s: %d figures, %d rows in the first table, letters from %.1f pixels, contrast from %.2f, a figure says %q", width, f.SVG, f.Rows, f.Letters, f.Contrast, f.Pointed)
		if !(f.Letters >= 10) {
			fault("letters of figures are %v pixels high"+at, f.Letters)
		}
		if f.SVG == 0 || f.Narrow > 0 || f.Wide > 0 {
			fault("of %d figures %d are too small to read and %d stick out"+at, f.SVG, f.Narrow, f.Wide)
		}
		if f.Overflow > 0 {
			fault("the page is %v pixels too wide"+at, f.Overflow)
		}
		if f.Rows < 6 {
			fault("only %d rows to sort"+at, f.Rows)
		}
		if !f.Sorted || f.Aria != "descending" {
			fault("a click does not sort the table (%v %q)"+at, f.Sorted, f.Aria)
		}
		if f.Filtered != 0 {
			fault("the filter leaves %d rows that it should not"+at, f.Filtered)
		}
		if f.Unnamed+f.IDs+f.Links > 0 {
			fault("%d figures without a name, %d ids twice, %d links to nothing"+at, f.Unnamed, f.IDs, f.Links)
		}
		if f.Tables > 0 || f.Bare > 0 {
			fault("%d tables without caption or headings of rows and columns, %d figures without a table"+at, f.Tables, f.Bare)
		}
		if f.Landmarks != "" {
			fault("no %s"+at, f.Landmarks)
		}
		if !(f.Contrast >= 4.5) {
			fault("contrast is %.2f in %s"+at, f.Contrast, f.Faint)
		}
		if f.Keyed == "" || f.Pointed == "" || !f.Hid {
			fault("a figure says %q by the keyboard and %q by the pointer, and hides it again: %v"+at, f.Keyed, f.Pointed, f.Hid)
		}
		if lines := strings.Split(strings.TrimSpace(f.CSV), "\n"); len(lines) < 2 || strings.Count(lines[0], ",") < 7 {
			fault("the table is saved as %.80q"+at, f.CSV)
		}
		for i, h := range f.Headings {
			if i > 0 && h > f.Headings[i-1]+1 {
				fault("a heading of level %d follows one of level %d"+at, h, f.Headings[i-1])
				break
			}
		}
	}
	return out
}
