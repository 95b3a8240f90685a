/**
 * How many devices of a customer can use one server at the same time. Each has its own key and address. A machine
 * that was planned before there were several has one.
 */
export const devicesPerServer = 5;
