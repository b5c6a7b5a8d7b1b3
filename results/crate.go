package results

import (
	"bytes"
	"encoding/json"
	"path"
	"slices"
	"strings"
	"time"
)

// crateName is the name that the specification gives its file.
const crateName = "ro-crate-metadata.json"

// mediaTypes are those of the files of a run, by extension.
var mediaTypes = map[string]string{".csv": "text/csv", ".json": "application/json", ".parquet": "application/vnd.apache.parquet", ".svg": "image/svg+xml", ".png": "image/png", ".html": "text/html", ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", ".tex": "application/x-tex", ".md": "text/markdown"}

// crate is the manifest of a run as RO-Crate 1.1 (https://w3id.org/ro/crate/1.1): the run as a Dataset with its files, made by
// a CreateAction of the program from the inputs, each with its SHA-256. It is the same for the same run: where the
// specification asks for a date of publication it has the last day of the data, since no clock may enter a run.
func crate(r *Run, files []Entry) ([]byte, error) {
	type object = map[string]any
	ref := func(id string) object { return object{"@id": id} }
	refs := func(ids []string) []object {
		out := []object{}
		for _, id := range ids {
			out = append(out, ref(id))
		}
		return out
	}
	published := r.Cut
	if cut, err := time.Parse("2006-01", r.Cut); err == nil {
		published = cut.AddDate(0, 1, -1).Format("2006-01-02")
	}
	var parts, inputs []string
	graph := []object{}
	for _, f := range files {
		parts = append(parts, f.Name)
	}
	slices.Sort(parts)
	for _, in := range r.Inputs {
		inputs = append(inputs, "#input/"+in.Name)
	}
	name := r.Title.EN
	if name == "" {
		name = r.Title.NB
	}
	if name == "" {
		name = r.Study
	}
	graph = append(graph,
		object{"@id": crateName, "@type": "CreativeWork", "conformsTo": ref("https://w3id.org/ro/crate/1.1"), "about": ref("./")},
		object{"@id": "./", "@type": "Dataset", "identifier": r.Study + "/" + r.RunID, "name": name, "description": crateWords(r), "datePublished": published,
			"license": "the terms under which the register was lent hold for what was made of it", "temporalCoverage": r.From + "/" + r.To, "hasPart": refs(parts), "mentions": ref("#run")},
		object{"@id": "#run", "@type": "CreateAction", "name": "evaluate run", "instrument": ref("#program"), "object": refs(inputs), "result": refs(parts)},
		object{"@id": "#program", "@type": "SoftwareApplication", "name": "evaluate", "softwareVersion": r.Version, "operatingSystem": r.Platform})
	for _, in := range r.Inputs {
		graph = append(graph, object{"@id": "#input/" + in.Name, "@type": "CreativeWork", "name": in.Name, "sha256": in.SHA256, "description": "an input that stays in its zone and is no part of the crate"})
	}
	for _, f := range files {
		file := object{"@id": f.Name, "@type": "File", "name": path.Base(f.Name), "contentSize": f.Bytes, "sha256": f.SHA256}
		if media, ok := mediaTypes[strings.ToLower(path.Ext(f.Name))]; ok {
			file["encodingFormat"] = media
		}
		graph = append(graph, file)
	}
	slices.SortStableFunc(graph[4+len(r.Inputs):], func(a, b object) int { return strings.Compare(a["@id"].(string), b["@id"].(string)) })
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", " ")
	err := enc.Encode(object{"@context": "https://w3id.org/ro/crate/1.1/context", "@graph": graph})
	return b.Bytes(), err
}

// crateWords says what the run is about.
func crateWords(r *Run) string {
	names := func(labels []Label) string {
		var s []string
		for _, l := range labels {
			s = append(s, l.Text.In("en"))
		}
		return strings.Join(s, ", ")
	}
	return "Effects of " + names(r.Tiltak) + " on " + names(r.Outcomes) + ", for " + names(r.Groups) + ". Starts " + r.From + " to " + r.To +
		"; datePublished is the last day of the data."
}
