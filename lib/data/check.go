package data

// minTrainRows is the fewest rows from which anything can be learnt and measured.
const minTrainRows = 10

// CheckTrainable reports why a detector cannot be trained on the table, or nil: it has no labels, only one class, a class
// with a single row, or fewer than 10 rows. Files to predict on need none of this, so reading does not check it.
func (t *Table) CheckTrainable() error {
	if t.Label == nil {
		if t.Schema.Label == "" {
			return schemaErrorf("%s has no labels: name the label column in the schema; the columns are %s", t.Name, quoteList(t.FeatureNames(), 20))
		}
		return schemaErrorf("%s has no label column %q; the columns are %s", t.Name, clip(t.Schema.Label), quoteList(t.FeatureNames(), 20))
	}
	if len(t.Columns) == 0 {
		return schemaErrorf("%s has no feature columns", t.Name)
	}
	if n := t.Rows(); n < minTrainRows {
		return schemaErrorf("%s has %d rows; training needs at least %d", t.Name, n, minTrainRows)
	}
	var present []int
	counts := t.ClassCounts()
	for class, n := range counts {
		if n > 0 {
			present = append(present, class)
		}
	}
	if len(present) < 2 {
		return schemaErrorf("%s: every one of the %d rows is of class %q; training needs two classes (are the schema's positive and negative values right?)",
			t.Name, t.Rows(), t.className(int32(present[0])))
	}
	for _, class := range present {
		if counts[class] < 2 {
			return schemaErrorf("%s: class %q has a single row; training and validation need one each", t.Name, t.className(int32(class)))
		}
	}
	return nil
}
