// Package docs carries the documents that the program itself works on, so that they exist once: where people read them.
package docs

import _ "embed"

//go:embed fault-tree.yaml
var faultTree string

// FaultTreeFile is where [FaultTree] stands in the repository; messages about its content name it.
const FaultTreeFile = "docs/fault-tree.yaml"

// FaultTree returns the fault tree of threat detection with this system, in the text form of lib/faulttree. Its
// probabilities are assumptions.
func FaultTree() string { return faultTree }
