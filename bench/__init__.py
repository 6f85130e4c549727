"""Speed, memory and cost, measured: ratios against a peer on the same work in the same run. Never part of the tests."""
