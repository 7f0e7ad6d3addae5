#!/usr/bin/env bash
# Runs both trainers in turn, three times each, at batches of 32 and 512. PYTHON names a Python that has torch.
set -euo pipefail
cd "$(dirname "$0")/../.."
binary=$(mktemp) && trap 'rm -f "$binary"' EXIT
go build -o "$binary" ./benchmarks/speed
for batch in 32 512; do
	for _ in 1 2 3; do
		"$binary" -batch "$batch" -seconds "${SECONDS_EACH:-6}"
		"${PYTHON:-python3}" benchmarks/speed/twin.py "$batch" "${SECONDS_EACH:-6}" 2
	done
done
