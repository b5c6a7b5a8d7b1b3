package datasets_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"tiltakseffekt/datasets"
)

// A table is written, read back with a mapping, and read as the types that a caller needs.
func Example() {
	dir, err := os.MkdirTemp("", "example")
	if err != nil {
		panic(err)
	}
	defer func() { _ = os.RemoveAll(dir) }()
	path := filepath.Join(dir, "person.parquet")
	table := datasets.NewTable(
		datasets.IntColumn("LOPENR", []int64{17, 18, 19}),
		datasets.IntColumn("KJONN", []int64{1, 2, 9}),
		datasets.IntColumn("INNV", []int64{201503, 199812, 202001}))
	if err := datasets.Write(path, table, datasets.WriteOptions{}); err != nil {
		panic(err)
	}

	mapping, err := datasets.ParseMapping("mapping.yaml", []byte(`
person:
  rename: {LOPENR: person_id, KJONN: kjonn}
  codes: {kjonn: {1: mann, 2: kvinne, 9: null}}
`))
	if err != nil {
		panic(err)
	}
	got, err := datasets.Read(context.Background(), path, datasets.ReadOptions{Mapping: mapping, Table: "person"})
	if err != nil {
		panic(err)
	}
	months, _, err := got.Column("INNV").AsMonths()
	if err != nil {
		panic(err)
	}
	for i, id := range got.Column("person_id").Ints {
		sex := "unknown"
		if c := got.Column("kjonn"); !c.Missing(i) {
			sex = c.Text(i)
		}
		fmt.Println(id, sex, months[i])
	}
	_, err = got.Column("kjonn").AsFloats()
	fmt.Println(err != nil)
	// Output:
	// 17 mann 2015-03
	// 18 kvinne 1998-12
	// 19 unknown 2020-01
	// true
}
