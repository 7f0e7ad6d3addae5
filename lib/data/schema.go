package data

// ColumnSpec names a feature column and its kind.
type ColumnSpec struct {
	Name string `json:"name"`
	Kind Kind   `json:"kind"`
}

// What a reader does with a cell that does not parse as its column's kind.
const (
	BadCellError   = "error"   // stop with file, line, column and value (the default)
	BadCellMissing = "missing" // count it in Table.BadCells and read it as missing
)

// Schema says what the columns of a file mean. The zero value reads every column as a feature of an unlabelled table.
// Columns are matched by name, so their order in the file does not matter.
type Schema struct {
	// Label is the column to predict; "" means that the rows have no labels.
	Label string `json:"label,omitempty"`
	// Positive and Negative list the label values of the two classes of a binary problem; give either: with Negative
	// alone every other value is a threat, with Positive alone every other value is benign. With neither, the reader
	// knows 0/1, true/false, benign|normal|clean / threat|attack|anomaly|malicious (any case) and refuses the rest.
	Positive []string `json:"positive,omitempty"`
	Negative []string `json:"negative,omitempty"`
	// Multiclass keeps every distinct label value as a class of its own, sorted by name.
	Multiclass bool `json:"multiclass,omitempty"`

	// Family names the column with the attack type, used in reports only. It may be the same column as Label.
	Family string `json:"family,omitempty"`
	// Time names the timestamp column: RFC 3339, "2006-01-02 15:04:05", or Unix seconds or milliseconds. Not a feature.
	Time string `json:"time,omitempty"`
	// Group names the column whose values must not be divided between train and test (host, session). Not a feature.
	Group string `json:"group,omitempty"`
	// Drop lists columns that are not features, for example because they leak the label. A name that the file does not
	// have is not an error: a file to predict on often lacks them.
	Drop []string `json:"drop,omitempty"`

	// Header names the columns of a file that has no header line, in file order.
	Header []string `json:"header,omitempty"`
	// Numeric and Categorical fix the kind of the named columns; the rest is inferred.
	Numeric     []string `json:"numeric,omitempty"`
	Categorical []string `json:"categorical,omitempty"`
	// Columns, when given, is the exact list of features: a file that lacks one is refused with the names of all that
	// are missing, and columns beyond the list are ignored. Readers fill it in the schema of the table they return.
	Columns []ColumnSpec `json:"columns,omitempty"`
	// BadCell is BadCellError ("") or BadCellMissing.
	BadCell string `json:"bad_cell,omitempty"`
	// Missing lists words that mean "no value" beside those that every reader knows (see the package comment), such as
	// the "-" of Zeek logs.
	Missing []string `json:"missing,omitempty"`
	// Delimiter separates the fields of a text file: one ASCII character, "" for a tab in .tsv and a comma elsewhere.
	Delimiter string `json:"delimiter,omitempty"`
}
