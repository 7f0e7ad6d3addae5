package data

// NSLKDD returns the schema of KDDTrain+.txt and KDDTest+.txt (Tavallaee et al. 2009), which have no header line.
//
// The label is "normal" or the name of the attack, which is also the family. Dropped are difficulty, which was made from
// the votes of classifiers on the label, and num_outbound_cmds, which is 0 in every row. A random split of the training
// file says nothing about a detector: report the official test file, and seen and unseen attacks apart.
func NSLKDD() Schema {
	return Schema{
		Label:    "label",
		Negative: []string{"normal"},
		Family:   "label",
		Drop:     []string{"difficulty", "num_outbound_cmds"},
		Header: []string{
			"duration", "protocol_type", "service", "flag", "src_bytes", "dst_bytes", "land", "wrong_fragment", "urgent",
			"hot", "num_failed_logins", "logged_in", "num_compromised", "root_shell", "su_attempted", "num_root",
			"num_file_creations", "num_shells", "num_access_files", "num_outbound_cmds", "is_host_login", "is_guest_login",
			"count", "srv_count", "serror_rate", "srv_serror_rate", "rerror_rate", "srv_rerror_rate", "same_srv_rate",
			"diff_srv_rate", "srv_diff_host_rate", "dst_host_count", "dst_host_srv_count", "dst_host_same_srv_rate",
			"dst_host_diff_srv_rate", "dst_host_same_src_port_rate", "dst_host_srv_diff_host_rate", "dst_host_serror_rate",
			"dst_host_srv_serror_rate", "dst_host_rerror_rate", "dst_host_srv_rerror_rate", "label", "difficulty",
		},
		Categorical: []string{"protocol_type", "service", "flag"},
	}
}

// UNSWNB15 returns the schema of the official partitions UNSW_NB15_training-set.csv and UNSW_NB15_testing-set.csv
// (Moustafa and Slay 2015).
//
// attack_cat is the family, id is dropped; "-" in service is a category (no known service), not a missing value. sttl
// nearly gives the label away because of how the testbed routed attacks: it is kept, as in the literature, and a result
// should say so. The rows lie in a few runs of one label and 26,387 repeat others, so never split by position.
func UNSWNB15() Schema {
	return Schema{
		Label:       "label",
		Family:      "attack_cat",
		Drop:        []string{"id"},
		Categorical: []string{"proto", "service", "state"},
	}
}

// NamedSchema returns a ready schema: "nsl-kdd" or "unsw-nb15". Any other name is ErrSchema.
func NamedSchema(name string) (Schema, error) {
	switch name {
	case "nsl-kdd":
		return NSLKDD(), nil
	case "unsw-nb15":
		return UNSWNB15(), nil
	}
	return Schema{}, schemaErrorf("schema %q is unknown; the ready ones are %s", clip(name), quoteList(SchemaNames(), 10))
}

// SchemaNames returns the names that NamedSchema knows, sorted.
func SchemaNames() []string { return []string{"nsl-kdd", "unsw-nb15"} }
