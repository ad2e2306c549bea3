/**
 * Calls back in the next turn of the event loop, after events that are waiting already. Browsers
 * have no `setImmediate`.
 */
export const nextTurn: (callback: () => void) => void = globalThis.setImmediate ?? setTimeout;
