package generate

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/jamba-threat/jamba/lib/data"
)

func mustTable(t testing.TB, cfg Config) *data.Table {
	t.Helper()
	table, err := Table(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return table
}

// small is the default data set with fewer rows.
func small(samples int) Config {
	cfg := DefaultConfig()
	cfg.Samples = samples
	return cfg
}

// digest covers every value, label, family, host and time.
func digest(t testing.TB, table *data.Table) string {
	t.Helper()
	h := sha256.New()
	for _, c := range table.Columns {
		h.Write([]byte(c.Name))
		write(t, h.Write, c.Num)
	}
	for _, v := range []any{table.Label, table.Family, table.Group, table.Time} {
		write(t, h.Write, v)
	}
	h.Write([]byte(strings.Join(table.Groups, ",")))
	return hex.EncodeToString(h.Sum(nil))
}

func write(t testing.TB, to func([]byte) (int, error), v any) {
	t.Helper()
	var b bytes.Buffer
	if err := binary.Write(&b, binary.LittleEndian, v); err != nil {
		t.Fatal(err)
	}
	if _, err := to(b.Bytes()); err != nil {
		t.Fatal(err)
	}
}

// The bytes of the default data set. Anyone who changes the generator changes everybody's demonstration: say so in the
// changelog. The digest was the same with GOARCH=386 and with GOAMD64=v3, whose compiler fuses products and sums.
func TestGoldenDigest(t *testing.T) {
	const want = "355a7b6277cbf6403db7490492e8b3c5f67984efaa574223c3a0c94edcf12d35"
	if got := digest(t, mustTable(t, DefaultConfig())); got != want {
		t.Errorf("the default data set has digest %s, want %s", got, want)
	}
}

func TestSeedChoosesTheData(t *testing.T) {
	cfg := small(500)
	first, again := digest(t, mustTable(t, cfg)), digest(t, mustTable(t, cfg))
	if first != again {
		t.Error("the same configuration gives different bytes")
	}
	seen := map[string]bool{first: true}
	for _, seed := range []int64{0, 1, -42, math.MaxInt64} {
		cfg.Seed = seed
		if d := digest(t, mustTable(t, cfg)); seen[d] {
			t.Errorf("seed %d gives the data of another seed", seed)
		} else {
			seen[d] = true
		}
	}
}

func TestThreatRatioIsExact(t *testing.T) {
	for _, c := range []struct {
		samples, hosts int
		ratio          float64
		want           int
	}{
		{35_000, 12, 0.5, 17_500}, {1000, 12, 0.01, 10}, {1001, 7, 0.3, 300}, {5, 12, 0.5, 3}, {1, 1, 1, 1},
		{100, 12, 0, 0}, {100, 12, 1, 100}, {17, 3, 0.999, 17}, {10_000, 1, 0.123, 1230},
	} {
		cfg := small(c.samples)
		cfg.ThreatRatio, cfg.Hosts = c.ratio, c.hosts
		table := mustTable(t, cfg)
		if got := table.ClassCounts(); got[1] != c.want || got[0] != c.samples-c.want {
			t.Errorf("%d rows, %d hosts, ratio %v: %v rows by class, want %d threats", c.samples, c.hosts, c.ratio, got, c.want)
		}
	}
}

func TestTableIsWellFormed(t *testing.T) {
	cfg := small(5003)
	cfg.Features = 27
	table := mustTable(t, cfg)
	if table.Rows() != cfg.Samples || len(table.Columns) != cfg.Features || len(table.Groups) != cfg.Hosts {
		t.Fatalf("%d rows, %d columns, %d hosts", table.Rows(), len(table.Columns), len(table.Groups))
	}
	for i := range table.Label {
		if i > 0 && table.Time[i] <= table.Time[i-1] {
			t.Fatalf("row %d is not later than the row before it", i)
		}
		if (table.Label[i] == 1) != (table.Families[table.Family[i]] != "normal") {
			t.Fatalf("row %d has label %d and family %q", i, table.Label[i], table.Families[table.Family[i]])
		}
	}
	names := map[string]bool{}
	for _, c := range table.Columns {
		names[c.Name] = true
		if c.Len() != cfg.Samples || slices.Max(c.Num) == slices.Min(c.Num) {
			t.Errorf("column %s has %d values from %v to %v", c.Name, c.Len(), slices.Min(c.Num), slices.Max(c.Num))
		}
		for i, v := range c.Num {
			if math.IsNaN(float64(v)) || math.IsInf(float64(v), 0) || v < 0 && !strings.HasPrefix(c.Name, "metric_") {
				t.Fatalf("%s is %v in row %d", c.Name, v, i)
			}
		}
	}
	if len(names) != cfg.Features || !slices.Equal(FeatureNames(27), table.FeatureNames()) {
		t.Errorf("names %v, want those of FeatureNames", table.FeatureNames())
	}
}

// Every kind of threat has about a quarter of the threats.
func TestFamiliesAreBalanced(t *testing.T) {
	table := mustTable(t, DefaultConfig())
	rows := make([]int, len(table.Families))
	for _, f := range table.Family {
		rows[f]++
	}
	for f, n := range rows[1:] {
		if n < 3500 || n > 5300 {
			t.Errorf("%s has %d of 17500 threats", table.Families[f+1], n)
		}
	}
}

func TestMissingOnlyRemoves(t *testing.T) {
	full := mustTable(t, small(4000))
	cfg := small(4000)
	cfg.Missing = 0.1
	holed := mustTable(t, cfg)
	gone := 0
	for k, c := range holed.Columns {
		for i, v := range c.Num {
			if v != v {
				gone++
			} else if v != full.Columns[k].Num[i] {
				t.Fatalf("%s, row %d: %v instead of %v", c.Name, i, v, full.Columns[k].Num[i])
			}
		}
	}
	if share := float64(gone) / 80_000; share < 0.095 || share > 0.105 {
		t.Errorf("a share of %v is missing, want 0.1", share)
	}
}

// What a host reports is like what it reported before, and unlike what other hosts report at that moment.
func TestTemporalCorrelation(t *testing.T) {
	cfg := small(12_000)
	table := mustTable(t, cfg)
	for _, name := range []string{"bytes_out", "cpu_percent", "distinct_ports", "memory_mb"} {
		v := table.Column(name).Num
		own, other := correlation(v, cfg.Hosts), correlation(v, 1)
		if own < 0.3 || own < other+0.15 {
			t.Errorf("%s: correlation with the host's last report %.2f, with the other host's %.2f", name, own, other)
		}
	}
}

// correlation is that of the logarithms of values lag rows apart.
func correlation(v []float32, lag int) float64 {
	var sx, sxx, sxy, n float64
	for i := lag; i < len(v); i++ {
		x, y := math.Log1p(float64(v[i])), math.Log1p(float64(v[i-lag]))
		sx, sxx, sxy, n = sx+x, sxx+x*x, sxy+x*y, n+1
	}
	mean := sx / n
	return (sxy/n - mean*mean) / (sxx/n - mean*mean)
}

// What data.WriteCSV writes is read back with the table's own schema as the same table.
func TestCSVRoundTrip(t *testing.T) {
	cfg := small(700)
	cfg.Missing = 0.05
	table := mustTable(t, cfg)
	var b bytes.Buffer
	if err := data.WriteCSV(&b, table); err != nil {
		t.Fatal(err)
	}
	back, err := data.ParseCSV(context.Background(), &b, "generated.csv", table.Schema)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(back.FeatureNames(), table.FeatureNames()) || !slices.Equal(back.Label, table.Label) || !slices.Equal(back.Time, table.Time) {
		t.Fatal("names, labels or times change")
	}
	for k, c := range table.Columns {
		if !slices.EqualFunc(c.Num, back.Columns[k].Num, func(a, b float32) bool { return a == b || a != a && b != b }) {
			t.Errorf("values of %s change", c.Name)
		}
	}
	for i := range table.Label {
		if table.Families[table.Family[i]] != back.Families[back.Family[i]] || table.Groups[table.Group[i]] != back.Groups[back.Group[i]] {
			t.Fatalf("row %d changes family or host", i)
		}
	}
}

func TestValidate(t *testing.T) {
	nan := math.NaN()
	for want, change := range map[string]func(c *Config){
		"samples is 0":          func(c *Config) { c.Samples = 0 },
		"samples is 100000001":  func(c *Config) { c.Samples = 100_000_001 },
		"features is 1025":      func(c *Config) { c.Features = 1025 },
		"features is -1":        func(c *Config) { c.Features = -1 },
		"do not fit":            func(c *Config) { c.Samples, c.Features = 100_000_000, 1024 },
		"hosts is 0":            func(c *Config) { c.Hosts = 0 },
		"threat_ratio is 1.5":   func(c *Config) { c.ThreatRatio = 1.5 },
		"threat_ratio is NaN":   func(c *Config) { c.ThreatRatio = nan },
		"difficulty is -0.1":    func(c *Config) { c.Difficulty = -0.1 },
		"missing is 1":          func(c *Config) { c.Missing = 1 },
		"missing is NaN, want ": func(c *Config) { c.Missing = nan },
	} {
		cfg := DefaultConfig()
		change(&cfg)
		if _, err := Table(cfg); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v does not mention %q", err, want)
		}
	}
}

// Tables share nothing: changing one must not change the next.
func TestTablesAreIndependent(t *testing.T) {
	first := mustTable(t, small(100))
	want := slices.Clone(first.Families)
	first.Families[0], first.Schema.Columns[0].Name = "changed", "changed"
	if second := mustTable(t, small(100)); !reflect.DeepEqual(second.Families, want) || second.Schema.Columns[0].Name == "changed" {
		t.Error("changing one table changes the next")
	}
}

func BenchmarkTable(b *testing.B) {
	for b.Loop() {
		mustTable(b, DefaultConfig())
	}
}
