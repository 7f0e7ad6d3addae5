package simd

import "fmt"

// MeanTokens pools the tokens of each row: dst[f][r] = mean over t of x[f][r*tokens+t], for rows lanes of dst. Tokens
// are summed sixteen at a time, in the same order on every instruction set.
func (s *Kernels) MeanTokens(dst []float32, ldd int, x []float32, ldx, features, tokens, rows int) {
	checkMatrix("mean tokens: destination", dst, ldd, features, rows)
	checkMatrix("mean tokens: source", x, ldx, features, rows*tokens)
	s.meanTokens(dst, ldd, x, ldx, tokens, features, rows, 1/float32(tokens))
}

// TokensToRows turns the features of a row's tokens into features of the row: dst[t*features+f][r] = x[f][r*tokens+t].
// dst has tokens*features features and rows lanes. It must not overlap x.
func (s *Kernels) TokensToRows(dst []float32, ldd int, x []float32, ldx, features, tokens, rows int) {
	checkMatrix("tokens to rows: destination", dst, ldd, tokens*features, rows)
	checkMatrix("tokens to rows: source", x, ldx, features, rows*tokens)
	for f := range features {
		s.transposeAny(dst[f*ldd:], features*ldd, x[f*ldx:], tokens, rows, tokens)
	}
}

// Transpose turns a row-major matrix of rows and columns into lanes: dst[c][r] = x[r*ldx+c], for rows lanes. ldx is any
// number not less than cols. It must not overlap x.
func (s *Kernels) Transpose(dst []float32, ldd int, x []float32, ldx, rows, cols int) {
	checkMatrix("transpose: destination", dst, ldd, cols, rows)
	if ldx < cols {
		panic(fmt.Sprintf("simd: transpose: stride %d is less than %d columns", ldx, cols))
	}
	checkLen("transpose: source", x, (rows-1)*ldx+cols)
	s.transposeAny(dst, ldd, x, ldx, rows, cols)
}

// transposeAny leaves whole blocks to the kernel, which wants a multiple of 8 rows and at least 8 columns.
func (s *Kernels) transposeAny(dst []float32, ldd int, x []float32, ldx, rows, cols int) {
	whole := rows &^ 7
	if cols < 8 {
		whole = 0
	}
	if whole > 0 {
		s.transpose(dst, ldd, x, ldx, whole, cols)
	}
	if whole < rows {
		transposePortable(dst[whole:], ldd, x[whole*ldx:], ldx, rows-whole, cols)
	}
}

func meanTokensPortable(dst []float32, ldd int, x []float32, ldx, tokens, features, rows int, share float32) {
	for f := range features {
		for r := range rows {
			var sum [Group]float32
			row := x[f*ldx+r*tokens:][:tokens]
			for ; len(row) >= Group; row = row[Group:] {
				for i, v := range row[:Group] {
					sum[i] += v
				}
			}
			for i, v := range row {
				sum[i] += v
			}
			for half := Group / 2; half > 0; half /= 2 {
				for i := range half {
					sum[i] += sum[i+half]
				}
			}
			dst[f*ldd+r] = sum[0] * share
		}
	}
}

func transposePortable(dst []float32, ldd int, x []float32, ldx, rows, cols int) {
	if cols < rows { // the inner loop is the longer one
		for c := range cols {
			from := c
			for r := range dst[c*ldd:][:rows] {
				dst[c*ldd+r] = x[from]
				from += ldx
			}
		}
		return
	}
	for r := range rows {
		for c, v := range x[r*ldx:][:cols] {
			dst[c*ldd+r] = v
		}
	}
}
