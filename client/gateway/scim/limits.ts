/** A group comes with all its members in one request. */
export const bodyLimit = 4 * 1_024 * 1_024;
export const maxFilterLength = 1_000;
export const maxFilterDepth = 20;
export const defaultCount = 100;
export const maxResults = 200;
export const maxOperations = 1_000;
export const maxTextLength = 4_000;
/** The groups of one person, first in the alphabet: they go into the person's history. */
export const maxGroups = 200;
/** Their names together, so that a statement has room for the rest. */
export const maxGroupBytes = 32 * 1_024;
/** Changes of one source that wait for their turn in this process: a client that sends more is told to come back. */
export const maxWaiting = 200;
