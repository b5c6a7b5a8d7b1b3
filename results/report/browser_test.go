package report

import (
	"encoding/json"
	"html"
	"net/http"
	"net/http/httptest"
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
  const table = d.querySelector("#answer table"), th = table.querySelectorAll("th")[5];
  const effects = () => Array.from(table.tBodies[0].rows).map(x => x.cells[5].dataset.raw).filter(x => x !== "").map(Number);
  const before = effects();
  th.querySelector("button").click();
  const up = effects();
  th.querySelector("button").click();
  const down = effects();
  r.rows = before.length;
  r.sorted = up.every((x, i) => i === 0 || up[i-1] <= x) && down.every((x, i) => i === 0 || down[i-1] >= x) && up.length === before.length;
  r.aria = th.getAttribute("aria-sort");
  const input = d.querySelector("#answer input");
  if (input) {
    const shown = () => Array.from(table.tBodies[0].rows).filter(x => w.getComputedStyle(x).display !== "none").length;
    input.value = "zzz";
    input.dispatchEvent(new Event("input"));
    r.filtered = shown();
    input.value = "";
    input.dispatchEvent(new Event("input"));
    r.filtered += table.tBodies[0].rows.length - shown();
  }
  r.headings = Array.from(d.querySelectorAll("h1,h2,h3,h4")).map(h => Number(h.tagName[1]));
  r.unnamed = Array.from(d.querySelectorAll("svg")).filter(s => !s.querySelector("title")).length;
  r.ids = d.querySelectorAll("[id]").length - new Set(Array.from(d.querySelectorAll("[id]")).map(x => x.id)).size;
  r.links = Array.from(d.querySelectorAll("a[href^='#']")).filter(a => !d.getElementById(a.getAttribute("href").slice(1))).length;
  found[width] = r;
  f.remove();
}
(async () => { for (const w of widths) await look(w); document.getElementById("out").textContent = JSON.stringify(found); })();
</script>`

// TestInABrowser opens the report in headless Chromium, where there is one.
func TestInABrowser(t *testing.T) {
	chromium, err := exec.LookPath("chromium")
	if err != nil || testing.Short() {
		t.Skip("no chromium on this machine")
	}
	for name, lang := range map[string]string{"usual": "nb", "thirty": "en"} {
		r, tables := madeup.Make(cases[name][0], cases[name][1])
		page := render(t, r, tables, lang)
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
				t.Errorf("%s.%s: the console says %s", name, lang, line)
			}
		}
		for _, path := range asked {
			if path != "/" && path != "/report.html" {
				t.Errorf("%s.%s asks for %s", name, lang, path)
			}
		}
		m := regexp.MustCompile(`(?s)<pre id="out">(.*?)</pre>`).FindStringSubmatch(dom.String())
		if m == nil || m[1] == "" {
			t.Fatalf("%s.%s: the reader found nothing: %.2000s", name, lang, logs.String())
		}
		var found map[string]struct {
			SVG, Narrow, Wide, Rows, Unnamed, IDs, Links, Filtered int
			Overflow, Letters                                      float64
			Sorted                                                 bool
			Aria                                                   string
			Headings                                               []int
		}
		if err := json.Unmarshal([]byte(html.UnescapeString(m[1])), &found); err != nil {
			t.Fatal(err)
		}
		for width, f := range found {
			where := name + "." + lang + " at " + width
			t.Logf("%s: %d figures, %d rows in the first table, letters from %.1f pixels", where, f.SVG, f.Rows, f.Letters)
			if !(f.Letters >= 10) {
				t.Errorf("%s: letters of figures are %v pixels high", where, f.Letters)
			}
			if f.SVG == 0 || f.Narrow > 0 || f.Wide > 0 {
				t.Errorf("%s: of %d figures %d are too small to read and %d stick out", where, f.SVG, f.Narrow, f.Wide)
			}
			if f.Overflow > 0 {
				t.Errorf("%s: the page is %v pixels too wide", where, f.Overflow)
			}
			if !f.Sorted || f.Aria != "descending" {
				t.Errorf("%s: a click does not sort the table (%v %q)", where, f.Sorted, f.Aria)
			}
			if f.Unnamed+f.IDs+f.Links > 0 {
				t.Errorf("%s: %d figures without a name, %d ids twice, %d links to nothing", where, f.Unnamed, f.IDs, f.Links)
			}
			for i, h := range f.Headings {
				if i > 0 && h > f.Headings[i-1]+1 {
					t.Errorf("%s: a heading of level %d follows one of level %d", where, h, f.Headings[i-1])
					break
				}
			}
		}
	}
}
