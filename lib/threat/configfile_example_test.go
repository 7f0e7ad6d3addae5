package threat_test

import (
	"fmt"

	"github.com/jamba-threat/jamba/lib/threat"
)

// A file sets what differs from the defaults; mistakes are found with their place, all at once.
func ExampleParseConfig() {
	cfg, err := threat.ParseConfig("flows.yaml", []byte("seed: 7\nmodel: {token_width: 16}\n"))
	fmt.Println(cfg.Seed, cfg.Model.TokenWidth, cfg.Model.FFN, cfg.Train.Epochs, err)

	_, err = threat.ParseConfig("flows.yaml", []byte("model:\n  n_head: 3\n  hidden_dim: 8\n"))
	fmt.Println(err)
	// Output:
	// 7 16 32 30 <nil>
	// flows.yaml:2:3: unknown key "model.n_head"; did you mean model.n_heads?
	// flows.yaml:3:15: model.hidden_dim is 8, must be 16..512
}

// Set takes what a person types: a key of ConfigKeys and a value.
func ExampleConfig_Set() {
	cfg := threat.DefaultConfig()
	fmt.Println(cfg.Set("train.epochs", "50"), cfg.Train.Epochs)
	fmt.Println(cfg.Set("train.epochs", "-5"))
	// Output:
	// <nil> 50
	// train.epochs is -5, must be 1..100000
}
