package data

import (
	"fmt"
	"strconv"
	"time"

	"github.com/go-gota/gota/dataframe"
	"github.com/go-gota/gota/series"
)

// GotaRows is the largest table that goes into or comes from a gota data frame. A frame costs eight to ten times the
// memory of the table; above this, use the table itself.
const GotaRows = 200_000

// FromGota makes a table of a gota data frame of at most GotaRows rows. Float, Int and Bool series are numeric, String
// series categorical, unless the schema says otherwise; NaN elements are missing. Name is "data frame".
func FromGota(df dataframe.DataFrame, s Schema) (t *Table, err error) {
	defer guardGota(&err)
	if df.Err != nil {
		return nil, schemaErrorf("from gota: %w", df.Err)
	}
	if df.Nrow() > GotaRows {
		return nil, gotaTooLarge("from", df.Nrow())
	}
	if df.Nrow() == 0 {
		return nil, noRows("data frame")
	}
	l, err := newLayout("data frame", df.Names(), s)
	if err != nil {
		return nil, err
	}
	types := df.Types()
	l.finish(func(column int) Kind {
		if types[column] == series.String {
			return Categorical
		}
		return Numeric
	})
	n := df.Nrow()
	c := &rawChunk{rows: n, stride: n, num: make([]float32, n*l.numbers), text: make([]rawText, l.texts), time: make([]int64, n)}
	columns := newInterners(l.texts)
	for i, f := range l.fields {
		if f.do == doText {
			c.text[f.slot].code = make([]int32, n)
		}
		for row := 0; row < n && f.do != doSkip; row++ {
			if err := l.gotaCell(c, i, row, df.Elem(row, i), columns); err != nil {
				return nil, err
			}
		}
		if f.do == doText {
			c.text[f.slot].values = columns[f.slot].values
		}
	}
	if t, err = newAssembler(l).table(c); err == nil && t.Schema.Multiclass && t.Label != nil {
		t.sortClasses()
	}
	return t, err
}

// gotaCell stores one element.
func (l *layout) gotaCell(c *rawChunk, column, row int, e series.Element, columns []interner) error {
	f := l.fields[column]
	var err error
	switch f.do {
	case doNumber:
		at := f.slot*c.stride + row
		switch {
		case e.IsNA():
			c.num[at] = missingFloat
		case e.Type() == series.String:
			c.num[at], err = l.parseNumber([]byte(e.String()))
		default:
			c.num[at], err = narrow(e.Float())
		}
		if err != nil {
			c.num[at] = missingFloat
		}
	case doText:
		code := Missing
		if !e.IsNA() {
			value := e.String()
			if e.Type() == series.Float {
				value = string(appendNumber(nil, e.Float(), 64)) // gota itself writes six decimals
			}
			code = columns[f.slot].verbatim([]byte(value), l)
		}
		c.text[f.slot].code[row] = code
	default:
		c.time[row] = NoTime
		if !e.IsNA() {
			value := e.String()
			if e.Type() == series.Float {
				value = strconv.FormatFloat(e.Float(), 'f', -1, 64)
			}
			if c.time[row], err = l.parseTime([]byte(value)); err != nil {
				c.time[row] = NoTime
			}
		}
	}
	if err != nil {
		if !l.tolerant {
			return l.cellError(row+1, column, e.String(), err)
		}
		c.countBad(column, len(l.fields))
	}
	return nil
}

// ToGota returns the table as a gota data frame, for tables of at most GotaRows rows: numeric features as Float,
// categorical ones, family and group as String, the label as Int 0 and 1 or String (see WriteCSV), time as String in RFC
// 3339. Missing values are NaN elements. FromGota with t.Schema gives an equal table back, except that gota cannot tell
// the text "NaN" from a missing value.
func (t *Table) ToGota() (df dataframe.DataFrame, err error) {
	defer guardGota(&err)
	if t.Rows() > GotaRows {
		return df, gotaTooLarge("to", t.Rows())
	}
	label, texts, err := t.roleColumns()
	if err != nil {
		return df, err
	}
	var list []series.Series
	for i := range t.Columns {
		c := &t.Columns[i]
		if c.Kind == Categorical {
			list = append(list, gotaText(textColumn{c.Name, c.Code, c.Dict}))
			continue
		}
		values := make([]float64, len(c.Num))
		for row, v := range c.Num {
			// The float64 nearest to the decimal that one would write: 0.1 and not 0.10000000149011612.
			values[row], _ = strconv.ParseFloat(strconv.FormatFloat(float64(v), 'g', -1, 32), 64)
		}
		list = append(list, series.New(values, series.Float, c.Name))
	}
	for _, c := range texts {
		if label != nil && c.name == label.name && numericLabels(label) {
			values := make([]int, len(t.Label))
			for row, y := range t.Label {
				values[row] = int(y)
			}
			list = append(list, series.New(values, series.Int, c.name))
			continue
		}
		list = append(list, gotaText(c))
	}
	if t.Time != nil {
		values := make([]string, len(t.Time))
		for row, ns := range t.Time {
			values[row] = gotaNA
			if ns != NoTime {
				values[row] = time.Unix(0, ns).UTC().Format(time.RFC3339Nano)
			}
		}
		list = append(list, series.New(values, series.String, t.timeName()))
	}
	df = dataframe.New(list...)
	if df.Err != nil {
		return df, schemaErrorf("to gota: %w", df.Err)
	}
	return df, nil
}

// gotaNA is the text that gota takes for a missing value.
const gotaNA = "NaN"

func gotaText(c textColumn) series.Series {
	values := make([]string, len(c.code))
	for row, code := range c.code {
		values[row] = gotaNA
		if code != Missing {
			values[row] = c.dict[code]
		}
	}
	return series.New(values, series.String, c.name)
}

func gotaTooLarge(direction string, rows int) error {
	return schemaErrorf("%s gota: %d rows; a data frame is for exploring at most %d, use the table's own columns", direction, rows, GotaRows)
}

// guardGota turns a panic of gota into an error.
func guardGota(err *error) {
	if r := recover(); r != nil {
		*err = schemaErrorf("gota: %w", fmt.Errorf("%v", r))
	}
}
