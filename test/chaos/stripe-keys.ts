/** The key with which the service calls the simulated Stripe. */
export const stripeKey = 'rk_test_chaos';
/** The secret with which the simulated Stripe signs its events. */
export const stripeHookSecret = 'whsec_chaos-secret-of-the-simulated-stripe';
