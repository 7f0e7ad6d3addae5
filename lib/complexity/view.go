package complexity

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"path"
	"slices"
)

// What a View lists.
const (
	ByFunction = "function"
	ByFile     = "file"
	ByPackage  = "package"
)

// View says what of a report is shown. The zero value is all functions, the highest cyclomatic complexity first.
type View struct {
	By   string // ByFunction, ByFile or ByPackage; "" is ByFunction
	Sort Metric // "" is Cyclomatic
	Top  int    // rows at most; 0 is all

	// Over leaves out the functions that are not beyond it in the metric of Sort, and is the limit of Summary.Over in
	// files and packages. 0 shows all functions, and Summary.Over takes Sort.Limit().
	Over float64
}

// check fills in defaults and refuses what is not known.
func (v View) check() (View, error) {
	v.By, v.Sort = cmp.Or(v.By, ByFunction), cmp.Or(v.Sort, Cyclomatic)
	if !slices.Contains([]string{ByFunction, ByFile, ByPackage}, v.By) {
		return v, fmt.Errorf("complexity: view by %q, must be %s, %s or %s", v.By, ByFunction, ByFile, ByPackage)
	}
	if v.Top < 0 {
		return v, fmt.Errorf("complexity: view of the top %d, must be 0 or more", v.Top)
	}
	_, err := ParseMetric(string(v.Sort))
	return v, err
}

func (v View) limit() float64 { return cmp.Or(v.Over, v.Sort.Limit()) }

// rows are a report's functions, files and packages as a view asks for them.
type rows struct {
	View
	functions []Function
	files     []File
	packages  []Package
	more      int // functions, files or packages, by View.By, that Top cut off
}

func (r *Report) rows(v View) (rows, error) {
	v, err := v.check()
	if err != nil {
		return rows{}, err
	}
	t := rows{View: v, functions: slices.Clone(r.Functions), files: slices.Clone(r.Files), packages: slices.Clone(r.Packages)}
	if v.Over != 0 {
		t.functions = r.Over(v.Sort, v.Over)
	}
	sortFunctions(t.functions, v.Sort)
	inFile, inPackage := map[string]int{}, map[string]int{}
	for _, f := range r.Over(v.Sort, v.limit()) {
		inFile[f.File]++
		inPackage[path.Dir(f.File)+"\x00"+f.Package]++
	}
	for i := range t.files {
		t.files[i].Over = inFile[t.files[i].File]
	}
	for i := range t.packages {
		t.packages[i].Over = inPackage[t.packages[i].folder+"\x00"+t.packages[i].Package]
	}
	worse := func(a, b Summary) int { return v.Sort.worse(v.Sort.ofSummary(a), v.Sort.ofSummary(b)) }
	slices.SortStableFunc(t.files, func(a, b File) int { return worse(a.Summary, b.Summary) })
	slices.SortStableFunc(t.packages, func(a, b Package) int { return worse(a.Summary, b.Summary) })
	if v.Top > 0 {
		switch v.By {
		case ByFile:
			t.more = max(0, len(t.files)-v.Top)
			t.files = t.files[:len(t.files)-t.more]
		case ByPackage:
			t.more = max(0, len(t.packages)-v.Top)
			t.packages = t.packages[:len(t.packages)-t.more]
		default:
			t.more = max(0, len(t.functions)-v.Top)
			t.functions = t.functions[:len(t.functions)-t.more]
		}
	}
	return t, nil
}

// JSON writes the functions, files or packages of a view as one array.
func (r *Report) JSON(w io.Writer, v View) error {
	t, err := r.rows(v)
	if err != nil {
		return err
	}
	switch t.By {
	case ByFile:
		return writeJSON(w, notNil(t.files))
	case ByPackage:
		return writeJSON(w, notNil(t.packages))
	}
	return writeJSON(w, notNil(t.functions))
}

// notNil makes an empty list [] and not null.
func notNil[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}

func writeJSON(w io.Writer, value any) error {
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(value); err != nil {
		return fmt.Errorf("complexity: write: %w", err)
	}
	return write(w, out.Bytes())
}

func write(w io.Writer, text []byte) error {
	if _, err := w.Write(text); err != nil {
		return fmt.Errorf("complexity: write: %w", err)
	}
	return nil
}
