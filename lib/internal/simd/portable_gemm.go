package simd

const portableHeight = 4

// gemmPortable keeps a block of 4 rows by 2 lanes in variables: with more, amd64 runs out of registers.
func gemmPortable(_ *table, c []float32, ldc int, p *Packed, b []float32, ldb, n int, add bool) {
	for row := 0; row < p.m; row += portableHeight {
		a, bias := p.a[row*p.k:(row+portableHeight)*p.k], p.bias[row:row+portableHeight]
		for lane := 0; lane < n; lane += 2 {
			sums := dotBlock(a, b[lane:], ldb)
			for r := range min(portableHeight, p.m-row) {
				to := c[(row+r)*ldc+lane:][:2]
				s0, s1 := sums[r][0]+bias[r], sums[r][1]+bias[r]
				if add {
					s0, s1 = s0+to[0], s1+to[1]
				}
				to[0], to[1] = s0, s1
			}
		}
	}
}

// dotBlock multiplies a packed tile of 4 rows with two lanes of b.
func dotBlock(a, b []float32, ldb int) [portableHeight][2]float32 {
	var c00, c01, c10, c11, c20, c21, c30, c31 float32
	at := 0
	for ; len(a) >= portableHeight; a = a[portableHeight:] {
		pair := b[at : at+2 : at+2]
		b0, b1 := pair[0], pair[1]
		c00 += float32(a[0] * b0)
		c01 += float32(a[0] * b1)
		c10 += float32(a[1] * b0)
		c11 += float32(a[1] * b1)
		c20 += float32(a[2] * b0)
		c21 += float32(a[2] * b1)
		c30 += float32(a[3] * b0)
		c31 += float32(a[3] * b1)
		at += ldb
	}
	return [portableHeight][2]float32{{c00, c01}, {c10, c11}, {c20, c21}, {c30, c31}}
}
