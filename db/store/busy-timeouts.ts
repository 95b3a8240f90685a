/**
 * An HTTP caller waits for the answer. A crowd of purchases waits in order for the lock. After this time the caller is
 * told to try again. Of 2,000 purchases at once at two busy APIs on two cores, the last one waited 5 s on SQLite and 13 s
 * on Postgres.
 */
export const acceptBusyTimeoutMs = 20_000;
/** Nobody waits, and the next round does the same again. */
export const upkeepBusyTimeoutMs = 5_000;
/** The work at the provider or at Stripe is done and only its record is missing, so this waits longer. */
export const recordBusyTimeoutMs = 30_000;
/** Less than the health routes wait, and enough for a burst of purchases to pass. */
export const checkBusyTimeoutMs = 2_000;
