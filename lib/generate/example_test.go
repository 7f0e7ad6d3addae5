package generate_test

import (
	"fmt"
	"log"

	"github.com/jamba-threat/jamba/lib/generate"
)

func Example() {
	cfg := generate.DefaultConfig()
	cfg.Samples, cfg.Features = 1000, 4
	table, err := generate.Table(cfg)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(table.FeatureNames())
	fmt.Println(table.Classes, table.ClassCounts())
	fmt.Println(table.Families)
	// Output:
	// [bytes_out connections_per_min cpu_percent payload_entropy]
	// [benign threat] [500 500]
	// [normal burst exfiltration slow_scan resource_exhaustion]
}
