package data

import (
	"encoding/json"
	"reflect"
	"slices"
	"strings"
	"testing"
)

func TestSchemaJSON(t *testing.T) {
	for _, s := range []Schema{{}, NSLKDD(), UNSWNB15(), {Label: "y", Multiclass: true, Time: "t", Group: "g", Missing: []string{"-"}, Delimiter: ";",
		BadCell: BadCellMissing, Columns: []ColumnSpec{{"a", Numeric}, {"b", Categorical}, {"c", Auto}}}} {
		text, err := json.Marshal(s)
		if err != nil {
			t.Fatal(err)
		}
		back, err := DecodeSchema(strings.NewReader(string(text)))
		if err != nil || !reflect.DeepEqual(back, s) {
			t.Errorf("%s: %v", text, err)
		}
	}
	text, _ := json.Marshal(ColumnSpec{"a", Categorical})
	if string(text) != `{"name":"a","kind":"categorical"}` {
		t.Errorf("%s", text)
	}
	if _, err := json.Marshal(ColumnSpec{"a", Kind(9)}); err == nil {
		t.Error("an unknown kind was written")
	}
}

func TestDecodeSchemaErrors(t *testing.T) {
	for text, want := range map[string]string{
		"{\n\"label\": \"y\",\n\"lable\": \"y\"}":      `unknown field "lable"`,
		"{\n\"label\": 5}":                             "line 2",
		`{"columns": [{"name": "a", "kind": "text"}]}`: `kind "text"`,
		`{"label": "y"} {"label": "z"}`:                "text after the schema",
		"":                                             "EOF",
		"{\n\n\"label\" \"y\"}":                        "line 3",
		`{"bad_cell": "ignore"}`:                       `"ignore"`,
	} {
		_, err := DecodeSchema(strings.NewReader(text))
		checkMessage(t, err, ErrSchema, []string{want})
	}
}

func TestValidate(t *testing.T) {
	for name, test := range map[string]struct {
		schema Schema
		want   string
	}{
		"bad cell":         {Schema{BadCell: "drop"}, `"drop"`},
		"delimiter":        {Schema{Delimiter: ",,"}, "one ASCII character"},
		"quote delimiter":  {Schema{Delimiter: "\""}, "other than a quote"},
		"multiclass":       {Schema{Multiclass: true, Negative: []string{"n"}}, "excludes"},
		"both lists":       {Schema{Positive: []string{"1"}, Negative: []string{"1.0"}}, "positive and as negative"},
		"both kinds":       {Schema{Numeric: []string{"a"}, Categorical: []string{"a"}}, "numeric and as categorical"},
		"label as feature": {Schema{Label: "y", Numeric: []string{"y"}}, `"y" is the label`},
		"time as feature":  {Schema{Time: "t", Columns: []ColumnSpec{{"t", Numeric}}}, `"t" is the time`},
		"time is label":    {Schema{Time: "t", Label: "t"}, "also the label"},
		"header twice":     {Schema{Header: []string{"a", "b", "a"}}, `"a" twice`},
		"columns twice":    {Schema{Columns: []ColumnSpec{{"a", Numeric}, {"a", Numeric}}}, `"a" twice`},
		"kind":             {Schema{Columns: []ColumnSpec{{"a", 7}}}, "kind(7)"},
	} {
		t.Run(name, func(t *testing.T) { checkMessage(t, test.schema.Validate(), ErrSchema, []string{test.want}) })
	}
	if err := NSLKDD().Validate(); err != nil {
		t.Error(err)
	}
}

func TestNamedSchema(t *testing.T) {
	for _, name := range SchemaNames() {
		if s, err := NamedSchema(name); err != nil || s.Label == "" || s.Validate() != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	_, err := NamedSchema("kdd99")
	checkMessage(t, err, ErrSchema, []string{`"kdd99"`, `"nsl-kdd", "unsw-nb15"`})
	s := NSLKDD()
	if len(s.Header) != 43 || slices.Contains(s.Header, "") {
		t.Errorf("%d names", len(s.Header))
	}
	s.Header[0] = "changed"
	if NSLKDD().Header[0] != "duration" {
		t.Error("a caller can change the ready schema of others")
	}
}

func TestTimes(t *testing.T) {
	for _, test := range []struct {
		cell string
		want int64
	}{
		{"2024-02-29T12:00:00Z", 1709208000e9}, {"2024-02-29T12:00:00+01:00", 1709204400e9}, {"2024-02-29T12:00:00.000000001Z", 1709208000e9 + 1},
		{"2024-02-29 12:00:00", 1709208000e9}, {"2024-02-29 12:00:00.5", 1709208000e9 + 5e8}, {"2024-02-29 12:00:00+01:00", 1709204400e9},
		{"2024-02-29T12:00:00", 1709208000e9}, {"2024-02-29", 1709164800e9}, {"0", 0}, {"1709208000", 1709208000e9}, {"1709208000123", 1709208000123e6},
		{"1709208000.123456789", 1709208000123456789}, {"1709208000.1234567899", 1709208000123456789}, {"1709208000123.5", 1709208000123500000},
		{"1709208000123456", 1709208000123456e3}, {"1709208000123456789", 1709208000123456789}, {"-1.5", -15e8}, {"9223372036854775807", 9223372036854775807},
	} {
		got, err := parseTime([]byte(test.cell))
		if err != nil && test.cell == "9223372036854775807" {
			continue // the last instant may be refused, but not misread
		}
		if got != test.want || err != nil {
			t.Errorf("%s: got %d, %v, want %d", test.cell, got, err, test.want)
		}
	}
	for _, cell := range []string{"yesterday", "2024-13-01", "2023-02-29", "12:00", "1.7e9", "1e400", ".", "-", "99999999999999999999", "9999-01-01", "0001-01-01T00:00:00Z", "2024-01-01 x"} {
		if got, err := parseTime([]byte(cell)); err == nil {
			t.Errorf("%s is read as %d", cell, got)
		}
	}
}
