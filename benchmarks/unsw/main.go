// Command unsw measures the detector on UNSW-NB15: trained on a published sample of 10,000 rows of the training part,
// whose one-hot columns are folded back, and tested on the official test part.
//
//	go run ./benchmarks/unsw
package main

import (
	"context"
	"path/filepath"

	"github.com/jamba-threat/jamba/benchmarks/internal/protocol"
	"github.com/jamba-threat/jamba/lib/data"
	"github.com/jamba-threat/jamba/lib/threat"
)

func main() {
	f := protocol.Parse(nil)
	ctx := context.Background()
	folder := filepath.Join(f.Data, "unsw-nb15")
	sample, err := threat.Read(ctx, filepath.Join(folder, "nb15_10k_of_training175k_aucad.csv"), threat.Schema{Label: "label"})
	protocol.Check(err)
	training, err := data.FoldOneHot(sample, "=")
	protocol.Check(err)
	schema, err := threat.NamedSchema("unsw-nb15")
	protocol.Check(err)
	test, err := threat.Read(ctx, filepath.Join(folder, "UNSW_NB15_testing-set.csv.gz"), schema)
	protocol.Check(err)
	// The sample knows a few values of each category and calls the rest "other": so must the test rows.
	for name, keep := range map[string][]string{"proto": {"tcp", "udp"}, "service": {"-", "http", "dns"}, "state": {"FIN", "INT"}} {
		test, err = test.MapCategories(name, keep, "other")
		protocol.Check(err)
	}
	f.RunSeeds("UNSW-NB15, test part", "unsw-nb15", training, test)
}
