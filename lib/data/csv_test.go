package data

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
	"time"
)

func parse(t *testing.T, text string, s Schema) *Table {
	t.Helper()
	table, err := ParseCSV(context.Background(), strings.NewReader(text), "t.csv", s)
	if err != nil {
		t.Fatal(err)
	}
	return table
}

// show writes a table as lines of values, a missing one as an underscore.
func show(table *Table) string {
	var b strings.Builder
	for row := range table.Rows() {
		for i := range table.Columns {
			v := table.Columns[i].Value(row)
			if v == "" {
				v = "_"
			}
			fmt.Fprintf(&b, "%s|", v)
		}
		if table.Label != nil {
			fmt.Fprintf(&b, "%s", table.Classes[table.Label[row]])
		}
		b.WriteString("/")
	}
	return b.String()
}

func TestParseCSV(t *testing.T) {
	tests := []struct {
		name, text string
		schema     Schema
		want       string
	}{
		{"plain", "a,b\n1,x\n2.5,y\n", Schema{}, "1|x|/2.5|y|/"},
		{"no line end at the end", "a,b\n1,x\n2,y", Schema{}, "1|x|/2|y|/"},
		{"CRLF", "a,b\r\n1,x\r\n2,3\r\n", Schema{}, "1|x|/2|3|/"},
		{"CRLF, number last", "a,b\r\n1,2\r\n3,4\r\n", Schema{}, "1|2|/3|4|/"},
		{"byte order mark", "\xEF\xBB\xBFa,b\n1,2\n", Schema{Columns: []ColumnSpec{{"a", Numeric}}}, "1|/"},
		{"byte order mark and quoted name", "\xEF\xBB\xBF\"a\",b\n1,2\n", Schema{Columns: []ColumnSpec{{"a", Numeric}}}, "1|/"},
		{"blank lines", "\n\r\na,b\n\n1,2\r\n\n\n3,4\n\n", Schema{}, "1|2|/3|4|/"},
		{"quoted", "a,b\n\"x,y\",\"1\"\n\"say \"\"hi\"\"\",2\n", Schema{}, "x,y|1|/say \"hi\"|2|/"},
		{"quoted line ends", "a,b\n\"x\ny\",1\n\"x\r\ny\",2\n", Schema{}, "x\ny|1|/x\ny|2|/"},
		{"quoted names", "\"a b\",\"c\"\"d\"\n1,2\n", Schema{Columns: []ColumnSpec{{"c\"d", Numeric}, {"a b", Numeric}}}, "2|1|/"},
		{"quoted blanks in a name stay", "\" a \",a\n1,2\n", Schema{Columns: []ColumnSpec{{" a ", Numeric}}}, "1|/"},
		{"blanks around", " a , b\n 1 , x \n\t2,y\t\n", Schema{}, "1|x|/2|y|/"},
		{"quoted blanks stay", "a,b\n\" x \",1\n", Schema{}, " x |1|/"},
		{"missing words", "a,b\n,x\nNA,NA\nN/A,N/A\nNaN,NaN\nnan,nan\nnull,null\nNULL,NULL\nNone,None\n?,?\n", Schema{}, "_|x|/" + strings.Repeat("_|_|/", 8)},
		{"infinities", "a,b\nInf,Infinity\n-inf,+Inf\n-Infinity,INF\n1,1\n", Schema{}, "_|_|/_|_|/_|_|/1|1|/"},
		{"quoted words are values", "a,b\n\"NA\",\"NA\"\n\"\",1\n", Schema{Categorical: []string{"a"}}, "NA|_|/_|1|/"},
		{"own missing word", "a,b\n-,-\n1,x\n", Schema{Missing: []string{"-"}}, "_|_|/1|x|/"},
		{"a dash is a category", "a,b\n1,-\n2,http\n", Schema{}, "1|-|/2|http|/"},
		{"number forms", "a\n+1\n-1.5\n.5\n5.\n1e3\n1E-3\n00012\n-0\n123456789012345678901234567890\n", Schema{},
			"1|/-1.5|/0.5|/5|/1000|/0.001|/12|/-0|/1.2345679e+29|/"},
		{"all missing is numeric", "a,b\n,1\nNA,2\n", Schema{}, "_|1|/_|2|/"},
		{"order of Columns", "b,a,c\n1,2,3\n", Schema{Columns: []ColumnSpec{{"a", Numeric}, {"b", Numeric}}}, "2|1|/"},
		{"numbers as categories", "port\n80\n443\n80\n", Schema{Categorical: []string{"port"}}, "80|/443|/80|/"},
		{"tabs", "a\tb\n1\tx,y\n", Schema{Delimiter: "\t"}, "1|x,y|/"},
		{"semicolons", "a;b\n1;\"x;y\"\n", Schema{Delimiter: ";"}, "1|x;y|/"},
		{"header given", "1,x\n2,y\n", Schema{Header: []string{"a", "b"}}, "1|x|/2|y|/"},
		{"header given and repeated", "b,a\nx,1\ny,2\n", Schema{Header: []string{"a", "b"}, Columns: []ColumnSpec{{"a", Numeric}}}, "1|/2|/"},
		{"dropped duplicates", "a,x,x,\n1,2,3,4\n", Schema{Drop: []string{"x", ""}}, "1|/"},
		{"known labels", "a,y\n1,Benign\n2,NORMAL\n3,clean\n4,0\n5,false\n6,0.0\n", Schema{Label: "y"},
			"1|benign/2|benign/3|benign/4|benign/5|benign/6|benign/"},
		{"known threats", "a,y\n1,Threat\n2,attack\n3,anomaly\n4,1\n5,TRUE\n6,malicious\n7,1.0\n", Schema{Label: "y"},
			"1|threat/2|threat/3|threat/4|threat/5|threat/6|threat/7|threat/"},
		{"negative only", "a,y\n1,normal\n2,smurf\n3,Normal\n", Schema{Label: "y", Negative: []string{"normal"}}, "1|benign/2|threat/3|benign/"},
		{"positive only", "a,y\n1,c2\n2,web\n", Schema{Label: "y", Positive: []string{"c2"}}, "1|threat/2|benign/"},
		{"numeric negative", "a,y\n1,5\n2,5.0\n3,6\n", Schema{Label: "y", Negative: []string{"5"}}, "1|benign/2|benign/3|threat/"},
		{"multiclass is sorted", "a,y\n1,web\n2,dns\n3,web\n4,ssh\n", Schema{Label: "y", Multiclass: true}, "1|web/2|dns/3|web/4|ssh/"},
		{"label absent", "a,b\n1,2\n", Schema{Label: "y"}, "1|2|/"},
		{"not UTF-8", "a,b\n1,Web \x96 XSS\n2,Web \x96 XSS\n", Schema{}, "1|Web \uFFFD XSS|/2|Web \uFFFD XSS|/"},
		{"lone carriage return", "a,b\nx\ry,1\n", Schema{}, "x\ry|1|/"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if got := show(parse(t, test.text, test.schema)); got != test.want {
				t.Errorf("got  %q\nwant %q", got, test.want)
			}
		})
	}
}

func TestParseCSVRoles(t *testing.T) {
	const text = "when,src,proto,attack_cat,label\n1700000000,h1,tcp,Normal,0\n2023-11-14T22:13:21Z,h2,udp,Fuzzers,1\n,h1,tcp,,1\n"
	table := parse(t, text, Schema{Label: "label", Family: "attack_cat", Group: "src", Time: "when"})
	if got := table.FeatureNames(); !slices.Equal(got, []string{"proto"}) {
		t.Errorf("features %v", got)
	}
	if !slices.Equal(table.Label, []int32{0, 1, 1}) || !slices.Equal(table.Classes, []string{Benign, Threat}) {
		t.Errorf("labels %v of %v", table.Label, table.Classes)
	}
	if !slices.Equal(table.Family, []int32{0, 1, Missing}) || !slices.Equal(table.Families, []string{"Normal", "Fuzzers"}) {
		t.Errorf("families %v of %v", table.Family, table.Families)
	}
	if !slices.Equal(table.Group, []int32{0, 1, 0}) || !slices.Equal(table.Groups, []string{"h1", "h2"}) {
		t.Errorf("groups %v of %v", table.Group, table.Groups)
	}
	if !slices.Equal(table.Time, []int64{1700000000e9, 1700000001e9, NoTime}) {
		t.Errorf("times %v", table.Time)
	}
	want := Schema{Label: "label", Family: "attack_cat", Group: "src", Time: "when", Columns: []ColumnSpec{{"proto", Categorical}}}
	if !reflect.DeepEqual(table.Schema, want) {
		t.Errorf("schema %+v", table.Schema)
	}
}

// bigText is a file of several blocks with everything that makes cutting it hard.
func bigText(rows int) string {
	var b strings.Builder
	b.WriteString("id,name,value,label\n")
	for i := range rows {
		switch i % 7 {
		case 0:
			fmt.Fprintf(&b, "%d,\"line\nbreak %d, and \"\"quote\"\"\",%d.25,%d\n", i, i%5, i, i%2)
		case 1:
			fmt.Fprintf(&b, "%d,plain%d,NaN,%d\r\n\n", i, i%50, i%2)
		default:
			fmt.Fprintf(&b, "%d,plain%d,-%d.5,%d\n", i, i%300, i, i%2)
		}
	}
	return b.String()
}

// TestResultDoesNotDependOnProcessors reads a file of many blocks with one and with several workers, whole and in chunks,
// and through readers that return little at a time.
func TestResultDoesNotDependOnProcessors(t *testing.T) {
	text := bigText(150_000)
	if len(text) < 5*blockSize {
		t.Fatalf("only %d bytes: the test needs several blocks", len(text))
	}
	path := filepath.Join(t.TempDir(), "t.csv")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	s := Schema{Label: "label"}
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	want, err := Read(context.Background(), path, s)
	if err != nil {
		t.Fatal(err)
	}
	if want.Rows() != 150_000 {
		t.Fatalf("%d rows", want.Rows())
	}
	name := want.Column("name")
	for i := range want.Rows() {
		if want.Column("id").Num[i] != float32(i) || int(want.Label[i]) != i%2 {
			t.Fatalf("row %d has id %v, label %d", i, want.Column("id").Num[i], want.Label[i])
		}
		if i%7 == 0 && name.Value(i) != fmt.Sprintf("line\nbreak %d, and \"quote\"", i%5) {
			t.Fatalf("row %d has name %q", i, name.Value(i))
		}
	}
	for _, procs := range []int{1, 2, 5} {
		runtime.GOMAXPROCS(procs)
		read, err := Read(context.Background(), path, s)
		if err != nil {
			t.Fatal(err)
		}
		parsed, err := ParseCSV(context.Background(), iotest.HalfReader(strings.NewReader(text)), path, s)
		if err != nil {
			t.Fatal(err)
		}
		var joined *Table
		if err := Scan(context.Background(), path, s, func(c *Table) error {
			if joined == nil {
				joined = emptyLike(c)
			}
			joined.append(c, 0)
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		for how, got := range map[string]*Table{"Read": read, "ParseCSV": parsed, "Scan": joined} {
			if !reflect.DeepEqual(got.Columns[1], want.Columns[1]) { // codes and dictionary order
				t.Errorf("%d processors: %s gives other categories", procs, how)
			}
			if got.Fingerprint() != want.Fingerprint() {
				t.Errorf("%d processors: %s gives another table", procs, how)
			}
		}
	}
}

func TestFirstErrorInFileOrderWins(t *testing.T) {
	rows := strings.Split(strings.TrimSuffix("a,b\n"+strings.Repeat("1,2\n", 400_000), "\n"), "\n")
	rows[100_000], rows[250_000], rows[399_000] = "1,first", "1,second", "1,2,3"
	text := strings.Join(rows, "\n")
	for range 5 {
		_, err := ParseCSV(context.Background(), strings.NewReader(text), "t.csv", Schema{})
		var cell *CellError
		if !errors.As(err, &cell) || cell.Line != 100_001 || cell.Value != "first" || cell.Column != 2 || cell.Name != "b" || cell.File != "t.csv" {
			t.Fatalf("got %v", err)
		}
	}
}

func TestTenMegabyteCell(t *testing.T) {
	long := strings.Repeat("x", 10<<20)
	table := parse(t, "a,b\n1,short\n2,"+long+"\n3,short\n", Schema{})
	if table.Rows() != 3 || table.Column("b").Value(1) != long || table.Column("a").Num[2] != 3 {
		t.Error("the long cell was not read")
	}
}

func TestCancellation(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := Read(ctx, "whatever.csv", Schema{}); !errors.Is(err, context.Canceled) {
		t.Errorf("Read: %v", err)
	}
	// A pipe that delivers some rows (none, part of the header, part of a block, several blocks) and then nothing must not
	// hold up the caller, whether it waits for the reader or for a worker when the context ends.
	for _, text := range []string{"", "a,", "a,b\n1,2\n", "a,b\n" + strings.Repeat("1,2\n", blockSize/8), "a,b\n" + strings.Repeat("1,2\n", blockSize)} {
		for _, delay := range []time.Duration{0, 20 * time.Millisecond} {
			ctx, cancel := context.WithCancel(context.Background())
			r, w := io.Pipe()
			go func() {
				io.WriteString(w, text)
				time.Sleep(delay)
				cancel()
			}()
			if _, err := ParseCSV(ctx, r, "pipe.csv", Schema{}); !errors.Is(err, context.Canceled) {
				t.Errorf("ParseCSV after %d bytes: %v", len(text), err)
			}
			if err := ScanCSV(ctx, r, "pipe.csv", Schema{}, func(*Table) error { return nil }); !errors.Is(err, context.Canceled) {
				t.Errorf("ScanCSV: %v", err)
			}
			w.Close()
			cancel()
		}
	}
	path := filepath.Join(t.TempDir(), "t.csv")
	if err := os.WriteFile(path, []byte(bigText(50_000)), 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, cancel = context.WithCancel(context.Background())
	chunks := 0
	if err := Scan(ctx, path, Schema{}, func(*Table) error { chunks++; cancel(); return nil }); !errors.Is(err, context.Canceled) {
		t.Errorf("Scan: %v after %d chunks", err, chunks)
	}
	stop := errors.New("enough")
	if err := Scan(context.Background(), path, Schema{}, func(*Table) error { return stop }); err != stop {
		t.Errorf("Scan: %v", err)
	}
}

func TestReadErrorsAreReported(t *testing.T) {
	broken := errors.New("cable pulled")
	r := io.MultiReader(strings.NewReader("a,b\n"+strings.Repeat("1,2\n", blockSize)), iotest.ErrReader(broken))
	if _, err := ParseCSV(context.Background(), r, "t.csv", Schema{}); !errors.Is(err, broken) {
		t.Errorf("got %v", err)
	}
}

// TestScanMemoryIsBounded reads a large stream and looks at what is allocated at any time.
func TestScanMemoryIsBounded(t *testing.T) {
	path := filepath.Join(t.TempDir(), "t.csv")
	line := strings.Repeat("123.456,", 99) + "1\n"
	names := make([]string, 100)
	for i := range names {
		names[i] = fmt.Sprint("c", i)
	}
	if err := os.WriteFile(path, []byte(strings.Join(names, ",")+"\n"+strings.Repeat(line, 100_000)), 0o600); err != nil {
		t.Fatal(err)
	}
	var before, during runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	chunks, rows, most := 0, 0, uint64(0)
	err := Scan(context.Background(), path, Schema{}, func(c *Table) error {
		chunks++
		rows += c.Rows()
		if chunks%20 == 0 {
			runtime.GC()
			runtime.ReadMemStats(&during)
			most = max(most, during.HeapAlloc-min(during.HeapAlloc, before.HeapAlloc))
		}
		return nil
	})
	if err != nil || rows != 100_000 {
		t.Fatal(err, rows)
	}
	if most == 0 || most > 30<<20 {
		t.Errorf("%d bytes alive during the scan of a table of 40 MB", most)
	}
}
