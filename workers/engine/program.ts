/** `temporal` is the official command line with its dev server; the test server skips time, and only tests use it. */
export type Program = 'temporal' | 'temporal-test-server';
